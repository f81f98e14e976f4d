"""What a file of use says, counted: who did what, and of whom or of what it leaves a doubt."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from connectors.base import Action, Ref
from connectors.logs import Log
from governance.observing.judging import OUTCOMES, Cover, Deed, Event

ALLOWED = OUTCOMES[0]

Done = tuple[Ref, str, str]


@dataclass
class Usage:
    """What the files say."""

    interval: Cover
    everybody: bool
    with_runs: bool
    log: Log | None = None  # the files are a system's own
    given: bool = True  # somebody said for when they are complete
    began_at: datetime | None = None  # the first event, and the last
    ended_at: datetime | None = None
    asleep: frozenset[Ref] = frozenset()  # roles that certainly nobody took on: nothing that they hold was used
    deeds: set[Deed] = field(default_factory=set)  # whatever was let through, whoever did it
    for_people: int = 0  # uses on behalf of a person
    uses: Counter[Done] = field(default_factory=Counter)
    last: dict[Done, datetime] = field(default_factory=dict)
    runs: Counter[Ref] = field(default_factory=Counter)
    named: set[Ref] = field(default_factory=set)
    lines: int = 0
    strangers: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    unmatched: Counter[tuple[str, str]] = field(default_factory=Counter)  # uses of nothing that is there
    unclear: set[Ref] = field(default_factory=set)  # who may have used anything: a line of theirs says nothing sure
    anybodys: set[tuple[str, str]] = field(default_factory=set)  # what a line tells of nobody who is there
    anybody: bool = False  # anybody may have used anything: a line says neither whose it is nor of what
    refused: list[tuple[str, int, str]] = field(default_factory=list)

    @cached_property
    def by_holder(self) -> dict[Ref, dict[str, list[str]]]:
        """What each did: the actions, and to which resources."""
        found: dict[Ref, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for who, action, resource in self.uses:
            found[who][action].append(resource)
        return found

    @property
    def by_id(self) -> bool:
        """Whether whoever acts is called by an id that is never given twice."""
        return self.log is not None and bool(self.log.called_by_id)

    @property
    def called(self) -> set[Ref]:
        """Those named who are somebody of this system: by its own name a service is the same everywhere."""
        ids = self.log.called_by_id if self.log else frozenset[str]()
        return {each for each in self.named if not ids or each.type in ids}

    @cached_property
    def seen(self) -> frozenset[str]:
        """Whatever was done."""
        return frozenset(action for action, _ in self.deeds)

    def shows(self, actions: Sequence[Action]) -> bool:
        """Whether the files would show use of all these."""
        return self.log is None or all(self.log.shows(each, self.seen) for each in actions)

    def take(self, event: Event) -> None:
        """Take in what an event tells, whoever did it."""
        self.began_at = min(event.at, self.began_at or event.at)
        self.ended_at = max(event.at, self.ended_at or event.at)
        if event.outcome == ALLOWED:
            self.deeds.add(event.use.deed)
            self.for_people += bool(event.on_behalf_of)

    @property
    def days(self) -> int:
        """How long use was observable."""
        return (self.interval.ends_at - self.interval.starts_at) // timedelta(days=1)
