"""
Coverage: the intervals in which use would have been seen. Neighbours of one kind become one interval.

A system's log covers everybody. Of an agent's own word, a delivery covers the agents that it names in an event or a
run: of an agent that it does not name nobody knows whether it was idle or is not listened to. Whoever's use is
all by accounts that nobody knows, or of what the system does not have, is not covered: it tells of something else.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from governance import due, ledger
from governance.ledger import Act, Actor
from governance.models import Coverage, Grant, Source
from governance.observing.judging import Cover
from governance.policy import rarity
from governance.policy.observed import RHYTHM
from governance.policy.terms import Terms

Whose = int | None  # an agent's; None is everybody's


@dataclass(frozen=True, slots=True)
class Delivered:
    """
    What a delivery promises: for its interval it is complete, about everybody or about the agents that it names.

    Of those who are `lost` nothing that they did could be understood.
    """

    source: Source
    interval: Cover
    reports_runs: bool
    agents: Collection[int]
    lost: Collection[Whose]

    @property
    def promised(self) -> list[Whose]:
        """Whose use it tells of."""
        return [None] if self.source.sees_everybody else [*sorted(self.agents)]

    @property
    def whose(self) -> list[Whose]:
        """Whose use it covers."""
        return [each for each in self.promised if each not in self.lost]


def cover(delivered: Delivered, *, at: datetime, actor: Actor) -> None:
    """
    Note that use was seen in this interval; runs too, where they were reported.

    The caller holds the source's row, and has rolled up what came for the interval. What can newly be called unused
    becomes due, and everything that nobody was looking at before: time alone runs on for it now.
    """
    blind = [each for each in delivered.whose if not seen_now(delivered, each, at)]
    for each in delivered.whose:
        widened, opened = widen(delivered, each)
        if opened:
            subjects = [part for part in (widened, delivered.source, widened.agent) if part]
            ledger.record(act=Act.COVERAGE_OPENED, actor=actor, subjects=subjects, body=told(widened))
    if blind:
        due.pull(held_by(delivered.source, blind), at)
    if watched := [each for each in delivered.whose if each not in blind]:
        due.pull(rarity.ripe(held_by(delivered.source, watched), Terms.of(at)), at)


def held_by(source: Source, whose: Collection[Whose]) -> QuerySet[Grant]:
    """What these agents hold in the source's system by the accounts that they use; everything where it is everybody."""
    held = Grant.objects.held().of_system(source.system_id)
    if None in whose:
        return held
    return held.filter(account__claims__agent__in=whose, account__claims__until=None)


def seen_now(delivered: Delivered, agent: Whose, at: datetime) -> bool:
    """Whether the last interval of this kind ended no longer ago than the source's rhythm."""
    return kind(delivered, agent).filter(ends_at__gte=at - (delivered.source.rhythm or RHYTHM)).exists()


def kind(delivered: Delivered, agent: Whose) -> QuerySet[Coverage]:
    """The intervals that this one may become one with."""
    return Coverage.objects.filter(source=delivered.source, agent=agent, reports_runs=delivered.reports_runs)


def widen(delivered: Delivered, agent: Whose) -> tuple[Coverage, bool]:
    """Join the interval with those that touch it; return the one that remains, and whether it is new."""
    interval, source = delivered.interval, delivered.source
    near = kind(delivered, agent).filter(starts_at__lte=interval.ends_at, ends_at__gte=interval.starts_at)
    touching = list(near.order_by("starts_at"))
    new = Coverage(source=source, system_id=source.system_id, agent_id=agent, reports_runs=delivered.reports_runs)
    first = touching[0] if touching else new
    first.starts_at = min([interval.starts_at, *(each.starts_at for each in touching)])
    first.ends_at = max([interval.ends_at, *(each.ends_at for each in touching)])
    Coverage.objects.filter(pk__in=[each.pk for each in touching[1:]]).delete()
    first.save()
    return first, not touching


def told(coverage: Coverage) -> dict[str, object]:
    """What the ledger says of it."""
    return {
        "from": ledger.stamp(coverage.starts_at),
        "to": ledger.stamp(coverage.ends_at),
        "reports_runs": coverage.reports_runs,
        "system": str(coverage.system_id),
    }
