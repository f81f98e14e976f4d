"""
Who we are ourselves, and the roles whose rights are ours under our own name.

Whoever takes away what one of these holds, or shuts it out, takes it from us. A role that we may only become, or whose
members we may choose, is none of them: by such a membership we act as a grantor.
"""

from connectors.errors import Refused
from connectors.postgresql import queries
from connectors.postgresql.sessions import Connection, rows

WE = "SELECT oid FROM pg_roles WHERE rolname IN (current_user, session_user)"

# Not pg_has_role(), which says of every role that a superuser has its rights.
AMONG_US = """
    WITH RECURSIVE ours(oid) AS (
        {we}
        UNION
        SELECT m.role FROM ours JOIN ({membership}) m ON m.member = ours.oid WHERE m.inherit
    )
    SELECT r.rolname AS name, r.oid IN ({we}) AS ourselves
    FROM ours JOIN pg_roles r USING (oid) WHERE r.oid = %(oid)s::oid
"""


def refuse(connection: Connection, role: int) -> None:
    """Raise Refused for who we are, and for a role whose rights we have: a person looks at what that takes from us."""
    query = AMONG_US.format(we=WE, membership=queries.membership(connection.info.server_version))
    for found in rows(connection, query, oid=role):
        whose = "" if found["ourselves"] else f"a role of {connection.info.user}, "
        raise Refused(
            f"{found['name']} is {whose}who this connector signs in as: let it sign in as another, or do it by hand"
        )
