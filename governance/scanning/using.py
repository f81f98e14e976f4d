"""
What a file of use shows, and for whom it would have shown it. Outside of that, use is *not observable*, never unused.

The columns are those of an import, or it is a system's own log as it lies. An event names an account; where it names an
agent instead, the account of that name is meant, because a scan knows no agents. A system's log covers everybody; an
agent's own word covers the accounts that it names, and a role where it names every one who has the role's rights. Who
has a line that could not be understood may have used anything; what a line says of nobody who is there may have been
anybody's use, unless the log calls everybody by an id that is never given twice.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from connectors.base import Ref
from connectors.logs import Log
from governance.errors import Invalid
from governance.models import Source
from governance.observing.judging import (
    AHEAD,
    EVENT_COLUMNS,
    INSTANT,
    RUN_COLUMNS,
    Cover,
    Event,
    Rules,
    judge_event,
    judge_run,
    moment,
)
from governance.observing.reading import Line, inspect, lines
from governance.observing.translating import log_of, look_at, require_use, told
from governance.observing.unpacking import records
from governance.scanning.holdings import Holdings
from governance.scanning.sleeping import asleep
from governance.scanning.usage import ALLOWED, Done, Usage

SHOWN = 5  # refused lines that are shown
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
COLUMN = "Write the accounts' names as the system has them in the column account"
OTHER = "It is the log of another system"


@dataclass(frozen=True, slots=True)
class Files:
    """
    What is given of use: files, the time for which they are complete, and whose word they are.

    Of a system's own log that is the system's word, from its first event to its last, where nothing else is said.
    """

    events: Path
    interval: Cover | None = None
    runs: Path | None = None
    mapping: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    provenance: str = ""

    def check(self, now: datetime) -> None:
        """Look at the files before anything is read. Raises Invalid: no such file, a column missing, the future."""
        if self.interval:
            self.interval.check(now)
        if log_of(self.events) is None:
            if not self.interval:
                raise Invalid("--usage needs --covers FROM..TO: the time for which the file is complete")
            look_at(self.events)
        if self.runs:
            inspect(self.runs, RUN_COLUMNS)


def use_of(files: Files, holdings: Holdings, *, now: datetime) -> Usage:
    """Read the files. Raises Invalid for what makes the whole of them wrong; single bad lines are kept as refused."""
    log, interval = log_of(files.events), files.interval or Cover(LONG_AGO, now + AHEAD)
    everybody = (files.provenance or (Source.Provenance.SYSTEM if log else "")) == Source.Provenance.SYSTEM
    usage = Usage(interval, everybody, files.runs is not None, log, given=files.interval is not None)
    mapping = None if log else files.mapping
    rules = Rules(interval, now, now - interval.starts_at + timedelta(days=1), mapping)
    known = Known(holdings)
    for line, event in judged(files.events, events_of(files.events, log), judge_event, rules, usage):
        if event is None:
            doubt(usage, line, rules, known)
        else:
            usage.take(event)
            take_event(usage, event, known)
    require_sense(usage, files, known)
    usage.interval = files.interval or seen_from(usage, files.events)
    if files.runs:
        take_runs(usage, files.runs, rules, known)
    spread(usage, holdings)
    usage.asleep = frozenset(asleep(usage, holdings) if usage.by_id else ())
    return usage


def events_of(path: Path, log: Log | None) -> Iterator[Line]:
    """Return the lines of events, of a system's own log what its records tell of. Raises Invalid for all of it."""
    if log is None:
        return lines(look_at(path), EVENT_COLUMNS)
    require_use(path, log)
    return (line for number, record in enumerate(records(path), 1) for line in told(log, number, record))


def seen_from(usage: Usage, path: Path) -> Cover:
    """Return the time from the first event to the last. Raises Invalid where there is none."""
    if usage.began_at is None or usage.ended_at is None:
        raise Invalid(f"{path}: the log tells of no use")
    return Cover(usage.began_at, usage.ended_at + INSTANT)


def require_sense(usage: Usage, files: Files, known: "Known") -> None:
    """Raise Invalid where no line could be read, or none is of anybody or anything that is there: it is of another."""
    if usage.lines and len(usage.refused) == usage.lines:
        where, number, reason = usage.refused[0]
        raise Invalid(f"every line was refused; {where}, line {number}: {reason}")
    require_somebody(files.events, usage.strangers, usage.called, OTHER if usage.log else COLUMN)
    if usage.unmatched and not usage.uses:
        action, resource = next(iter(usage.unmatched))
        near = known.nearest(action, resource)
        such = f"; the system has {near[0]!r} on {near[1]!r}" if near else ""
        raise Invalid(f"{files.events}: no call is of anything that is there: {action!r} on {resource!r}{such}")


