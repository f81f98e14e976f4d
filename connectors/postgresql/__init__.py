"""
PostgreSQL 15 and newer: one cluster, its roles, and the databases that the configuration lists.

    settings    the configuration and what the connector promises (its Spec)
    sessions    connections, transactions, and the server's refusals as our errors
    names       how entitlements are called
    queries     the SQL that lists everything, page by page
    reading     rows into records
    objects     one object: what it is and who holds what on it, now
    roles       who can act as whom
    paths       from memberships and an access list to every way in
    verifying   one fresh look: direct and effective
    statements  GRANT and REVOKE, with every name quoted
    writing     revoke and restore, one transaction each
    narrowing   GRANT OPTION and ADMIN OPTION away, and the rest left
    disabling   a role's log-in, off and on
    checking    what this credential may do
    connector   the class that has the verbs
"""

from connectors.postgresql.connector import PostgreSQL

__all__ = ["PostgreSQL"]
