"""
A whole file of use: looked at, judged line by line, stored in batches, rolled up, and only then said to be covered.

The order matters. Coverage is what lets a check say *never used*: it comes last, so that no check sees it before the
use itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import transaction

from governance import clock, ledger
from governance.errors import Invalid
from governance.ledger import Act, Actor
from governance.models import Policy, Source
from governance.observing.covering import Delivered, cover, pull_ripe
from governance.observing.judging import EVENT_COLUMNS, RUN_COLUMNS, Cover, Rules
from governance.observing.reading import Delivery, Raw, inspect, records
from governance.observing.refusing import Refusals
from governance.observing.rolling_up import locked, roll_up_source
from governance.observing.storing import Frame
from governance.observing.taking import BATCH, Count, Taking
from governance.observing.translating import look_at, raw

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """
    What an import did; `covered` says whether the interval now counts as observed.

    For everybody, or for so many `agents`: those that a delivery of agents' own word names. Not for those who are
    `lost`, which is all of a system's log where nothing in it can be understood. For nobody where lines are `missing`,
    or where every line of a file was refused.
    """

    events: Count
    runs: Count | None
    digest: str
    covered: bool
    dry_run: bool
    agents: int | None = None
    lost: int = 0

    @property
    def counts(self) -> list[Count]:
        """What became of each file."""
        return [self.events, *([self.runs] if self.runs else [])]

    @property
    def refused(self) -> int:
        """How many lines were refused, events and runs."""
        return sum(count.refused for count in self.counts)

    @property
    def none_kept(self) -> bool:
        """Whether there were lines, and each was refused."""
        return 0 < self.refused == sum(count.lines for count in self.counts)

    @property
    def missing(self) -> int:
        """How many lines were refused that may tell of the interval."""
        return sum(count.missing for count in self.counts)


@dataclass(frozen=True, slots=True)
class Order:
    """What to import: files, for which source, and for what interval they are complete."""

    source: str
    interval: Cover
    events: Path
    runs: Path | None = None
    refused: Path | None = None
    dry_run: bool = False

    @property
    def read(self) -> list[Path]:
        """What is read: the events, and the runs."""
        return [self.events, *([self.runs] if self.runs else [])]

    @property
    def written(self) -> list[Path]:
        """Where refused lines go, a file for each that is read: refused.csv has refused.runs.csv beside it."""
        if self.refused is None:
            return []
        return [self.refused, self.refused.with_suffix(f".runs{self.refused.suffix}")][: len(self.read)]


def import_usage(order: Order, *, actor: Actor, progress: Progress = lambda _: None) -> Imported:
    """
    Take in a file of events, and one of runs.

    Raises Invalid, before any row, for what makes the whole of it wrong; single bad lines are refused and the rest is
    kept. Delivered twice it stores nothing twice. A dry run does everything and takes it all back.
    """
    at = clock.now()
    order.interval.check(at)
    refuse_overwriting(order)
    retention = timedelta(days=settings.USAGE_RETENTION_DAYS)
    refuse_forgotten(order.interval, at - retention)
    source = Source.objects.called(order.source)
    Policy.objects.in_force(at)
    events = look_at(order.events)
    runs = inspect(order.runs, RUN_COLUMNS) if order.runs else None
    rules = Rules(order.interval, at, retention, None if events.form.log else checked(source))
    frame = Frame(source, order.interval, at, events.digest)
    importer = Importer(order, Taking(source, rules, frame), progress)
    if not order.dry_run:
        return importer.take(events, runs, actor)
    with transaction.atomic():
        imported = importer.take(events, runs, actor)
        transaction.set_rollback(True)
    return imported


def refuse_overwriting(order: Order) -> None:
    """Raise Invalid where refused events or runs would be written over what is read, or into it."""
    for written in order.written:
        if written.exists() and any(path.exists() and written.samefile(path) for path in order.read):
            raise Invalid(f"{written} is the file that is read; refused lines need another one")
        if order.events.is_dir() and written.resolve().is_relative_to(order.events.resolve()):
            raise Invalid(f"{written} is in the folder that is read; refused lines need a file elsewhere")


def refuse_forgotten(interval: Cover, kept_from: datetime) -> None:
    """Raise Invalid for an interval that begins before use is kept: what happened there would look like nothing."""
    if interval.starts_at < kept_from:
        first = (kept_from + timedelta(days=1)).date()
        raise Invalid(
            f"use is kept for {settings.USAGE_RETENTION_DAYS} days, and {interval.starts_at.isoformat()} is earlier: "
            f"let the interval begin at {first} or later",
            field="starts",
        )


def checked(source: Source) -> dict[str, dict[str, str]]:
    """A source's mapping. Raises Invalid naming the first tool without an action and a resource."""
    mapping: dict[str, dict[str, str]] = source.mapping
    for tool, meant in mapping.items():
        if not all(isinstance(meant.get(part), str) for part in ("action", "resource")):
            raise Invalid(f"source {source.name} maps {tool!r} to no action and resource")
    return mapping


