"""
Coverage: the intervals in which use would have been seen. Neighbours of one kind become one interval.

A system's log covers everybody. Of an agent's own word, a delivery covers the agents that it names in an event or a
run: of an agent that it does not name nobody knows whether it was idle or is not listened to. Whoever's use is
all by accounts that nobody knows, or of what the system does not have, is not covered: it tells of something else.
Where a line was refused that may be of the time, nobody is: what it tells is not known.

What a delivery by the door says of time is a promise until its events are rolled up, and then becomes coverage.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.db.models import QuerySet

from governance import due, ledger
from governance.ledger import Act, Actor
from governance.models import Coverage, Grant, Promise, Source, UsageIntake
from governance.observing.judging import INSTANT, Cover
from governance.policy import ripening
from governance.policy.observed import RHYTHM
from governance.policy.terms import Terms

Whose = int | None  # an agent's; None is everybody's


@dataclass(frozen=True, slots=True)
class Delivered:
    """
    What a delivery promises: for its interval it is complete, about everybody or about the agents that it names.

    Of those who are `lost` nothing that they did could be understood. Unless it is `whole` it covers nobody: lines were
    refused that may tell of the time, whoever's they are, or every line of a file was.
    """

    source: Source
    interval: Cover
    reports_runs: bool
    agents: Collection[int]
    lost: Collection[Whose]
    whole: bool = True

    @property
    def promised(self) -> list[Whose]:
        """Whose use it tells of."""
        return [None] if self.source.sees_everybody else [*sorted(self.agents)]

    @property
    def whose(self) -> list[Whose]:
        """Whose use it covers."""
        return [each for each in self.promised if each not in self.lost] if self.whole else []

    @property
    def seen(self) -> "Seen":
        """What of it is to be noted."""
        return Seen(self.source, {each: [self.interval] for each in self.whose}, self.reports_runs)


@dataclass(frozen=True, slots=True)
class Seen:
    """
    When use was seen, and whose; runs too, where they were reported.

    A `steady` source says of itself that it delivers at least once in its rhythm, and in order: what it was heard of
    before goes on where no more than that lies between, and no line of the time between was refused.
    """

    source: Source
    stretches: Mapping[Whose, Sequence[Cover]]
    reports_runs: bool
    steady: bool = False

    @property
    def slack(self) -> timedelta:
        """How far apart two stretches may lie, to be one."""
        return (self.source.rhythm or timedelta(0)) if self.steady else timedelta(0)

    def missed(self) -> list[Cover]:
        """The times near by of which lines are missing."""
        if not self.slack:
            return []
        every = [stretch for stretches in self.stretches.values() for stretch in stretches]
        near = UsageIntake.objects.missing().filter(
            source=self.source,
            starts_at__lt=max(stretch.ends_at for stretch in every) + self.slack,
            ends_at__gt=min(stretch.starts_at for stretch in every) - self.slack,
        )
        return [Cover(*each) for each in near.values_list("starts_at", "ends_at")]

    def of_kind(self, agent: Whose) -> QuerySet[Coverage]:
        """The intervals that a stretch may become one with."""
        return Coverage.objects.filter(source=self.source, agent=agent, reports_runs=self.reports_runs)


def cover(seen: Seen, *, at: datetime, actor: Actor) -> None:
    """
    Note that use was seen.

    The caller holds the source's row, and has rolled up what came of that time. What can newly be called unused becomes
    due, and everything that nobody was looking at before: time alone runs on for it now.
    """
    blind = [each for each in seen.stretches if not seen_now(seen, each, at)]
    watched = [each for each in seen.stretches if each not in blind and not goes_on(seen, each, at)]
    missed = seen.missed() if seen.stretches else []
    for each, stretches in seen.stretches.items():
        for stretch in stretches:
            widened, opened = widen(seen, each, stretch, missed, at)
            if opened:
                subjects = [part for part in (widened, seen.source, widened.agent) if part]
                ledger.record(act=Act.COVERAGE_OPENED, actor=actor, subjects=subjects, body=told(widened))
    if blind:
        due.pull(held_by(seen.source, blind), at)
    if watched:
        pull_ripe(seen.source, watched, at)


def pull_ripe(source: Source, whose: Collection[Whose], at: datetime) -> None:
    """Make due what these hold and can be called unused now."""
    due.pull(ripening.ripe(held_by(source, whose), Terms.of(at)), at)


def held_by(source: Source, whose: Collection[Whose]) -> QuerySet[Grant]:
    """What these agents hold in the source's system by the accounts that they use; everything where it is everybody."""
    held = Grant.objects.held().of_system(source.system_id)
    if None in whose:
        return held
    return held.filter(account__claims__agent__in=whose, account__claims__until=None)


