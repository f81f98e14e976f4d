"""
Lines of use taken in, batch by batch: judged, stored by key, and counted.

What is the same whether a file brings them or the door.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from governance.errors import Invalid
from governance.models import Source, UsageIntake
from governance.observing import partitions
from governance.observing.covering import Whose
from governance.observing.judging import RUN_COLUMNS, Cover, Deed, Event, ReportedRun, Rules, Untimely, judge_run
from governance.observing.naming import Names
from governance.observing.reading import Form, Raw, line_of
from governance.observing.refusing import SHOWN, Refused
from governance.observing.running import store_runs
from governance.observing.skimming import judged
from governance.observing.storing import Frame, Stored, store

BATCH = 10_000
TAKEN = "its event id and time are taken by an event with other content"
RUN_TAKEN = "its run id is taken by a run with other content"
MOST_TOOLS = 1000  # unmapped tools that are counted by name

Judged = TypeVar("Judged", Event, ReportedRun)


@dataclass(slots=True)
class Count:
    """What became of the lines of one delivery."""

    lines: int = 0
    kept: int = 0
    already_there: int = 0
    refused: int = 0
    untimely: int = 0  # of the refused, those that are of another time
    unmatched: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)
    elsewhere: int = 0  # of nothing that the system is known to have
    such_as: Deed | None = None  # the first of them
    ignored_columns: list[str] = field(default_factory=list)
    shown: list[Refused] = field(default_factory=list)

    @property
    def none_kept(self) -> bool:
        """Whether there were lines, and each was refused."""
        return self.lines > 0 and self.refused == self.lines

    @property
    def missing(self) -> int:
        """How many lines were refused that may tell of use in the time that is covered."""
        return self.refused - self.untimely

    def add(self, number: int, stored: Stored, refused: Sequence[Refused], untimely: int = 0) -> None:
        """Add a batch of so many lines; of the refused so many are of another time."""
        self.lines += number
        self.kept += stored.kept
        self.already_there += stored.already_there
        self.refused += len(refused)
        self.untimely += untimely
        self.shown += refused[: SHOWN - len(self.shown)]


class Taking:
    """One delivery on its way in."""

    def __init__(self, source: Source, rules: Rules, frame: Frame) -> None:
        self.source = source
        self.rules = rules
        self.frame = frame
        self.names = Names(source)
        self.partitions: set[date] = set()
        self.named: set[int] = set()  # the agents whose word it is
        self.intake: int | None = None  # the last that something new waits in
        self.understood: dict[Whose, bool] = {}  # of whoever did something: whether any of it was

    @property
    def lost(self) -> set[Whose]:
        """Of whom nothing that they did could be understood."""
        return {who for who, any_of_it in self.understood.items() if not any_of_it}

    def take_events(self, batch: Sequence[Raw], form: Form, count: Count) -> tuple[list[Event], list[Refused]]:
        """Store a batch of events; return those that are stored now, and the lines that are refused."""
        events, refused, untimely = judged(batch, form, self.rules)
        self.learn(events)
        events, strangers = self.parted(events)
        refused += strangers
        self.make_room(events)
        stored = store(events, frame=self.frame, names=self.names, refused=len(refused))
        self.intake = stored.intake or self.intake
        events, taken = settled(events, stored.different, TAKEN)
        refused = in_order([*refused, *taken])
        self.note(count, events)
        count.add(len(batch), stored, refused, untimely)
        return events, refused

    def take_runs(self, batch: Sequence[Raw], form: Form, count: Count) -> tuple[list[ReportedRun], list[Refused]]:
        """Store a batch of runs; return those that are stored now, and the lines that are refused."""
        runs, refused, untimely = judged_runs(batch, form, self.rules)
        self.names.learn(agents={each.agent for each in runs})
        runs, strangers = self.parted(runs)
        stored = store_runs(runs, source=self.source, names=self.names)
        runs, taken = settled(runs, stored.different, RUN_TAKEN)
        refused = in_order([*refused, *strangers, *taken])
        self.named.update(filter(None, map(self.names.agent, {each.agent for each in runs})))
        count.add(len(batch), stored, refused, untimely)
        return runs, refused

    def miss(self, number: int, cover: Cover) -> None:
        """Remember that so many lines of this time are missing: no source that has a rhythm goes on over it."""
        if number and self.source.rhythm:
            UsageIntake.objects.create(
                source=self.source,
                starts_at=cover.starts_at,
                ends_at=cover.ends_at,
                received_at=self.frame.received_at,
                digest=self.frame.digest,
                rows=number,
                refused=number,
                rolled_up_at=self.rules.now,
            )

    def parted(self, found: list[Judged]) -> tuple[list[Judged], list[Refused]]:
        """Part those whose agent we know, or who name none, from the others."""
        unknown = {name for name in {e.agent for e in found} if name and self.names.agent(name) is None}
        if not unknown:
            return found, []
        strangers = [
            (e.number, f"agent {e.agent!r} is unknown; register it first") for e in found if e.agent in unknown
        ]
        return [e for e in found if e.agent not in unknown], strangers

    def learn(self, events: Sequence[Event]) -> None:
        """Look up who and what is meant."""
        uses = {event.use for event in events}
        self.names.learn(
            accounts={use.account for use in uses},
            agents={use.agent for use in uses},
            deeds={use.deed for use in uses},
        )

    def make_room(self, events: Sequence[Event]) -> None:
        """Make the partitions that these events need."""
        days = {event.at.date() for event in events} - self.partitions
        partitions.make(days)
        self.partitions |= days

    def note(self, count: Count, events: Sequence[Event]) -> None:
        """Count what is stored and can't be attributed: unknown accounts, tools nobody mapped, deeds elsewhere."""
        for use, number in Counter([event.use for event in events]).items():
            known, there = self.names.known(use.account), self.names.there(use.deed)
            count.unmatched += 0 if known else number
            if use.unmapped and (use.tool in count.unmapped or len(count.unmapped) < MOST_TOOLS):
                count.unmapped[use.tool] += number
            if not there and not use.unmapped:
                count.elsewhere += number
                count.such_as = count.such_as or use.deed
            agent = self.names.agent(use.agent) if use.agent else None
            self.named |= {agent} if agent else set()
            who = None if self.source.sees_everybody else agent
            self.understood[who] = self.understood.get(who, False) or (known and there)


def judged_runs(lines: Iterable[Raw], form: Form, rules: Rules) -> tuple[list[ReportedRun], list[Refused], int]:
    """Part the lines that can be stored, as runs, from those that are refused; so many of these for their time."""
    found, refused, untimely = list[ReportedRun](), list[Refused](), 0
    for number, raw in lines:
        try:
            found.append(judge_run(line_of(number, raw, form, RUN_COLUMNS), rules))
        except Invalid as error:
            refused.append((number, str(error)))
            untimely += isinstance(error, Untimely)
    return found, refused, untimely


def settled(found: list[Judged], different: frozenset[int], why: str) -> tuple[list[Judged], list[Refused]]:
    """Part those that are stored from those whose key is taken by other content."""
    if not different:
        return found, []
    return [e for e in found if e.number not in different], [(number, why) for number in different]


def in_order(refused: Iterable[Refused]) -> list[Refused]:
    """By line; what a reason quotes can be written down wherever it goes."""
    return [(number, why.encode(errors="backslashreplace").decode()) for number, why in sorted(refused)]
