"""
Revoke and restore: look, act, look again, in one transaction, and undo it unless all is as meant.

A REVOKE in PostgreSQL takes away what the *current* role granted, and says nothing where that was
nothing. So it is done as the grantor (SET LOCAL ROLE), and the whole access list is compared:
exactly the one entry must have gone, or come. There is never a CASCADE.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from connectors.base import ActionResult, Grant, Outcome
from connectors.errors import Conflict, NotPermitted, Refused, Transient, Unsupported
from connectors.postgresql import names, ourselves, queries, statements, verifying
from connectors.postgresql.names import NOTHING
from connectors.postgresql.objects import Entry, Thing
from connectors.postgresql.paths import Facts, counts
from connectors.postgresql.sessions import Connection, Door, acting, commit, row

TRANSACTION = "SELECT pg_current_xact_id_if_assigned()::text AS id"


@dataclass(frozen=True, slots=True)
class Errand:
    """One act on one grant, as it was asked for."""

    grant: Grant
    idem_key: str
    dry_run: bool


def revoke(door: Door, errand: Errand) -> ActionResult:
    """Take one entry away. ALREADY where it is gone; Conflict where another object has its name; Refused where ours."""
    with at(door, errand.grant) as connection:
        facts = verifying.look(connection, errand.grant)
        entry = facts.seen.entry(facts.question)
        if entry is None:
            refuse_successor(facts)
            return already(errand, facts)
        ourselves.refuse(connection, entry.grantee)
        thing = same_name(facts)
        orders = take(connection, facts, thing, entry)
        return finish(connection, errand, Change(facts, thing, orders, gone=entry))


def restore(door: Door, errand: Errand, before: Mapping[str, Any]) -> ActionResult:
    """Make one entry again, or whole again, by the same grantor and with the same options."""
    with at(door, errand.grant) as connection:
        facts = verifying.look(connection, errand.grant)
        there, version = facts.seen.entry(facts.question), connection.info.server_version
        entry = statements.remembered(facts, before or errand.grant.native)
        if there is not None and lacks_nothing(there, entry, version):
            return already(errand, facts)
        thing = same_thing(facts, before)
        orders = carry_out(connection, facts, entry, [statements.grant(facts, thing, entry, version)])
        return finish(connection, errand, Change(facts, thing, orders, gone=there, come=entry))


def lacks_nothing(there: Entry, entry: Entry, version: int) -> bool:
    """Whether what is there has every option that it once had; before 16 only ADMIN is the membership's own."""
    options = ("grantable",) if version < queries.NEWER else ("grantable", "inherit", "settable")
    return all(getattr(there, name) or not getattr(entry, name) for name in options)


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to what, and the one difference that it must have made: an entry went, came, or became another."""

    before: Facts
    thing: Thing
    orders: list[sql.Composed]
    gone: Entry | None = None
    come: Entry | None = None

    @property
    def entry(self) -> Entry:
        """The entry that it is about."""
        entry = self.gone or self.come
        if entry is None:
            raise ValueError("a change without an entry")
        return entry


def at(door: Door, grant: Grant) -> Any:
    """Open a transaction where the grant lives; Unsupported for what is no access list's entry."""
    question = names.question(grant)
    if question.wanted.type not in names.REVOCABLE or not grant.revocable:
        raise Unsupported(f"{question.wanted.type} is not granted, so it cannot be revoked")
    return acting(door, names.listed(question.wanted, door.settings.databases))


def refuse_successor(facts: Facts) -> None:
    """Raise Conflict where the object was made again: the decision was about another one."""
    instance, named = facts.question.instance, facts.seen.named
    if named not in {NOTHING, instance}:
        raise Conflict(
            f"{facts.question.wanted.identity} was made again: it was number {instance} and is number {named}"
        )


def same_name(facts: Facts) -> Thing:
    """Return the object; Conflict where it has been given another name."""
    refuse_successor(facts)
    thing = facts.seen.thing(facts.question.instance)
    if thing is None or thing.identity != facts.question.wanted.identity:
        raise Conflict(f"{facts.question.wanted.identity} is called otherwise now")
    return thing


def same_thing(facts: Facts, before: Mapping[str, Any]) -> Thing:
    """Return the object; Refused where it is not what the grant was once given for."""
    instance = facts.question.instance
    thing = facts.seen.thing(instance)
    name = facts.question.wanted.identity
    if thing is None or facts.seen.named != instance:
        raise Refused(f"{name} is not the object that it was (number {instance})")
    if before.get("digest", thing.digest) != thing.digest:
        raise Refused(f"the definition of {name} has changed since the grant was taken away")
    return thing


def take(connection: Connection, facts: Facts, thing: Thing, entry: Entry) -> list[sql.Composed]:
    """Take an entry away, or its option, and nothing else. Refused where somebody depends on it."""
    version = connection.info.server_version
    orders = [statements.revoke(facts, thing, entry, version)]
    orders += [statements.grant(facts, column, each, version) for column, each in taken_along(facts, entry)]
    try:
        return carry_out(connection, facts, entry, orders)
    except psycopg.errors.DependentObjectsStillExist as error:
        raise depended_upon(facts, entry) from error


