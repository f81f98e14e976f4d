"""The words that are sent: GRANT and REVOKE, as the grantor, with every name quoted."""

from collections.abc import Mapping
from typing import Any

from psycopg import sql

from connectors.errors import Refused
from connectors.postgresql import queries
from connectors.postgresql.names import PUBLIC
from connectors.postgresql.objects import Entry, Thing
from connectors.postgresql.paths import Facts

KEYWORD = {"function": sql.SQL("ROUTINE"), "table": sql.SQL("TABLE"), "schema": sql.SQL("SCHEMA")}
PRIVILEGES = {
    word: sql.SQL(word)
    for word in (
        *("EXECUTE", "USAGE", "CREATE", "SELECT", "INSERT", "UPDATE", "DELETE"),
        *("TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"),
    )
}


def revoke(facts: Facts, thing: Thing, entry: Entry, version: int) -> list[sql.Composed]:
    """Return the statements that take an entry away, or the right to pass it on alone; the last of them does it."""
    if facts.question.wanted.kind != "membership":
        only = sql.SQL("GRANT OPTION FOR " if facts.passing_on else "")
        order = sql.SQL("REVOKE {}{} ON {} {} FROM {}").format(
            only, *words(facts, thing, entry), holder(facts, entry.grantee)
        )
        return [become(facts, entry), order]
    only = sql.SQL("ADMIN OPTION FOR " if facts.passing_on else "")
    parts = (only, verbatim(thing.identity), holder(facts, entry.grantee))
    if version < queries.NEWER:
        # Here a role has one membership in another, whoever gave it, and anyone with ADMIN takes it.
        return [sql.SQL("REVOKE {}{} FROM {}").format(*parts)]
    order = sql.SQL("REVOKE {}{} FROM {} GRANTED BY {}").format(*parts, grantor(facts, entry))
    return [become(facts, entry), order]


def grant(facts: Facts, thing: Thing, entry: Entry, version: int) -> list[sql.Composed]:
    """Return the statements that make an entry again; the last of them does it."""
    if facts.question.wanted.kind != "membership":
        option = sql.SQL(" WITH GRANT OPTION" if entry.grantable else "")
        order = sql.SQL("GRANT {} ON {} {} TO {}{}").format(
            *words(facts, thing, entry), holder(facts, entry.grantee), option
        )
        return [become(facts, entry), order]
    order = sql.SQL("GRANT {} TO {}{} GRANTED BY {}").format(
        verbatim(thing.identity),
        holder(facts, entry.grantee),
        options(entry, version),
        grantor(facts, entry),
    )
    return [order] if version < queries.NEWER else [become(facts, entry), order]


def options(entry: Entry, version: int) -> sql.Composable:
    """Return a membership's options: ADMIN alone before 16, all three from there on."""
    if version < queries.NEWER:
        return sql.SQL(" WITH ADMIN OPTION" if entry.grantable else "")
    return sql.SQL(" WITH ADMIN {}, INHERIT {}, SET {}").format(
        *(sql.SQL("TRUE" if each else "FALSE") for each in (entry.grantable, entry.inherit, entry.settable))
    )


def words(facts: Facts, thing: Thing, entry: Entry) -> tuple[sql.Composable, ...]:
    """Return privilege, kind and name of an object."""
    kind = KEYWORD[facts.question.wanted.kind]
    return PRIVILEGES[entry.privilege], kind, verbatim(thing.identity)


def verbatim(identity: str) -> sql.Composable:
    """Return a name that the server itself has quoted, as it stands."""
    return sql.SQL(identity)


def become(facts: Facts, entry: Entry) -> sql.Composed:
    """Return the statement by which we act as the grantor until the transaction ends."""
    return sql.SQL("SET LOCAL ROLE {}").format(grantor(facts, entry))


def grantor(facts: Facts, entry: Entry) -> sql.Composable:
    """Return the grantor's name; Refused where that role is gone."""
    if entry.grantor not in facts.roles:
        raise Refused(f"the grantor, role number {entry.grantor}, is gone")
    return sql.Identifier(facts.roles[entry.grantor].name)


def holder(facts: Facts, oid: int) -> sql.Composable:
    """Return the holder's name, or PUBLIC; Refused where that role is gone."""
    if oid == PUBLIC:
        return sql.SQL("PUBLIC")
    if oid not in facts.roles:
        raise Refused(f"the holder, role number {oid}, is gone")
    return sql.Identifier(facts.roles[oid].name)


def remembered(facts: Facts, before: Mapping[str, Any]) -> Entry:
    """Return the entry as it was, from what `revoke` or the listing kept of it."""
    question = facts.question
    membership = question.wanted.kind == "membership"
    return Entry(
        oid=question.instance,
        grantor=question.grantor,
        grantee=question.grantee,
        privilege=question.wanted.privilege,
        grantable=bool(before.get("grantable", False)),
        inherit=bool(before.get("inherit", True)) if membership else None,
        settable=bool(before.get("settable", True)) if membership else None,
    )
