"""
The one narrower form of an entry: its holder has it, and may not pass it on.

What goes is the GRANT OPTION of a privilege, or the ADMIN OPTION of a membership. What depends on it is never taken
along: the server refuses, and those to whom it was passed on are named.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from connectors.base import ActionResult, Grant, Narrowing, Verification
from connectors.errors import NotFound, Unsupported
from connectors.postgresql import names, ourselves, verifying, writing
from connectors.postgresql.objects import Entry
from connectors.postgresql.paths import Facts
from connectors.postgresql.sessions import Door
from connectors.postgresql.writing import Change, Errand

OWN_USE = "own_use"


def narrowings(door: Door, grant: Grant) -> Sequence[Narrowing]:
    """Look whether the entry can be passed on; without that there is nothing to narrow."""
    facts, _ = verifying.complete_look(door, grant, passing_on=True)
    entry = facts.seen.entry(facts.question)
    return [Narrowing(OWN_USE, remaining(facts, entry))] if entry and entry.grantable else []


def remaining(facts: Facts, entry: Entry) -> str:
    """Say what remains."""
    holder, wanted = facts.name(entry.grantee), facts.question.wanted
    if wanted.kind == "membership":
        return f"{holder} stays a member of {wanted.identity}, and can no longer make others members."
    kept = f"{wanted.privilege} on {names.spoken(wanted.kind, wanted.identity)}"
    return f"{holder} keeps {kept}, and can no longer pass it on."


def narrow(door: Door, errand: Errand, key: str) -> ActionResult:
    """Take the option away. ALREADY where it is gone, Conflict where another thing has its name, Refused where ours."""
    require_known(key)
    with writing.at(door, errand.grant) as connection:
        facts = verifying.look(connection, errand.grant, passing_on=True)
        writing.refuse_successor(facts)
        entry = stored(facts)
        thing = writing.same_name(facts)
        if not entry.grantable:
            whole = writing.token(facts, thing, replace(entry, grantable=True))
            return writing.already(errand, facts, whole)
        ourselves.refuse(connection, entry.grantee)
        orders = writing.take(connection, facts, thing, entry)
        narrower = replace(entry, grantable=False)
        return writing.finish(connection, errand, Change(facts, thing, orders, gone=entry, come=narrower))


def verify(door: Door, grant: Grant, key: str) -> Verification:
    """Look; raise a ConnectorError wherever the look was not complete, and NotFound where the entry itself is gone."""
    require_known(key)
    facts, where = verifying.complete_look(door, grant, passing_on=True)
    return replace(verifying.judge(facts, where), remains=as_listed(grant, stored(facts)))


def require_known(key: str) -> None:
    """Raise Unsupported for a form that is none of ours."""
    if key != OWN_USE:
        raise Unsupported(f"PostgreSQL has no narrower form called {key!r}; there is: {OWN_USE}")


def stored(facts: Facts) -> Entry:
    """Return the entry; NotFound where it is gone."""
    entry = facts.seen.entry(facts.question)
    if entry is None:
        holder = facts.name(facts.question.grantee)
        raise NotFound(f"{holder} does not hold this any more: nothing is left that could be narrower")
    return entry


def as_listed(grant: Grant, entry: Entry) -> Grant:
    """Return the grant with its options as they are now."""
    options: dict[str, Any] = {name: getattr(entry, name) for name in ("grantable", "inherit", "settable")}
    return replace(
        grant, native={**grant.native} | {name: is_set for name, is_set in options.items() if is_set is not None}
    )
