"""
A whole file of use: looked at, judged line by line, stored in batches, rolled up, and only then said to be covered.

The order matters. Coverage is what lets a check say *never used*: it comes last, so that no check sees it before the
use itself.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import transaction

from governance import clock, ledger
from governance.errors import Invalid
from governance.ledger import Act, Actor
from governance.models import Policy, Source
from governance.observing import partitions
from governance.observing.covering import Delivered, Whose, cover
from governance.observing.judging import (
    EVENT_COLUMNS,
    RUN_COLUMNS,
    Cover,
    Deed,
    Event,
    ReportedRun,
    Rules,
    judge_event,
    judge_run,
)
from governance.observing.naming import Names
from governance.observing.reading import Delivery, Line, inspect, lines
from governance.observing.refusing import Refusals
from governance.observing.rolling_up import locked, roll_up_source
from governance.observing.running import store_runs
from governance.observing.storing import Frame, store
from governance.observing.translating import look_at, uses

BATCH = 10_000
TAKEN = "its event id and time are taken by an event with other content"
RUN_TAKEN = "its run id is taken by a run with other content"
MOST_TOOLS = 1000  # unmapped tools that are counted by name

Progress = Callable[[int], None]
Judged = TypeVar("Judged", Event, ReportedRun)


@dataclass(slots=True)
class Count:
    """What became of the lines of one file."""

    lines: int = 0
    kept: int = 0
    already_there: int = 0
    refused: int = 0
    unmatched: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)
    elsewhere: int = 0  # of nothing that the system is known to have
    such_as: Deed | None = None  # the first of them
    ignored_columns: list[str] = field(default_factory=list)
    shown: list[tuple[int, str]] = field(default_factory=list)

    @property
    def none_kept(self) -> bool:
        """Whether there were lines, and each was refused."""
        return self.lines > 0 and self.refused == self.lines


@dataclass(frozen=True, slots=True)
class Imported:
    """
    What an import did; `covered` says whether the interval now counts as observed.

    For everybody, or for so many `agents`: those that a delivery of agents' own word names. Not for those who are
    `lost`, which is all of a system's log where nothing in it can be understood.
    """

    events: Count
    runs: Count | None
    digest: str
    covered: bool
    dry_run: bool
    agents: int | None = None
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """What to import: files, for which source, and for what interval they are complete."""

    source: str
    interval: Cover
    events: Path
    runs: Path | None = None
    refused: Path | None = None
    dry_run: bool = False


def import_usage(order: Order, *, actor: Actor, progress: Progress = lambda _: None) -> Imported:
    """
    Take in a file of events, and one of runs.

    Raises Invalid, before any row, for what makes the whole of it wrong; single bad lines are refused and the rest is
    kept. Delivered twice it stores nothing twice. A dry run does everything and takes it all back.
    """
    at = clock.now()
    order.interval.check(at)
    retention = timedelta(days=settings.USAGE_RETENTION_DAYS)
    refuse_forgotten(order.interval, at - retention)
    source = named(order.source)
    Policy.objects.in_force(at)
    events = look_at(order.events)
    runs = inspect(order.runs, RUN_COLUMNS) if order.runs else None
    rules = Rules(order.interval, at, retention, checked(source))
    importer = Importer(order, source, rules, progress)
    if not order.dry_run:
        return importer.take(events, runs, actor)
    with transaction.atomic():
        imported = importer.take(events, runs, actor)
        transaction.set_rollback(True)
    return imported


def refuse_forgotten(interval: Cover, kept_from: datetime) -> None:
    """Raise Invalid for an interval that begins before use is kept: what happened there would look like nothing."""
    if interval.starts_at < kept_from:
        first = (kept_from + timedelta(days=1)).date()
        raise Invalid(
            f"use is kept for {settings.USAGE_RETENTION_DAYS} days, and {interval.starts_at.isoformat()} is earlier: "
            f"let the interval begin at {first} or later",
            field="starts",
        )


def named(slug: str) -> Source:
    """The source of this name. Raises Invalid naming those that there are."""
    source = Source.objects.filter(name=slug).select_related("system").first()
    if source is None:
        there = ", ".join(Source.objects.order_by("name").values_list("name", flat=True)[:10]) or "none yet"
        raise Invalid(f"source {slug!r} is unknown; there are: {there}")
    return source


def checked(source: Source) -> dict[str, dict[str, str]]:
    """A source's mapping. Raises Invalid naming the first tool without an action and a resource."""
    mapping: dict[str, dict[str, str]] = source.mapping
    for tool, meant in mapping.items():
        if not all(isinstance(meant.get(part), str) for part in ("action", "resource")):
            raise Invalid(f"source {source.name} maps {tool!r} to no action and resource")
    return mapping