def taken_along(facts: Facts, entry: Entry) -> Iterator[tuple[Thing, Entry]]:
    """
    Yield what the server takes with a table's privilege, unasked: the same grantor's on its columns.

    It is given back by the next statement, so that nobody sees it missing.
    """
    mine = (entry.oid, entry.grantor, entry.grantee, entry.privilege)
    for each in facts.seen.entries:
        column = facts.beside(each)
        same = (each.oid, each.grantor, each.grantee, each.privilege) == mine
        if column is not None and column.kind == "column" and same and counts(facts, each):
            yield column, each


def depended_upon(facts: Facts, entry: Entry) -> Refused:
    """Name those to whom the holder has passed it on."""
    holders = sorted(
        facts.name(each.grantee)
        for each in facts.seen.entries
        if (each.oid, each.grantor) == (entry.oid, entry.grantee) and each.privilege == entry.privilege
    )
    holder = facts.name(entry.grantee)
    return Refused(
        f"{holder} has passed {entry.privilege} on to {', '.join(holders)}: revoke that first",
        native_code="2BP01",
    )


def carry_out(connection: Connection, facts: Facts, entry: Entry, orders: Sequence[sql.Composed]) -> list[sql.Composed]:
    """Act as the grantor where one is needed, and be ourselves again. Return what was sent."""
    becoming = statements.becoming(facts, entry, connection.info.server_version)
    for each in becoming:
        try:
            connection.execute(each)
        except psycopg.errors.InsufficientPrivilege as error:
            grantor = facts.name(facts.question.grantor)
            raise NotPermitted(
                f"{connection.info.user} may not SET ROLE to the grantor {grantor}: "
                "GRANT that role to it, with SET from PostgreSQL 16 on",
                native_code="42501",
            ) from error
    for order in orders:
        connection.execute(order)
    connection.execute("SET LOCAL ROLE NONE")
    return [*becoming, *orders]


def finish(connection: Connection, errand: Errand, change: Change) -> ActionResult:
    """Look again; commit only where exactly the one entry has changed, and not in a dry run."""
    after = verifying.look(connection, errand.grant, passing_on=change.before.passing_on)
    require_as_meant(change, after)
    number = row(connection, TRANSACTION)["id"] or ""
    if not errand.dry_run:
        commit(connection)
    return ActionResult(
        outcome=Outcome.PLANNED if errand.dry_run else Outcome.DONE,
        before=token(change.before, change.thing, change.entry),
        request=request(errand, [each.as_string() for each in change.orders]),
        response=preview(after) | {"committed": not errand.dry_run},
        native_request_id=number,
    )


def require_as_meant(change: Change, after: Facts) -> None:
    """
    Raise unless the access list differs by the one entry and by nothing else.

    Refused where the entry itself did not change: the server then acts in another's name, because
    the grantor is a superuser by now (who acts for the owner) or may not grant it any more.
    Transient where others changed, as where two grants on one thing are revoked at once: the next try looks anew.
    """
    was, now = set(change.before.seen.entries), set(after.seen.entries)
    gone, come = {change.gone} - {None}, {change.come} - {None}
    if now == (was - gone) | come:
        return
    if gone & now or come - now:
        grantor = change.before.name(change.entry.grantor)
        holder = change.before.name(change.entry.grantee)
        raise Refused(f"the server does not change what {grantor} granted to {holder}, even as {grantor}")
    raise Transient(f"the access list of {change.thing.identity} was changed by somebody else meanwhile")


def already(errand: Errand, facts: Facts, before: Mapping[str, Any] | None = None) -> ActionResult:
    """Say that nothing was left to do, and how things stand."""
    return ActionResult(
        outcome=Outcome.ALREADY,
        before=before or {},
        request=request(errand, []),
        response=preview(facts) | {"committed": False},
    )


def request(errand: Errand, orders: list[str]) -> dict[str, Any]:
    """Return what was sent."""
    return {"statements": orders, "idem_key": errand.idem_key, "dry_run": errand.dry_run}


def preview(facts: Facts) -> dict[str, Any]:
    """Return how things stand inside the transaction, in words; it is not a verification."""
    verdict = verifying.verdict(facts)
    return {
        "direct": str(verdict.direct),
        "effective": str(verdict.effective),
        "other_paths": [path.text for path in verdict.other_paths],
    }


def token(facts: Facts, thing: Thing, entry: Entry) -> dict[str, Any]:
    """Return what `restore` needs: the entry, and the object as it was."""
    return entry.plain() | {
        "grantee_name": facts.name(entry.grantee),
        "grantor_name": facts.name(entry.grantor),
        "identity": thing.identity,
        "digest": thing.digest,
    }