def require_somebody(path: Path, strangers: Counter[str], named: Collection[Ref], advice: str = COLUMN) -> None:
    """Raise Invalid where lines name accounts, and none of them is there."""
    if strangers and not named:
        raise Invalid(f"{path}: no line is of an account that is there: {next(iter(strangers))!r} is none. {advice}")


def judged(
    path: Path, listed: Iterable[Line], judge: "Callable[[Any, Rules], Any]", rules: Rules, usage: Usage
) -> Iterator[tuple[Line, Any]]:
    """Yield each line, and what it says: None where it is refused, which is kept with its number and the reason."""
    for line in listed:
        usage.lines += 1
        try:
            yield line, judge(line, rules)
        except Invalid as refusal:
            usage.refused.append((path.name, line.number, str(refusal)))
            yield line, None


class Known:
    """Accounts by their native id, then by their name where only one bears it; and whatever can be done there."""

    def __init__(self, holdings: Holdings) -> None:
        often = Counter(each.name for each in holdings.accounts)
        self._accounts = {each.name: each.ref for each in holdings.accounts if often[each.name] == 1}
        self._accounts |= {each.ref.id: each.ref for each in holdings.accounts}
        every = holdings.inventory.entitlements.values()
        self.deeds = {(each.action, each.resource) for what in every for each in what.actions}

    def find(self, *words: str) -> Ref | None:
        """Return whom the first word means that means somebody."""
        return next((self._accounts[word] for word in words if word in self._accounts), None)

    def nearest(self, action: str, resource: str) -> tuple[str, str] | None:
        """Return an action and a resource as the system has them: of what is called alike, if there is such."""

        def unlike(deed: tuple[str, str]) -> tuple[object, ...]:
            return not deed[1].endswith(resource), deed[0] != action.lower(), deed

        return min(self.deeds, key=unlike, default=None)


def doubt(usage: Usage, line: Line, rules: Rules, known: Known) -> None:
    """
    Keep that a refused line may be a use by whom it names, or by anybody; not if it is one of another time.

    Of what is told by ids it may also be that somebody took a role on, so that it may be anybody's.
    """
    who = known.find(line.cells.get("account", ""), line.cells.get("agent", ""))
    if of_another_time(line, rules):
        return
    if who is not None and not usage.by_id:
        usage.unclear.add(who)
    else:
        usage.anybody = True


def of_another_time(line: Line, rules: Rules) -> bool:
    """Whether a line certainly tells of a time that is not looked at."""
    try:
        return not rules.cover.holds(moment("at", line.cells.get("at", "")))
    except Invalid:
        return False


def take_event(usage: Usage, event: Event, known: Known) -> None:
    """Count an event for whoever did it; if it cannot be said who did, or what, that is kept in mind."""
    use = event.use
    who = known.find(use.account, use.agent)
    if who is None:
        take_strangers(usage, event, known)
        return
    usage.named.add(who)
    if use.unmapped:
        usage.unmapped[use.tool] += 1
    if event.outcome != ALLOWED:
        return
    if use.deed in known.deeds or usage.by_id:
        count(usage, (who, *use.deed), 1, event.at)
        return
    usage.unclear.add(who)
    if not use.unmapped:
        usage.unmatched[use.deed] += 1


def take_strangers(usage: Usage, event: Event, known: Known) -> None:
    """Keep what somebody did who is not there by that name: it may be anybody's use."""
    use = event.use
    usage.strangers[use.account or use.agent] += 1
    if event.outcome != ALLOWED or usage.by_id:  # by an id that is none of ours it was none of ours
        return
    if use.deed in known.deeds:
        usage.anybodys.add(use.deed)
    else:
        usage.anybody = True


def count(usage: Usage, done: Done, times: int, at: datetime) -> None:
    """Add uses."""
    usage.uses[done] += times
    usage.last[done] = max(at, usage.last.get(done, at))


def take_runs(usage: Usage, path: Path, rules: Rules, known: Known) -> None:
    """Count each run for the account that the agent's name means. Raises Invalid where none means one."""
    strangers: Counter[str] = Counter()
    for _, run in judged(path, lines(inspect(path, RUN_COLUMNS), RUN_COLUMNS), judge_run, rules, usage):
        who = known.find(run.agent) if run else None
        if who is not None:
            usage.named.add(who)
            usage.runs[who] += 1
        elif run:
            strangers[run.agent] += 1
    require_somebody(path, strangers, usage.runs)
    usage.strangers += strangers


def spread(usage: Usage, holdings: Holdings) -> None:
    """Count each use also for whatever else could have allowed it: the roles of who did it, and everyone."""
    for (who, action, resource), times in list(usage.uses.items()):
        at = usage.last[who, action, resource]
        for role in chain(holdings.with_itself(who), holdings.everyone):
            count(usage, (role, action, resource), times, at)