class Importer:
    """One import on its way."""

    def __init__(self, order: Order, taking: Taking, progress: Progress) -> None:
        self.order = order
        self.taking = taking
        self.progress = progress

    def take(self, events: Delivery, runs: Delivery | None, actor: Actor) -> Imported:
        """Store, roll up, cover."""
        of_events, of_runs = (*self.order.written, None, None)[:2]  # none is wanted, or there are no runs
        with Refusals(events, of_events) as refusals, Refusals(runs or events, of_runs) as refused_runs:
            counted = self.take_events(events, refusals)
            roll_up_source(self.taking.source.pk, at=self.taking.rules.now, wait=True)
            counted_runs = self.take_runs(runs, refused_runs) if runs else None
        return self.conclude(counted, counted_runs, events.digest, actor)

    def take_events(self, delivery: Delivery, refusals: Refusals) -> Count:
        """Store all events of a file."""
        count = Count(ignored_columns=delivery.form.ignored(EVENT_COLUMNS))
        for batch in batches(raw(delivery)):
            _, refused = self.taking.take_events(batch, delivery.form, count)
            refusals.add(refused, batch)
            self.progress(count.lines)
        return count

    def take_runs(self, delivery: Delivery, refusals: Refusals) -> Count:
        """Store all runs of a file."""
        count = Count(ignored_columns=delivery.form.ignored(RUN_COLUMNS))
        for batch in batches(records(delivery)):
            _, refused = self.taking.take_runs(batch, delivery.form, count)
            refusals.add(refused, batch)
            self.progress(count.lines)
        return count

    def conclude(self, events: Count, runs: Count | None, digest: str, actor: Actor) -> Imported:
        """Note the coverage and tell the ledger, in one transaction; return what was done."""
        taking, at = self.taking, self.taking.rules.now
        counts = [events, *([runs] if runs else [])]
        missing = sum(count.missing for count in counts)
        whole = not missing and not any(count.none_kept for count in counts)
        delivered = Delivered(taking.source, self.order.interval, bool(runs), taking.named, taking.lost, whole)
        imported = Imported(
            events,
            runs,
            digest,
            covered=bool(delivered.whose),
            dry_run=self.order.dry_run,
            agents=None if taking.source.sees_everybody else len(delivered.whose),
            lost=len(taking.lost.intersection(delivered.promised)),
        )
        with transaction.atomic():
            locked(taking.source.pk, wait=True)
            roll_up_source(taking.source.pk, at=at, wait=True)
            taking.miss(missing, self.order.interval)
            cover(delivered.seen, at=at, actor=actor)
            if runs and runs.kept and not delivered.whose:  # enough of them may have been seen before
                pull_ripe(taking.source, taking.named, at)
            if any(count.kept for count in counts):
                body = told(imported, self.order.interval)
                ledger.record(act=Act.USAGE_IMPORTED, actor=actor, subjects=[taking.source], body=body)
        return imported


def batches(stream: Iterator[Raw]) -> Iterator[list[Raw]]:
    """Cut a stream into batches."""
    while batch := list(islice(stream, BATCH)):
        yield batch


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
