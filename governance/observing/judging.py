"""What one line of a file says, or why it is refused: what every event and every run promises before it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

import msgspec

from governance.errors import Invalid
from governance.models import Run
from governance.observing.reading import Columns, Line

EVENT_COLUMNS = Columns(
    required=("at", "event_id", "action", "outcome"),
    one_of=("account", "agent"),
    optional=("resource", "run", "on_behalf_of"),
)
RUN_COLUMNS = Columns(required=("run", "agent", "started"), optional=("ended", "outcome"))

Deed = tuple[str, str]  # an action and a resource

OUTCOMES = ("allowed", "denied")
REMEMBERED = 100_000  # uses
INSTANT = timedelta(microseconds=1)
AHEAD = timedelta(minutes=5)  # how far a source's clock may go before ours
# Bytes: account, action and resource stand together in one entry of an index, which holds 2,700.
LONGEST = {
    "event_id": 200,
    "account": 500,
    "agent": 200,
    "action": 128,
    "resource": 1800,
    "run": 200,
    "on_behalf_of": 500,
}


@dataclass(frozen=True, slots=True)
class Cover:
    """An interval in which every use was seen: from its start, before its end."""

    starts_at: datetime
    ends_at: datetime

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read FROM..TO; a date alone is its midnight in UTC. Raises Invalid."""
        first, dots, last = text.partition("..")
        if not dots:
            raise Invalid(f"covers {text!r} is no interval; FROM..TO is wanted, such as 2026-10-01..2026-11-01")
        cover = cls(bound(first), bound(last))
        if cover.starts_at >= cover.ends_at:
            raise Invalid(f"covers {text!r} ends before it starts; FROM must be earlier than TO")
        return cover

    def check(self, now: datetime) -> None:
        """Raise Invalid if it ends in the future: nobody has seen that yet."""
        if self.ends_at > now:
            raise Invalid(f"covers ends at {self.ends_at.isoformat()}, in the future; now is {now.isoformat()}")

    def holds(self, moment: datetime) -> bool:
        """Whether this moment lies in it."""
        return self.starts_at <= moment < self.ends_at


class Untimely(Invalid):
    """What a line tells of is not of the time that is covered, so nothing of that time is missing without it."""


class Use(msgspec.Struct, frozen=True, eq=False):
    """
    Who did what to what: account and agent as the source spells them, the action and the resource as they are meant.

    `tool` is the agent's own word, where the action was mapped from it. Equal words are one and the same `Use`.
    """

    account: str
    agent: str
    action: str
    resource: str
    tool: str = ""
    unmapped: bool = False

    @property
    def deed(self) -> Deed:
        """What was done, to what."""
        return self.action, self.resource

    @property
    def given(self) -> Deed:
        """The same in the source's own words."""
        return (self.tool, "") if self.tool else self.deed


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event that can be stored; `number` is its line's."""

    number: int
    at: datetime
    event_id: str
    use: Use
    run: str
    on_behalf_of: str
    outcome: str

    @property
    def agent(self) -> str:
        """The agent whose word it is, as the source spells it."""
        return self.use.agent


class ReportedRun(msgspec.Struct, frozen=True, gc=False):
    """One run that can be stored. The agent is as the source spells it."""

    number: int
    native_id: str
    agent: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What a delivery is measured by; and the uses that were found in order by it."""

    cover: Cover
    now: datetime
    retention: timedelta
    mapping: Mapping[str, Mapping[str, str]] | None  # None: the words are the system's own, which knows no tools
    uses: dict[tuple[str, str, str, str], Use] = field(default_factory=dict)

    @property
    def runs_on(self) -> bool:
        """Whether the time that is covered has no end yet: what lies ahead of our clock may be of it."""
        return self.cover.ends_at > self.now

    @property
    def timely(self) -> Cover:
        """When an event may have been."""
        starts_at = max(self.cover.starts_at, self.now - self.retention)
        return Cover(starts_at, min(self.cover.ends_at, self.now + AHEAD))

    def use(self, account: str, agent: str, action: str, resource: str) -> Use:
        """The use of these words; it is made once."""
        words = (account, agent, action, resource)
        if words not in self.uses:
            if len(self.uses) >= REMEMBERED:
                self.uses.clear()
            self.uses[words] = Use(account, agent, *self.meant(action, resource))
        return self.uses[words]

    def meant(self, action: str, resource: str) -> tuple[str, str, str, bool]:
        """Return what `mapped` does; of what an action was, a system's own log may not say."""
        return (action.lower(), resource, "", False) if self.mapping is None else mapped(action, resource, self.mapping)


