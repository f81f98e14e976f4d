"""
Service levels, in governance's queue: each a number with its definition and the way to its rows.

Only what rows stand behind is shown: policy states no objective, so that none is drawn.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from governance import access
from governance.models import Agent, Grant, Lease, Person
from governance.models.grant import held_at
from governance.policy.wording import counted
from reviews.admin.drawing import Line, line
from reviews.models import Remediation
from reviews.models.remediation import State

WEEKS = 12
A_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    part: int
    whole: int

    @property
    def percent(self) -> float:
        """As a percentage; nothing of nothing is 0."""
        return 100 * self.part / self.whole if self.whole else 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """A number that a level is made of, and the way to its rows."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Level:
    """One level: what it is, what that means, how it stands, where its rows are, and its last twelve weeks."""

    name: str
    means: str
    now: str
    url: str
    parts: tuple[Part, ...] = ()
    trend: Line | None = None


def levels(person: Person, at: datetime) -> Iterator[Level]:
    """All of them, over what this person sees."""
    yield certified(shares(person, at))
    yield not_removed(person)
    yield unanswered(person, at)


def shares(person: Person, at: datetime) -> list[Share]:
    """Validly certified of held, at each of the last twelve weeks' ends; the last is now. Two queries."""
    moments = [at - A_WEEK * back for back in reversed(range(WEEKS))]
    grants = access.visible(Grant.objects.all(), to=person)
    whole = grants.aggregate(**{f"at{n}": Count("pk", filter=held_at(moment)) for n, moment in enumerate(moments)})
    leases = access.visible(Lease.objects.filter(basis=Lease.Basis.DECISION, ends_at__gt=moments[0]), to=person)
    part = leases.aggregate(
        **{
            f"at{n}": Count("grant", distinct=True, filter=running(moment) & held_at(moment, of="grant__"))
            for n, moment in enumerate(moments)
        }
    )
    return [Share(part[f"at{n}"], whole[f"at{n}"]) for n in range(WEEKS)]


def running(moment: datetime) -> Q:
    """Say which leases were in force at a moment."""
    return Q(starts_at__lte=moment, ends_at__gt=moment)


def certified(found: list[Share]) -> Level:
    """The share that is validly certified."""
    now = found[-1]
    before = [each for each in found if each.whole]
    weeks = counted(len(before) - 1, "week")
    says = f"{before[0].percent:.0f} % {weeks} ago, {now.percent:.0f} % now" if before else ""
    return Level(
        "Grants validly certified",
        f"{now.part:,} of {now.whole:,} grants that are held: a person decided to keep it, and that lease still runs",
        f"{now.percent:.1f} %" if now.whole else "no grants",
        grants(stands="certified"),
        (Part(f"{now.whole - now.part:,} are not", grants(stands="not_certified")),) if now.whole else (),
        line([each.percent for each in before], most=100, says=says) if len(before) > 1 else None,
    )


def not_removed(person: Person) -> Level:
    """What was decided to go and is there still."""
    seen = access.visible(Remediation.objects.all(), to=person)
    found = seen.aggregate(
        held=Count("pk", filter=Q(state=State.PLANNED, hold__isnull=False)),
        stuck=Count("pk", filter=Q(state=State.STUCK)),
        still_effective=Count("pk", filter=Q(state=State.STILL_EFFECTIVE)),
    )
    ways = {
        "held": acts(held="yes"),
        "stuck": acts(state__exact=State.STUCK),
        "still_effective": acts(state__exact=State.STILL_EFFECTIVE),
    }
    parts = [Part(f"{found[name]:,} {name.replace('_', ' ')}", way) for name, way in ways.items() if found[name]]
    means = "held by the brake, stuck, or still effective by another path"
    return Level("Not removed after a decision", means, f"{sum(found.values()):,}", "", tuple(parts))


def unanswered(person: Person, at: datetime) -> Level:
    """Agents without anybody who can be asked."""
    seen = access.visible(Agent.objects.answering(), to=person)
    nobody = access.visible(Agent.objects.unanswered(at), to=person)
    means = f"of {seen.count():,}: no owner and no deputy who can act"
    way = f"{reverse('admin:governance_agent_changelist')}?answered=nobody"
    return Level("Agents that nobody answers for", means, f"{nobody.count():,}", way)


def grants(**lookups: Any) -> str:
    """The list of grants, narrowed."""
    return f"{reverse('admin:governance_grant_changelist')}?{query(lookups)}"


def acts(**lookups: Any) -> str:
    """The list of remediations, narrowed."""
    return f"{reverse('admin:reviews_remediation_changelist')}?{query(lookups)}"


def query(lookups: dict[str, Any]) -> str:
    """As an address says it; our own words need no escape."""
    return "&".join(f"{name}={value}" for name, value in lookups.items())
