"""
One fresh look at a grant: is it stored, and can it still be done by any way; or, of a narrowing, passed on.

The read is one read-only transaction on a connection of its own. It counts only if it is complete:
the database answers, it is not a copy that may lag behind, and the canary is in its place.
"""

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from connectors.base import Grant, Path, PathKind, State, Verification, Via
from connectors.errors import Incomplete
from connectors.postgresql import names, objects, paths, roles
from connectors.postgresql.kinds import KINDS
from connectors.postgresql.names import NOTHING, PUBLIC, Number, Question
from connectors.postgresql.objects import Seen
from connectors.postgresql.paths import Facts
from connectors.postgresql.sessions import Connection, Door, looking, row, rows
from connectors.postgresql.settings import Canary, Settings

WHERE = """
    SELECT current_user AS identity, current_database() AS database,
        quote_ident(current_database()) AS quoted,
        current_setting('server_version') AS server_version,
        pg_is_in_recovery() AS lagging, statement_timestamp() AS at
"""

JUDGE = """
    SELECT role, object, part, {judged} AS holds
    FROM unnest(%(roles)s::oid[]) role, unnest(%(objects)s::oid[], %(parts)s::text[]) AS asked (object, part)
"""


def verify(door: Door, grant: Grant) -> Verification:
    """Look; raise a ConnectorError wherever the look was not complete."""
    return judge(*complete_look(door, grant))


def complete_look(door: Door, grant: Grant, *, passing_on: bool = False) -> tuple[Facts, dict[str, Any]]:
    """Look, and say where; Incomplete where what is not seen could be there all the same."""
    question = names.question(grant)
    database = names.listed(question.wanted, door.settings.databases)
    with looking(door, database) as connection:
        where = require_complete(connection, door.settings, database)
        facts = look(connection, grant, passing_on=passing_on)
    return facts, where


def require_complete(connection: Connection, settings: Settings, database: str) -> dict[str, Any]:
    """Say where we look; Incomplete where what is not seen could be there all the same."""
    where = row(connection, WHERE)
    if where["lagging"]:
        raise Incomplete("this server is a standby: what it shows may be old")
    return where | {"canary": require_canary(connection, settings, database)}


def look(connection: Connection, grant: Grant, *, passing_on: bool = False) -> Facts:
    """
    Read all that a verdict needs, inside whatever transaction is open.

    Where passing it on is in question, the grant stays: what it leads to is a way like any other.
    """
    question = names.question(grant)
    seen = objects.see(connection, question)
    edges = roles.memberships(connection, question.grantee)
    reach = roles.reach(question.grantee, [each for each in edges if passing_on or not each.answers(question)])
    named = {*objects.holders(seen, question), *reach.chains, *(each.grantor for each in edges)}
    known = roles.known(connection, named)
    right = f"{question.wanted.privilege} WITH GRANT OPTION" if passing_on else question.wanted.privilege
    return Facts(
        question=question,
        entitlement=grant.entitlement,
        database=row(connection, WHERE)["quoted"],
        seen=seen,
        reach=reach,
        roles=known,
        judged=judged(connection, question, seen, reach.becomes & (known.keys() | {PUBLIC}), right=right),
        passing_on=passing_on,
    )


def judged(
    connection: Connection, question: Question, seen: Seen, able: Iterable[int], *, right: str
) -> dict[tuple[int, Number], bool]:
    """Ask the server itself, for the holder and for each role that it may become."""
    kind = KINDS.get(question.wanted.type)
    if kind is None or not kind.judged:
        return {}
    role = "'public'" if question.grantee == PUBLIC else "role"
    query = JUDGE.format(judged=kind.judged.format(role=role))
    asked = [each.number for each in seen.things if each.kind == question.wanted.type]
    objects, parts = [each.oid for each in asked], [each.part for each in asked]
    found = rows(connection, query, roles=sorted(able), objects=objects, parts=parts, privilege=right)
    return {(each["role"], Number(each["object"], each["part"])): each["holds"] for each in found}


def judge(facts: Facts, where: dict[str, Any]) -> Verification:
    """Give the verdict together with what it rests on."""
    given = verdict(facts)
    return replace(given, evidence=evidence(facts, where), observed_at=where["at"])


def verdict(facts: Facts) -> Verification:
    """Give the two answers. Where we find no way and the server says yes, the server is right."""
    direct = paths.is_direct(facts)
    others = paths.other_paths(facts)
    if not direct and not others:
        others = tuple(unexplained(facts))
    return Verification(direct=state(direct), effective=state(direct or bool(others)), other_paths=others)


def state(there: bool) -> State:
    """Say it in the contract's words."""
    return State.PRESENT if there else State.ABSENT


def unexplained(facts: Facts) -> Iterable[Path]:
    """Yield the roles of which the server says that they may, though we cannot say why."""
    for role in sorted({role for (role, _), holds in facts.judged.items() if holds}):
        text = f"role {facts.name(role)}, by a way that only the server knows"
        yield Path(PathKind.ROLE, text, Via(names.role_ref(role), facts.entitlement))


def evidence(facts: Facts, where: dict[str, Any]) -> dict[str, Any]:
    """Return what was read, as JSON knows it."""
    question, seen = facts.question, facts.seen
    return {
        "identity": where["identity"],
        "database": where["database"],
        "server_version": where["server_version"],
        "canary": where["canary"],
        "object": what_became(facts),
        "objects": [asdict(each) for each in seen.things],
        "access_list": [each.plain() for each in seen.entries if each.privilege == question.wanted.privilege],
        "memberships": [edge.plain() for chain in facts.reach.chains.values() for edge in chain[-1:]],
        "roles": {str(oid): role.name for oid, role in sorted(facts.roles.items())},
        "superusers": [role.name for _, role in sorted(facts.roles.items()) if role.superuser],
        "server_says": [
            {"role": facts.name(role), "object": number.plain(), "holds": holds}
            for (role, number), holds in facts.judged.items()
        ],
    }


def what_became(facts: Facts) -> str:
    """Say whether the object in question is still there."""
    question, seen = facts.question, facts.seen
    if question.wanted.type == "superuser":
        return "the cluster"
    if seen.thing(question.instance):
        return "is there"
    if seen.named != NOTHING:
        return f"number {question.instance} was dropped; number {seen.named} has its name now"
    return f"number {question.instance} was dropped"


def require_canary(connection: Connection, settings: Settings, database: str) -> str:
    """Raise Incomplete where the canary belongs here and is not seen; say what was looked at."""
    if settings.canary is None:
        return "none is configured"
    wanted = names.parse(settings.canary.entitlement)
    if not wanted.everywhere and wanted.database != database:
        return "lives in another database"
    if not is_held(connection, settings.canary):
        raise Incomplete(
            f"the canary is missing: {settings.canary.role} does not hold "
            f"{settings.canary.entitlement}, so nothing that is not seen may be called absent"
        )
    return "seen"


def is_held(connection: Connection, canary: Canary) -> bool:
    """Whether a role, by its name, holds an entitlement directly."""
    wanted = names.parse(canary.entitlement)
    seen = objects.see(connection, Question(wanted, grantee=0, grantor=0, instance=NOTHING))
    role = rows(connection, "SELECT oid FROM pg_roles WHERE rolname = %(name)s", name=canary.role)
    holder = role[0]["oid"] if role else PUBLIC
    return holder != PUBLIC and any(
        (each.number, each.grantee, each.privilege) == (seen.named, holder, wanted.privilege) for each in seen.entries
    )