class Importer:
    """One import on its way."""

    def __init__(self, order: Order, source: Source, rules: Rules, progress: Progress) -> None:
        self.order = order
        self.source = source
        self.rules = rules
        self.progress = progress
        self.names = Names(source)
        self.partitions: set[date] = set()
        self.named: set[int] = set()
        self.understood: dict[Whose, bool] = {}  # of whoever did something: whether any of it was

    def take(self, events: Delivery, runs: Delivery | None, actor: Actor) -> Imported:
        """Store, roll up, cover."""
        path = self.order.refused
        with (
            Refusals(events, path) as refusals,
            Refusals(runs or events, beside(path) if runs else None) as refused_runs,
        ):
            counted = self.take_events(events, refusals)
            if counted.none_kept:
                return Imported(counted, None, events.digest, covered=False, dry_run=self.order.dry_run)
            roll_up_source(self.source.pk, at=self.rules.now, wait=True)
            counted_runs = self.take_runs(runs, refused_runs) if runs else None
        return self.conclude(counted, counted_runs, events.digest, actor)

    def take_events(self, delivery: Delivery, refusals: Refusals) -> Count:
        """Store all events of a file."""
        count = Count(ignored_columns=delivery.ignored(EVENT_COLUMNS))
        frame = Frame(self.source, self.rules.cover, self.rules.now, delivery.digest)
        for batch in batches(uses(delivery)):
            events, refused = judged(batch, self.rules, judge_event)
            self.learn(events)
            events, strangers = self.parted(events)
            refused += strangers
            self.make_room(events)
            stored = store(events, frame=frame, names=self.names, refused=len(refused))
            refused += [(e.line, TAKEN) for e in events if e.line.number in stored.different]
            refusals.add(refused)
            self.note(count, events, stored.different)
            self.name(events, stored.different)
            add(count, len(batch), stored.kept, stored.already_there, refusals)
            self.progress(count.lines)
        return count

    def take_runs(self, delivery: Delivery, refusals: Refusals) -> Count:
        """Store all runs of a file."""
        count = Count(ignored_columns=delivery.ignored(RUN_COLUMNS))
        for batch in batches(lines(delivery, RUN_COLUMNS)):
            runs, refused = judged(batch, self.rules, judge_run)
            self.names.learn(agents={each.agent for each in runs})
            runs, strangers = self.parted(runs)
            stored = store_runs(runs, source=self.source, names=self.names)
            taken = [(each.line, RUN_TAKEN) for each in runs if each.line.number in stored.different]
            refusals.add([*refused, *strangers, *taken])
            self.name(runs, stored.different)
            add(count, len(batch), stored.kept, stored.already_there, refusals)
            self.progress(count.lines)
        return count

    def parted(self, found: "list[Judged]") -> "tuple[list[Judged], list[tuple[Line, str]]]":
        """Part those whose agent we know, or who name none, from the others."""
        unknown = {e.agent for e in found if e.agent and self.names.agent(e.agent) is None}
        strangers = [(e.line, f"agent {e.agent!r} is unknown; register it first") for e in found if e.agent in unknown]
        return [e for e in found if e.agent not in unknown], strangers

    def name(self, found: "Sequence[Judged]", different: frozenset[int]) -> None:
        """Remember whose word this is."""
        kept = [self.names.agent(each.agent) for each in found if each.agent and each.line.number not in different]
        self.named.update(agent for agent in kept if agent is not None)

    def learn(self, events: Sequence[Event]) -> None:
        """Look up who and what is meant."""
        self.names.learn(
            accounts={each.account for each in events},
            agents={each.agent for each in events},
            deeds={each.deed for each in events},
        )

    def make_room(self, events: Sequence[Event]) -> None:
        """Make the partitions that these events need."""
        days = {event.at.date() for event in events} - self.partitions
        partitions.make(days)
        self.partitions |= days

    def note(self, count: Count, events: Sequence[Event], different: frozenset[int]) -> None:
        """Count what was kept and can't be attributed: unknown accounts, tools that nobody mapped, deeds elsewhere."""
        for event in events:
            if event.line.number in different:
                continue
            known = self.names.known(event.account)
            there = self.names.there(event.deed)
            count.unmatched += not known
            if event.unmapped and (event.tool in count.unmapped or len(count.unmapped) < MOST_TOOLS):
                count.unmapped[event.tool] += 1
            if not there and not event.unmapped:
                count.elsewhere += 1
                count.such_as = count.such_as or event.deed
            who = self.names.agent(event.agent) if event.agent and not self.source.sees_everybody else None
            self.understood[who] = self.understood.get(who, False) or (known and there)

    def conclude(self, events: Count, runs: Count | None, digest: str, actor: Actor) -> Imported:
        """Note the coverage and tell the ledger, in one transaction; return what was done."""
        reports_runs = runs is not None and not runs.none_kept
        lost = {who for who, any_of_it in self.understood.items() if not any_of_it}
        delivered = Delivered(self.source, self.rules.cover, reports_runs, self.named, lost)
        imported = Imported(
            events,
            runs,
            digest,
            covered=bool(delivered.whose),
            dry_run=self.order.dry_run,
            agents=None if self.source.sees_everybody else len(delivered.whose),
            lost=len(delivered.promised) - len(delivered.whose),
        )
        with transaction.atomic():
            locked(self.source.pk, wait=True)
            roll_up_source(self.source.pk, at=self.rules.now, wait=True)
            cover(delivered, at=self.rules.now, actor=actor)
            if events.kept or (runs and runs.kept):
                body = told(imported, self.rules.cover)
                ledger.record(act=Act.USAGE_IMPORTED, actor=actor, subjects=[self.source], body=body)
        return imported


