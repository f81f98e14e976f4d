"""
PostgreSQL 15 and newer: one cluster, its roles, and the databases that the configuration lists.

    settings    the configuration and what the connector promises (its Spec)
    sessions    connections, transactions, and the server's refusals as our errors
    names       how entitlements are called
    kinds       the kinds of objects, one entry each
    catalogue   where each kind lies in the server's catalogues
    defaults    the same for what will be made: default privileges
    queries     the SQL that lists everything, page by page
    reading     rows into records
    objects     one object: what it is and who holds what on it, now
    roles       who can act as whom
    ourselves   who we are, and whose rights are ours
    paths       from memberships and an access list to every way in
    verifying   one fresh look: direct and effective
    statements  GRANT and REVOKE, with every name quoted
    writing     revoke and restore, one transaction each
    narrowing   GRANT OPTION and ADMIN OPTION away, and the rest left
    disabling   a role's log-in, off and on
    checking    what this credential may do
    addressing  a system by its URL
    advising    what a right means, and what a role's attributes let it do
    mending     the SQL that would take something away, for a person to read
    quoting     names as SQL has them, safe to read
    connector   the class that has the verbs
"""

from connectors.postgresql.connector import PostgreSQL

__all__ = ["PostgreSQL"]
