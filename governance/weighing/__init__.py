"""
What an agent's holdings amount to together: how far its accounts are on their own, and its toxic combinations.

    gathering   what each of its own grants gives, in tags
    exposing    facts about the holder that move a score
    witnessing  whether one run has used something of every leg

Both are derived, and stored because a score is asked for by the million: Exposure for each account, ToxicCombination
for each agent. Whoever changes a fact makes the agent due (`due.pull`); the sweep works it out anew, and makes those
grants due whose score or finding hangs on what changed. Nightly every agent is due: when a person's absence ends or
begins, or a credential grows old, nobody writes anything.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from governance import clock, due
from governance.models import Agent, AgentDue, Grant, TagName, ToxicCombination
from governance.models.agent import Autonomy
from governance.policy import combining
from governance.policy.combining import Found
from governance.weighing.exposing import expose
from governance.weighing.gathering import gather, sharing
from governance.weighing.witnessing import Seen, witness

AT_ONCE = 200
GATED = (Autonomy.APPROVED, Autonomy.GATED)

# One at a time: two that work out agents which share an account would wait for each other.
ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('governance_weighing'))"
TAKE = """
DELETE FROM governance_agentdue WHERE id IN (
    SELECT id FROM governance_agentdue WHERE agent_id IN (
        SELECT DISTINCT agent_id FROM governance_agentdue ORDER BY agent_id LIMIT %s
    ) FOR UPDATE SKIP LOCKED
)
RETURNING agent_id
"""


def weigh_due(at: datetime | None = None) -> int:
    """Work out what is known of every agent that is due; return how many were. One worker at a time."""
    at = at or clock.now()
    number = 0
    while taken := weigh_some(at):
        number += taken
    return number


def mark_all() -> None:
    """Make every agent due."""
    AgentDue.objects.bulk_create(AgentDue(agent_id=key) for key in Agent.objects.values_list("pk", flat=True))


def weigh_some(at: datetime) -> int:
    """Take some agents that are due and work them out; return how many; none where somebody else is at it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(ALONE)
            if not cursor.fetchone()[0]:
                return 0
            cursor.execute(TAKE, [AT_ONCE])
            taken = {key for (key,) in cursor.fetchall()}
        if taken:
            weigh(taken, at)
    return len(taken)


def weigh(agents: Collection[int], at: datetime) -> None:
    """Work these agents out, and make the grants due whose score or finding hangs on what changed."""
    all_of_them = sharing(agents)
    held = gather(all_of_them, at)
    itself = by_themselves(all_of_them)
    tainted = {key for key, alike in held.items() if any(each.bits & combining.READS_OUTSIDERS for each in alike)}
    accounts = expose(all_of_them, tainted | itself.keys(), at)
    found = {key: combining.find(held[key], itself.get(key, 0)) for key in agents if key in held}
    breaks = combine(agents, found, itself, at)
    due.look_again(Grant.objects.filter(Q(account__in=accounts) | Q(pk__in=breaks)), at)


def by_themselves(agents: Collection[int]) -> dict[int, int]:
    """Return, in tags, what is said of these agents themselves; those of which nothing is are left out."""
    said = Agent.objects.filter(pk__in=agents, reads_outsiders=True)
    return dict.fromkeys(said.values_list("pk", flat=True), combining.READS_OUTSIDERS)


def combine(
    agents: Collection[int], found: Mapping[int, Sequence[Found]], itself: Mapping[int, int], at: datetime
) -> set[int]:
    """Write the combinations of these agents; return the grants on which one hangs newly, otherwise, or no more."""
    known = {(each.agent_id, each.combination): each for each in ToxicCombination.objects.filter(agent__in=agents)}
    seen = witness([key for key, those in found.items() if those], itself, at)
    autonomy = dict(Agent.objects.filter(pk__in=found).values_list("pk", "autonomy"))
    names = called(each for those in found.values() for each in those)
    touched = set()
    for agent, those in found.items():
        for each in those:
            fields = fields_of(each, names, seen.get((agent, each.combination))) | {"gated": autonomy[agent] in GATED}
            touched |= store(known.pop((agent, each.combination), None), agent, fields, at)
    for row in known.values():
        row.delete()
        touched.add(row.broken_by_id)
    return touched


def called(found: Iterable[Found]) -> dict[int, str]:
    """Return what the grants are called that give a leg."""
    keys = {key for each in found for leg in each.legs for key in leg.grants}
    return dict(Grant.objects.filter(pk__in=keys).values_list("pk", "entitlement__name"))


def fields_of(found: Found, names: Mapping[int, str], seen: Seen | None) -> dict[str, Any]:
    """Return a combination as it is stored; what was observed before stays so where nothing newer was."""
    legs = [
        {
            "tags": [str(tag) for tag in TagName.among(leg.bits)],
            "number": leg.number,
            "grants": list(leg.grants),
            "names": [names[key] for key in leg.grants],
            "itself": leg.itself,
        }
        for leg in found.legs
    ]
    fields = {"combination": found.combination, "legs": legs, "broken_by_id": found.broken_by, "alone": found.alone}
    return fields | ({"observed_run": seen.run, "observed_at": seen.at} if seen else {})


def store(row: ToxicCombination | None, agent: int, fields: Mapping[str, Any], at: datetime) -> set[int]:
    """Write a combination where it is new or otherwise; return the grants on which it hangs now, and did."""
    if row is None:
        ToxicCombination.objects.create(agent_id=agent, found_at=at, **fields)
        return {fields["broken_by_id"]}
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    if not changed:
        return set()
    ToxicCombination.objects.filter(pk=row.pk).update(**changed)
    return {row.broken_by_id, fields["broken_by_id"]}
