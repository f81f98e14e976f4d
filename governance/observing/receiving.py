"""
A delivery by the door: the lines of one body, stored before it is acknowledged.

It is what a file is, without a file: the same lines, judged and refused in the same words. What it is complete for is
written down as a promise, and counts once its events are rolled up; the sweep does both.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

import msgspec
from django.conf import settings

from governance import clock
from governance.errors import Invalid
from governance.models import Policy, Promise, Source
from governance.observing.covering import Delivered, Whose, stretches_of
from governance.observing.importing import checked, refuse_forgotten
from governance.observing.judging import AHEAD, INSTANT, Cover, Event, ReportedRun, Rules
from governance.observing.reading import BOM, OBJECTS, Raw
from governance.observing.refusing import Refused
from governance.observing.storing import Frame, Stored
from governance.observing.taking import BATCH, Count, Taking

MOST_TOLD = 100  # refused lines that are told with their reasons
LOOKED_AT = 1000  # bytes, to tell what a body is
KIND = b'"kind"'


class Kind(msgspec.Struct):
    """What a line tells of."""

    kind: str = "event"


kind_in = msgspec.json.Decoder(Kind).decode


@dataclass(slots=True)
class Received:
    """
    What became of a delivery; `observed` says when use counts as seen by it, and whose, once it is rolled up.

    Nothing does where so many lines are `withholding` that: they were refused, and may tell of its time.
    """

    events: Count = field(default_factory=Count)
    runs: Count = field(default_factory=Count)
    refused: list[Refused] = field(default_factory=list)  # the first of them
    observed: dict[Whose, list[Cover]] = field(default_factory=dict)
    withholding: int = 0

    @property
    def missing(self) -> int:
        """How many lines were refused that may tell of its time."""
        return self.events.missing + self.runs.missing

    def refuse(self, refused: Sequence[Refused]) -> None:
        """Keep the first refused lines, to be told."""
        self.refused += refused[: MOST_TOLD - len(self.refused)]


def receive(body: bytes, *, source: Source, digest: str, interval: Cover | None, may_cover: bool) -> Received:
    """
    Take in the lines of a body. What was kept, is durable when this returns.

    `interval`: the time for which the body is complete, where its sender says so. Where nothing is said, a source that
    has a rhythm covers what lies between its events; `may_cover` says whether this sender's word is taken for that.
    Raises Invalid, before any row, for what makes the whole of it wrong.
    """
    at = clock.now()
    Policy.objects.in_force(at)
    retention = timedelta(days=settings.USAGE_RETENTION_DAYS)
    if interval:
        interval.check(at)
        refuse_forgotten(interval, at - retention)
    lines = lines_of(body)
    rules = Rules(interval or Cover(at - retention, at + AHEAD + INSTANT), at, retention, checked(source))
    receiver = Receiver(Taking(source, rules, Frame(source, interval, at, digest)))
    mixed = KIND in body
    while batch := list(islice(lines, BATCH)):
        receiver.take(*(parted(batch) if mixed else (batch, [], [])))
    return receiver.conclude(interval, may_cover=may_cover)


def lines_of(body: bytes) -> Iterator[Raw]:
    """The lines of a body that are not blank, numbered. Raises Invalid where it is no such body."""
    text = body.removeprefix(BOM)
    first = text[:LOOKED_AT].lstrip()[:1]
    if first == b"[":
        raise Invalid("the body is one JSON array: one object a line is wanted")
    if first not in {b"{", b""}:
        raise Invalid("the body is no JSON: one object a line is wanted, and the first line is none")
    return ((number, raw) for number, raw in enumerate(text.split(b"\n"), 1) if raw and not raw.isspace())


def parted(batch: Sequence[Raw]) -> tuple[Sequence[Raw], Sequence[Raw], list[Refused]]:
    """Part events and runs; a line that says to be something else is refused."""
    marked = {number: kind_of(raw) for number, raw in batch if KIND in raw}
    runs = [(number, raw) for number, raw in batch if marked.get(number) == "run"]
    strange = {number: kind for number, kind in marked.items() if kind not in {"event", "run"}}
    events = [(number, raw) for number, raw in batch if number not in strange and marked.get(number) != "run"]
    return events, runs, [(number, f"kind {kind!r} is unknown; one of event, run") for number, kind in strange.items()]


def kind_of(raw: bytes) -> str:
    """What a line tells of, by its own word; of one that can't be read, whoever judges events says why."""
    try:
        return kind_in(raw).kind
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "event"


