"""The ledger on a real PostgreSQL, with its real roles."""
