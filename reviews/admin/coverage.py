"""
Coverage by system, in governance's queue: what is held, certified, read, and whether use could have been seen.

The queries are the same for one system and for many.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from governance import access
from governance.models import Coverage, Grant, Person, Source, SyncRun, System
from governance.policy.observed import RHYTHM
from reviews.admin import levels
from reviews.admin.levels import Share

SHOWN = 50
DAYS = 30
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Covered:
    """
    One system: its grants, how many are certified, how it was read, and on how many days use could be seen.

    And the sources that are silent, each with `heard_until`: since then use that they alone show is not observable.
    """

    system: System
    certified: Share
    held: bool  # its last read waits for a person
    days: int
    agents: int  # whose own word is all that there is
    silent: Sequence[Source]

    @property
    def grants_url(self) -> str:
        """The way to what is held."""
        return levels.grants(account__system__id__exact=self.system.pk, stands="held")

    @property
    def certified_url(self) -> str:
        """The way to what is certified of it."""
        return levels.grants(account__system__id__exact=self.system.pk, stands="certified")

    @property
    def trouble(self) -> str:
        """What is wrong with its reads, in a few words; empty where nothing is."""
        if self.held:
            return "a read is held"
        return "then failed" if self.system.trouble else ""

    @property
    def observable(self) -> str:
        """When use could have been seen; empty where it could not."""
        if self.days:
            return f"{self.days} of {DAYS} days"
        return f"of {self.agents} agent{'' if self.agents == 1 else 's'}, by their own word" if self.agents else ""


def systems(person: Person, at: datetime) -> list[Covered]:
    """Those that a person sees, by name."""
    seen = access.visible(System.objects.filter(active=True), to=person).order_by("name")[:SHOWN]
    chosen = list(seen)
    keys = [system.pk for system in chosen]
    held = by_system(access.visible(Grant.objects.held().filter(account__system__in=keys), to=person))
    certified = by_system(access.visible(Grant.objects.certified(at).filter(account__system__in=keys), to=person))
    waiting = set(SyncRun.objects.filter(system__in=keys, state=SyncRun.State.HELD).values_list("system", flat=True))
    days, agents, quiet = observed(keys, at), own_word(keys, at), silent(keys, at)
    return [
        Covered(
            system,
            Share(certified.get(system.pk, 0), held.get(system.pk, 0)),
            system.pk in waiting,
            days.get(system.pk, 0),
            agents.get(system.pk, 0),
            quiet[system.pk],
        )
        for system in chosen
    ]


def by_system(grants: QuerySet[Grant]) -> dict[int, int]:
    """How many of these lie in each system."""
    found = grants.order_by().values("account__system").annotate(number=Count("pk"))
    return {each["account__system"]: each["number"] for each in found}


def observed(keys: Iterable[int], at: datetime) -> dict[int, int]:
    """On how many of the last days everybody's use could be seen, system by system."""
    spans: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    rows = recent(keys, at).filter(agent=None).select_related("source").order_by("starts_at")
    for row in rows:
        # a feed that is alive is taken to reach until now, as the checks take it
        alive = row.ends_at >= at - (row.source.rhythm or RHYTHM)
        spans[row.system_id].append((max(row.starts_at, at - DAYS * A_DAY), at if alive else row.ends_at))
    return {key: sum(lengths(found), timedelta()) // A_DAY for key, found in spans.items()}


def lengths(spans: Iterable[tuple[datetime, datetime]]) -> Iterator[timedelta]:
    """How long each of these, which come by their start, goes beyond all before it."""
    reached: datetime | None = None
    for start, end in spans:
        first = start if reached is None else max(start, reached)
        yield max(end - first, timedelta())
        reached = end if reached is None else max(reached, end)


def own_word(keys: Iterable[int], at: datetime) -> dict[int, int]:
    """Of how many agents there is only their own word, system by system."""
    told = recent(keys, at).filter(agent__isnull=False).order_by().values("system")
    return {each["system"]: each["number"] for each in told.annotate(number=Count("agent", distinct=True))}


def silent(keys: Iterable[int], at: datetime) -> dict[int, list[Source]]:
    """The sources that are silent against their rhythm, system by system."""
    found: dict[int, list[Source]] = defaultdict(list)
    for source in Source.objects.silent(at, usually=RHYTHM).filter(system__in=keys).order_by("name"):
        found[source.system_id].append(source)
    return found


def recent(keys: Iterable[int], at: datetime) -> QuerySet[Coverage, Any]:
    """Intervals of these systems that reach into the last days."""
    return Coverage.objects.filter(Q(ends_at__gt=at - DAYS * A_DAY), system__in=keys, starts_at__lte=at)