class Receiver:
    """One delivery on its way in."""

    def __init__(self, taking: Taking) -> None:
        self.taking = taking
        self.received = Received()
        self.heard = defaultdict[Whose, list[datetime]](list)  # of whom, and when
        self.ran: set[int] = set()

    def take(self, of_events: Sequence[Raw], of_runs: Sequence[Raw], strange: list[Refused]) -> None:
        """Take in a batch of lines: those of events, those of runs, and those that are neither."""
        self.received.events.add(len(strange), Stored(), strange)
        events, refused = self.taking.take_events(of_events, OBJECTS, self.received.events)
        runs, refused_runs = self.taking.take_runs(of_runs, OBJECTS, self.received.runs) if of_runs else ([], [])
        self.received.refuse(sorted([*strange, *refused, *refused_runs]))
        self.hear(events, runs)

    def hear(self, events: Sequence[Event], runs: Sequence[ReportedRun]) -> None:
        """Remember when something was heard of whom."""
        number_of = self.taking.names.agent
        self.ran.update(filter(None, (number_of(run.agent) for run in runs)))
        if not self.taking.source.rhythm:
            return
        everybody = self.taking.source.sees_everybody
        for use, at in [(event.use, event.at) for event in events]:
            self.heard[None if everybody or not use.agent else number_of(use.agent)].append(at)
        for run in runs:
            self.heard[None if everybody else number_of(run.agent)].append(run.started_at)

    def conclude(self, interval: Cover | None, *, may_cover: bool) -> Received:
        """Write down what the delivery promises, and return what became of it."""
        if may_cover and (interval or self.taking.source.rhythm):
            self.withhold(interval or self.span())
        whole = may_cover and not self.received.missing and not self.received.events.none_kept
        observed = self.observed(interval) if whole else {}
        if observed or self.ran:
            source, taken = self.taking.source, self.received.runs
            Promise.objects.create(
                source=source,
                intake_id=self.taking.intake,
                stretches=[
                    (agent, each.starts_at.isoformat(), each.ends_at.isoformat())
                    for agent, covers in observed.items()
                    for each in covers
                ],
                steady=interval is None,
                reports_runs=taken.kept + taken.already_there > 0 if interval else source.runs.exists(),
                ran=sorted(self.ran),
            )
        self.received.observed = observed
        return self.received

    def withhold(self, cover: Cover) -> None:
        """Say, and remember, how many lines are missing of a time that would have counted."""
        self.received.withholding = self.received.missing
        self.taking.miss(self.received.missing, cover)

    def span(self) -> Cover:
        """
        The time of which a delivery tells that does not say so: of any, where nothing of it could be read.

        A source's clock may go before ours, and what was taken of it then lies ahead: so that is of any time, too.
        """
        moments = [moment for those in self.heard.values() for moment in those]
        return Cover(min(moments), max(moments) + INSTANT) if moments else self.taking.rules.cover

    def observed(self, interval: Cover | None) -> dict[Whose, list[Cover]]:
        """When use counts as seen, and whose."""
        taking = self.taking
        if interval:
            delivered = Delivered(taking.source, interval, reports_runs=False, agents=taking.named, lost=taking.lost)
            return {each: [interval] for each in delivered.whose}
        rhythm = taking.source.rhythm
        whose = {None} if taking.source.sees_everybody else self.heard.keys() - {None}
        heard = {who: self.heard[who] for who in whose - taking.lost if self.heard[who]}
        return {who: stretches_of(moments, rhythm) for who, moments in heard.items()} if rhythm else {}
