"""A role's log-in, off and on: ALTER ROLE … NOLOGIN. Sessions that are open are left alone."""

from psycopg import sql
from psycopg.rows import DictRow

from connectors.base import ActionResult, Outcome, Ref, State, Verification
from connectors.errors import NotFound, Unsupported
from connectors.postgresql import names, ourselves, verifying
from connectors.postgresql.names import PUBLIC
from connectors.postgresql.sessions import Connection, Door, acting, commit, looking, rows

FOUND = """
    SELECT rolname AS name, rolcanlogin AS login,
        (SELECT count(*) FROM pg_stat_activity a WHERE a.usesysid = r.oid) AS sessions, statement_timestamp() AS at
    FROM pg_roles r WHERE r.oid = %(oid)s::oid
"""
WORD = {True: sql.SQL("LOGIN"), False: sql.SQL("NOLOGIN")}


def verify(door: Door, principal: Ref) -> Verification:
    """Look afresh whether a role may log in; Incomplete where what is seen may be old."""
    database = door.settings.databases[0]
    with looking(door, database) as connection:
        where = verifying.require_complete(connection, door.settings, database)
        role = find(connection, principal)
    state = State.PRESENT if role["login"] else State.ABSENT
    return Verification(
        direct=state,
        effective=state,
        evidence={"enabled": role["login"], "sessions": role["sessions"], "canary": where["canary"]},
        observed_at=role["at"],
        unread=f"Sessions that it has opened before stay open: {role['sessions']}." if role["sessions"] else "",
    )


def turn(door: Door, principal: Ref, *, on: bool, idem_key: str) -> ActionResult:
    """Let a role log in, or not; Refused for shutting out ourselves, or a role whose rights are ours."""
    with acting(door, door.settings.databases[0]) as connection:
        role = find(connection, principal)
        if not on:
            ourselves.refuse(connection, names.oid(principal.id))
        order = sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(role["name"]), WORD[on])
        already = role["login"] == on
        if not already:
            connection.execute(order)
            commit(connection)
        return ActionResult(
            outcome=Outcome.ALREADY if already else Outcome.DONE,
            before={"login": role["login"], "name": role["name"]},
            request={"statements": [] if already else [order.as_string()], "idem_key": idem_key},
            response={"login": on, "sessions_left_open": role["sessions"]},
        )


def find(connection: Connection, principal: Ref) -> DictRow:
    """Read a role; Unsupported for everyone, NotFound where it is gone."""
    if principal.type != "role":
        raise Unsupported(f"{principal.type} cannot log in")
    oid = names.oid(principal.id)
    if oid == PUBLIC:
        raise Unsupported("everyone cannot be shut out")
    found = rows(connection, FOUND, oid=oid)
    if not found:
        raise NotFound(f"the role number {oid} is gone")
    return found[0]