Judge = Callable[[Line, Rules], Judged]


def judged(
    batch: Sequence[Line], rules: Rules, judge: "Judge[Judged]"
) -> "tuple[list[Judged], list[tuple[Line, str]]]":
    """Part the lines that can be stored from those that are refused."""
    found, refused = list[Judged](), list[tuple[Line, str]]()
    for line in batch:
        try:
            found.append(judge(line, rules))
        except Invalid as error:
            refused.append((line, str(error)))
    return found, refused


def batches(stream: Iterator[Line]) -> Iterator[list[Line]]:
    """Cut a stream into batches."""
    while batch := list(islice(stream, BATCH)):
        yield batch


def add(count: Count, number: int, kept: int, already_there: int, refusals: Refusals) -> None:
    """Add a batch to the count."""
    count.lines += number
    count.kept += kept
    count.already_there += already_there
    count.refused, count.shown = len(refusals), refusals.shown


def beside(path: Path | None) -> Path | None:
    """Where refused runs go: refused.csv has refused.runs.csv beside it."""
    return None if path is None else path.with_suffix(f".runs{path.suffix}")


def told(imported: Imported, interval: Cover) -> dict[str, object]:
    """What the ledger says of an import: counts and the file's digest, no event."""
    events, runs = imported.events, imported.runs or Count()
    return {
        "from": ledger.stamp(interval.starts_at),
        "to": ledger.stamp(interval.ends_at),
        "digest": imported.digest,
        "kept": events.kept,
        "already_there": events.already_there,
        "refused": events.refused,
        "unmatched": events.unmatched,
        "unmapped": events.unmapped.total(),
        "runs": runs.kept,
        "runs_refused": runs.refused,
        "reports_runs": imported.runs is not None and not runs.none_kept,
    }