def seen_now(seen: Seen, agent: Whose, at: datetime) -> bool:
    """Whether the last interval of this kind ended no longer ago than the source's rhythm."""
    return seen.of_kind(agent).filter(ends_at__gte=at - (seen.source.rhythm or RHYTHM)).exists()


def goes_on(seen: Seen, agent: Whose, at: datetime) -> bool:
    """Whether a steady source only goes on: it was taken to reach until now anyway, so nothing newly speaks."""
    if not seen.steady:
        return False
    first = min(stretch.starts_at for stretch in seen.stretches[agent])
    reaching = max(at - (seen.source.rhythm or RHYTHM), first - seen.slack)
    return seen.of_kind(agent).filter(starts_at__lte=first, ends_at__gte=reaching).exists()


def widen(seen: Seen, agent: Whose, stretch: Cover, missed: Sequence[Cover], at: datetime) -> tuple[Coverage, bool]:
    """Join a stretch with the intervals that touch it; return the one that remains, and whether it is new."""
    source, slack = seen.source, seen.slack
    near = seen.of_kind(agent).filter(starts_at__lte=stretch.ends_at + slack, ends_at__gte=stretch.starts_at - slack)
    touching = [each for each in near.order_by("starts_at") if not parted(each, stretch, missed)]
    kind = {"source": source, "system_id": source.system_id, "agent_id": agent, "reports_runs": seen.reports_runs}
    new = Coverage(**kind, opened_at=at)
    first = touching[0] if touching else new
    first.starts_at = min([stretch.starts_at, *(each.starts_at for each in touching)])
    first.ends_at = max([stretch.ends_at, *(each.ends_at for each in touching)])
    Coverage.objects.filter(pk__in=[each.pk for each in touching[1:]]).delete()
    first.save()
    return first, not touching


def parted(one: Coverage, other: Cover, missed: Iterable[Cover]) -> bool:
    """Whether lines are missing of the time between two."""
    ends_at, starts_at = min(one.ends_at, other.ends_at), max(one.starts_at, other.starts_at)
    return ends_at < starts_at and any(each.starts_at <= starts_at and each.ends_at > ends_at for each in missed)


def stretches_of(moments: Iterable[datetime], slack: timedelta) -> list[Cover]:
    """The stretches in which something was heard of at least so often: from their first moment, with their last."""
    known = sorted(moments)
    if not known:
        return []
    if known[-1] - known[0] <= slack:
        return [Cover(known[0], known[-1] + INSTANT)]
    gaps = [(earlier, later) for earlier, later in pairwise(known) if later - earlier > slack]
    starts, ends = [known[0], *(later for _, later in gaps)], [*(earlier for earlier, _ in gaps), known[-1]]
    return [Cover(first, last + INSTANT) for first, last in zip(starts, ends, strict=True)]


def keep_promises(source: Source, *, at: datetime, actor: Actor) -> None:
    """
    Note what deliveries by the door promised, once their events are rolled up.

    The caller holds the source's row.
    """
    ready = list(Promise.objects.filter(source=source).ready())
    for kind in {(each.steady, each.reports_runs) for each in ready}:
        alike = [each for each in ready if (each.steady, each.reports_runs) == kind]
        cover(Seen(source, promised(alike), steady=kind[0], reports_runs=kind[1]), at=at, actor=actor)
    if ran := {agent for each in ready for agent in each.ran}:
        pull_ripe(source, ran, at)
    Promise.objects.filter(pk__in=[each.pk for each in ready]).delete()


def promised(promises: Iterable[Promise]) -> dict[Whose, list[Cover]]:
    """What these promise together: by whose it is, in order."""
    found = defaultdict[Whose, list[Cover]](list)
    for each in promises:
        for agent, starts_at, ends_at in each.stretches:
            found[agent].append(Cover(datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at)))
    return {agent: joined(covers) for agent, covers in found.items()}


def joined(covers: Iterable[Cover]) -> list[Cover]:
    """The same intervals in order, those that touch as one."""
    found: list[Cover] = []
    for each in sorted(covers, key=lambda cover: cover.starts_at):
        if found and each.starts_at <= found[-1].ends_at:
            found[-1] = Cover(found[-1].starts_at, max(found[-1].ends_at, each.ends_at))
        else:
            found.append(each)
    return found


def told(coverage: Coverage) -> dict[str, object]:
    """What the ledger says of it."""
    return {
        "from": ledger.stamp(coverage.starts_at),
        "to": ledger.stamp(coverage.ends_at),
        "reports_runs": coverage.reports_runs,
        "system": str(coverage.system_id),
    }
