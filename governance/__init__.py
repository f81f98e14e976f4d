"""Know: the inventory, its use, the suspicions about it, and the ledger."""