def bound(text: str) -> datetime:
    """Read one end of a cover."""
    try:
        return datetime.combine(date.fromisoformat(text.strip()), time(), UTC)
    except ValueError:
        return moment("covers", text.strip())


def moment(name: str, text: str) -> datetime:
    """Read a time of ISO 8601 with its zone. Raises Invalid."""
    if not text:
        raise Invalid(f"{name} is missing")
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"{name} {text[:40]!r} is no time; wanted: 2026-11-24T09:30:00Z") from error
    if found.tzinfo is None:
        raise Invalid(f"{name} {text!r} has no time zone; end it with Z or an offset such as +02:00")
    try:
        return found.astimezone(UTC)
    except OverflowError as error:
        raise Invalid(f"{name} {text!r} lies outside the calendar") from error


def judge_event(line: Line, rules: Rules) -> Event:
    """Read an event. Raises Invalid with the reason for refusing it."""
    readable(line)
    cells = line.cells
    at = moment("at", cells.get("at", ""))
    timely(at, rules)
    if not (cells.get("account") or cells.get("agent")):
        raise Invalid("account and agent are both missing")
    needed(cells, "event_id", "action")
    outcome = cells.get("outcome", "").lower()
    if outcome not in OUTCOMES:
        raise Invalid(f"outcome {outcome!r} is unknown; one of {', '.join(OUTCOMES)}")
    use = rules.use(cells.get("account", ""), cells.get("agent", ""), cells["action"], cells.get("resource", ""))
    run, on_behalf_of = cells.get("run", ""), cells.get("on_behalf_of", "")
    return Event(line.number, at, cells["event_id"], use, run, on_behalf_of, outcome)


def judge_run(line: Line, rules: Rules) -> ReportedRun:
    """Read a run. Raises Invalid with the reason for refusing it."""
    readable(line)
    cells = line.cells
    needed(cells, "run", "agent")
    started_at = moment("started", cells.get("started", ""))
    ended_at = moment("ended", cells["ended"]) if cells.get("ended") else None
    if ended_at is not None and ended_at < started_at:
        raise Invalid("ended is before started")
    not_ahead("started", started_at, rules)
    if started_at < rules.now - rules.retention:
        raise Untimely(f"started is older than {rules.retention.days} days, for which use is kept")
    if started_at >= rules.cover.ends_at or (ended_at or started_at) < rules.cover.starts_at:
        raise Untimely("the run lies outside the time that is covered")
    outcome = cells.get("outcome", "").lower() or Run.Outcome.UNKNOWN
    if outcome not in Run.Outcome.values:
        raise Invalid(f"outcome {outcome!r} is unknown; one of {', '.join(Run.Outcome.values)}")
    return ReportedRun(line.number, cells["run"], cells["agent"], started_at, ended_at, outcome)


def readable(line: Line) -> None:
    """Raise Invalid if the line could not be read, or a cell is too long."""
    if line.trouble:
        raise Invalid(line.trouble)
    for name, longest in LONGEST.items():
        value = line.cells.get(name, "")
        if len(value) * 4 > longest and len(value.encode()) > longest:
            raise Invalid(f"{name} is longer than {longest} bytes")


def needed(cells: Mapping[str, str], *names: str) -> None:
    """Raise Invalid naming the first empty cell."""
    for name in names:
        if not cells.get(name):
            raise Invalid(f"{name} is missing")


def timely(at: datetime, rules: Rules) -> None:
    """Raise Untimely if the event lies too far back, or outside the cover, and as `not_ahead` does."""
    not_ahead("at", at, rules)
    if at < rules.now - rules.retention:
        raise Untimely(f"at is older than {rules.retention.days} days, for which use is kept")
    if not rules.cover.holds(at):
        raise Untimely("at lies outside the time that is covered")


def not_ahead(name: str, at: datetime, rules: Rules) -> None:
    """Raise Invalid for what lies ahead; Untimely where the time that is covered has an end, which lies before that."""
    if at > rules.now + AHEAD:
        why = f"{name} lies more than 5 minutes in the future"
        raise Invalid(why) if rules.runs_on else Untimely(why)


def mapped(action: str, resource: str, mapping: Mapping[str, Mapping[str, str]]) -> tuple[str, str, str, bool]:
    """
    Turn an agent's tool into an action and a resource; also return the tool, and whether nobody has mapped it.

    Actions are known in lower case, however a source writes them: SELECT, select, s3:GetObject.
    """
    if resource:
        return action.lower(), resource, "", False
    known = mapping.get(action)
    if known is None:
        return action, "", action, True
    return known["action"].lower(), known["resource"], action, False
