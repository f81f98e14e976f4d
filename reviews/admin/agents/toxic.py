"""
What an agent's grants add up to: each toxic combination with its legs, what breaks it, and whether one run used it.

Whoever sees the agent sees all of it; the grant that breaks it is a link where its own page would open.
"""

from dataclasses import dataclass
from datetime import datetime

from governance import access
from governance.models import Agent, Band, Grant, Parameters, Person, ToxicCombination
from governance.policy import combining
from governance.policy.checks import toxic_combination


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg in words: what it is, and by which grants the agent has it."""

    what: str
    by: str


@dataclass(frozen=True, slots=True)
class Told:
    """One combination."""

    name: str
    band: Band
    gated: bool
    legs: tuple[Leg, ...]
    grant: Grant
    opens: bool
    alone: bool
    run: str
    at: datetime | None


def toxic(agent: Agent, person: Person, parameters: Parameters) -> list[Told]:
    """All that stand, the worst first."""
    rows = list(agent.toxic.select_related("broken_by__entitlement", "broken_by__account"))
    opens = access.visible(Grant.objects.filter(pk__in=[row.broken_by_id for row in rows]), to=person)
    keys = set(opens.values_list("pk", flat=True))
    told = [(combining.floor(row.combination, row.gated, parameters.combination_floors), row) for row in rows]
    worst = sorted(told, key=lambda each: (-each[0], each[1].combination))
    return [of(row, Band.of(floor), opens=row.broken_by_id in keys) for floor, row in worst]


def of(row: ToxicCombination, band: Band, *, opens: bool) -> Told:
    """One combination in words."""
    return Told(
        name=row.get_combination_display(),
        band=band,
        gated=row.gated,
        legs=tuple(Leg(toxic_combination.what(each), toxic_combination.by(each)) for each in row.legs),
        grant=row.broken_by,
        opens=opens,
        alone=row.alone,
        run=row.observed_run,
        at=row.observed_at,
    )
