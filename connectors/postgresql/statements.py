"""The words that are sent: GRANT and REVOKE, as the grantor, with every name quoted."""

from collections.abc import Mapping
from typing import Any

from psycopg import sql

from connectors.errors import Refused
from connectors.postgresql import defaults, queries
from connectors.postgresql.kinds import KINDS
from connectors.postgresql.names import PUBLIC
from connectors.postgresql.objects import Entry, Thing
from connectors.postgresql.paths import Facts

KEYWORD = {name: sql.SQL(kind.keyword) for name, kind in KINDS.items()}
FUTURE = {letter: sql.SQL(word.upper()) for letter, word in defaults.WORDS.items()}
PRIVILEGES = {
    word: sql.SQL(word)
    for word in (
        *("EXECUTE", "USAGE", "CREATE", "SELECT", "INSERT", "UPDATE", "DELETE"),
        *("TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN", "CONNECT", "TEMPORARY", "SET", "ALTER SYSTEM"),
    )
}


def becoming(facts: Facts, entry: Entry, version: int) -> list[sql.Composed]:
    """
    Return the statement by which we act as the grantor until the transaction ends; none for a membership before 16.

    There a role has one membership in another, whoever gave it, and anyone with ADMIN takes it.
    """
    if facts.question.wanted.kind == "membership" and version < queries.NEWER:
        return []
    return [sql.SQL("SET LOCAL ROLE {}").format(grantor(facts, entry))]


def revoke(facts: Facts, thing: Thing, entry: Entry, version: int) -> sql.Composed:
    """Return the statement that takes an entry away, or the right to pass it on alone."""
    if thing.kind != "membership":
        only = sql.SQL("GRANT OPTION FOR " if facts.passing_on else "")
        return sql.SQL("{}REVOKE {}{} FROM {}").format(
            head(facts, thing), only, what(thing, entry), holder(facts, entry.grantee)
        )
    only = sql.SQL("ADMIN OPTION FOR " if facts.passing_on else "")
    parts = (only, verbatim(thing.identity), holder(facts, entry.grantee))
    if version < queries.NEWER:
        return sql.SQL("REVOKE {}{} FROM {}").format(*parts)
    return sql.SQL("REVOKE {}{} FROM {} GRANTED BY {}").format(*parts, grantor(facts, entry))


def grant(facts: Facts, thing: Thing, entry: Entry, version: int) -> sql.Composed:
    """Return the statement that makes an entry again."""
    if thing.kind != "membership":
        option = sql.SQL(" WITH GRANT OPTION" if entry.grantable else "")
        return sql.SQL("{}GRANT {} TO {}{}").format(
            head(facts, thing), what(thing, entry), holder(facts, entry.grantee), option
        )
    return sql.SQL("GRANT {} TO {}{} GRANTED BY {}").format(
        verbatim(thing.identity),
        holder(facts, entry.grantee),
        options(entry, version),
        grantor(facts, entry),
    )


def options(entry: Entry, version: int) -> sql.Composable:
    """Return a membership's options: ADMIN alone before 16, all three from there on."""
    if version < queries.NEWER:
        return sql.SQL(" WITH ADMIN OPTION" if entry.grantable else "")
    return sql.SQL(" WITH ADMIN {}, INHERIT {}, SET {}").format(
        *(sql.SQL("TRUE" if each else "FALSE") for each in (entry.grantable, entry.inherit, entry.settable))
    )


def head(facts: Facts, thing: Thing) -> sql.Composable:
    """Return what stands before GRANT or REVOKE where it is about what will be made; else nothing."""
    if thing.kind != "default":
        return sql.SQL("")
    place = sql.SQL("IN SCHEMA {} ").format(verbatim(thing.resource)) if thing.resource else sql.SQL("")
    return sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} {}").format(holder(facts, thing.owner), place)


def what(thing: Thing, entry: Entry) -> sql.Composable:
    """Return privilege, kind and name of an object."""
    privilege = PRIVILEGES[entry.privilege]
    match thing.kind:
        case "default":
            return sql.SQL("{} ON {}").format(privilege, FUTURE[thing.part[:1]])
        case "column":
            column = verbatim(thing.identity.removeprefix(f"{thing.resource}."))
            return sql.SQL("{} ({}) ON TABLE {}").format(privilege, column, verbatim(thing.resource))
        case kind:
            return sql.SQL("{} ON {} {}").format(privilege, KEYWORD[kind], verbatim(thing.identity))


def verbatim(identity: str) -> sql.Composable:
    """Return a name that the server itself has quoted, as it stands."""
    return sql.SQL(identity)


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
        oid=question.instance.oid,
        part=question.instance.part,
        grantor=question.grantor,
        grantee=question.grantee,
        privilege=question.wanted.privilege,
        grantable=bool(before.get("grantable", False)),
        inherit=bool(before.get("inherit", True)) if membership else None,
        settable=bool(before.get("settable", True)) if membership else None,
    )
