"""
What a file of use shows, and for whom it would have shown it. Outside of that, use is *not observable*, never unused.

The columns are those of an import. An event names an account; where it names an agent instead, the account of that name
is meant, because a scan knows no agents. A system's log covers everybody; an agent's own word covers the accounts that
it names, and a role where it names every one who has the role's rights. Who has a line that could not be understood may
have used anything; what a line says of nobody who is there may have been anybody's use. Who owns a view, or a function
that acts with its owner's rights, uses what it holds whenever somebody else calls that, and no log shows it as its own.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from connectors.base import Action, Grant, Ref
from governance.errors import Invalid
from governance.models import Source
from governance.observing.judging import (
    EVENT_COLUMNS,
    OUTCOMES,
    RUN_COLUMNS,
    Cover,
    Event,
    Rules,
    judge_event,
    judge_run,
    moment,
)
from governance.observing.reading import Line, inspect, lines
from governance.scanning.holdings import Holdings, place_of

ALLOWED = OUTCOMES[0]
SHOWN = 5  # refused lines that are shown

Done = tuple[Ref, str, str]


@dataclass(frozen=True, slots=True)
class Files:
    """What is given of use: files, the time for which they are complete, and whose word they are."""

    events: Path
    interval: Cover
    runs: Path | None = None
    mapping: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    provenance: str = Source.Provenance.AGENT

    def check(self, now: datetime) -> None:
        """Look at the files before anything is read. Raises Invalid: no such file, a column missing, the future."""
        self.interval.check(now)
        inspect(self.events, EVENT_COLUMNS)
        if self.runs:
            inspect(self.runs, RUN_COLUMNS)


@dataclass(slots=True)
class Usage:
    """What the files say."""

    interval: Cover
    everybody: bool
    with_runs: bool
    uses: Counter[Done] = field(default_factory=Counter)
    last: dict[Done, datetime] = field(default_factory=dict)
    runs: Counter[Ref] = field(default_factory=Counter)
    named: set[Ref] = field(default_factory=set)
    lines: int = 0
    strangers: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    unmatched: Counter[tuple[str, str]] = field(default_factory=Counter)  # uses of nothing that is there
    unclear: set[Ref] = field(default_factory=set)  # who may have used anything: a line of theirs says nothing sure
    anybodys: set[Action] = field(default_factory=set)  # what anybody may have done: a line names nobody who is there
    anybody: bool = False  # anybody may have used anything: a line says neither whose it is nor of what
    refused: list[tuple[str, int, str]] = field(default_factory=list)

    @property
    def days(self) -> int:
        """How long use was observable."""
        return (self.interval.ends_at - self.interval.starts_at) // timedelta(days=1)


def use_of(files: Files, holdings: Holdings, *, now: datetime) -> Usage:
    """Read the files. Raises Invalid for what makes the whole of them wrong; single bad lines are kept as refused."""
    usage = Usage(files.interval, files.provenance == Source.Provenance.SYSTEM, with_runs=files.runs is not None)
    rules = Rules(files.interval, now, now - files.interval.starts_at + timedelta(days=1), files.mapping)
    known = Known(holdings)
    for line, event in judged(files.events, EVENT_COLUMNS, judge_event, rules, usage):
        if event is None:
            doubt(usage, line, rules, known)
        else:
            take_event(usage, event, known)
    require_sense(usage, files, known)
    if files.runs:
        take_runs(usage, files.runs, rules, known)
    spread(usage, holdings)
    return usage


def require_sense(usage: Usage, files: Files, known: "Known") -> None:
    """Raise Invalid where no line could be read, or none is of anybody or anything that is there: it is of another."""
    if usage.lines and len(usage.refused) == usage.lines:
        where, number, reason = usage.refused[0]
        raise Invalid(f"every line was refused; {where}, line {number}: {reason}")
    require_somebody(files.events, usage.strangers, usage.named)
    if usage.unmatched and not usage.uses:
        action, resource = next(iter(usage.unmatched))
        near = known.nearest(action, resource)
        such = f"; the system has {near[0]!r} on {near[1]!r}" if near else ""
        raise Invalid(f"{files.events}: no call is of anything that is there: {action!r} on {resource!r}{such}")


def require_somebody(path: Path, strangers: Counter[str], named: Collection[Ref]) -> None:
    """Raise Invalid where lines name accounts, and none of them is there."""
    if strangers and not named:
        raise Invalid(
            f"{path}: no line is of an account that is there: {next(iter(strangers))!r} is none."
            " Write the accounts' names as the system has them in the column account"
        )


def judged(
    path: Path, columns: Any, judge: "Callable[[Any, Rules], Any]", rules: Rules, usage: Usage
) -> Iterator[tuple[Line, Any]]:
    """Yield each line, and what it says: None where it is refused, which is kept with its number and the reason."""
    for line in lines(inspect(path, columns), columns):
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
    """Keep that a refused line may be a use by whom it names, or by anybody; not if it is one of another time."""
    who = known.find(line.cells.get("account", ""), line.cells.get("agent", ""))
    if of_another_time(line, rules):
        return
    if who is not None:
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
    if use.deed in known.deeds:
        count(usage, (who, *use.deed), 1, event.at)
        return
    usage.unclear.add(who)
    if not use.unmapped:
        usage.unmatched[use.deed] += 1


def take_strangers(usage: Usage, event: Event, known: Known) -> None:
    """Keep what somebody did who is not there by that name: it may be anybody's use."""
    use = event.use
    usage.strangers[use.account or use.agent] += 1
    if event.outcome != ALLOWED:
        return
    if use.deed in known.deeds:
        usage.anybodys.add(Action(*use.deed))
    else:
        usage.anybody = True


def count(usage: Usage, done: Done, times: int, at: datetime) -> None:
    """Add uses."""
    usage.uses[done] += times
    usage.last[done] = max(at, usage.last.get(done, at))


def take_runs(usage: Usage, path: Path, rules: Rules, known: Known) -> None:
    """Count each run for the account that the agent's name means. Raises Invalid where none means one."""
    strangers: Counter[str] = Counter()
    for _, run in judged(path, RUN_COLUMNS, judge_run, rules, usage):
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
        for role in chain(holdings.chains(who), holdings.everyone):
            count(usage, (role, action, resource), times, at)


def observable(usage: Usage | None, grant: Grant, holdings: Holdings) -> bool:
    """Whether use of a grant would have been seen, and understood."""
    if usage is None or usage.anybody or not understood(usage, holdings.entitlement(grant).actions):
        return False
    if grant.principal in holdings.lent.get(place_of(grant), ()):
        return False
    if grant.principal in holdings.everyone:
        return usage.everybody and not usage.unclear
    doers = doing(grant.principal, holdings)
    if not usage.unclear.isdisjoint(doers):
        return False
    return usage.everybody or (bool(doers) and usage.named.issuperset(doers))


def understood(usage: Usage, actions: Sequence[Action]) -> bool:
    """
    Whether there is anything to be seen, and none of it was done by nobody knows whom.

    Patterns are not compared with uses here, so that whoever holds one may have used it.
    """
    return bool(actions) and not any(each.wild for each in actions) and usage.anybodys.isdisjoint(actions)


def doing(holder: Ref, holdings: Holdings) -> Sequence[Ref]:
    """Return those who sign in and have what this one holds."""
    members = holdings.members.get(holder, ())
    return [holder, *members] if any(each.ref == holder for each in holdings.signing_in) else members


def used(usage: Usage, grant: Grant, holdings: Holdings) -> tuple[int, datetime | None]:
    """Return how often a grant could have been what allowed a use, and when last."""
    done = [(grant.principal, each.action, each.resource) for each in holdings.entitlement(grant).actions]
    lasts = [usage.last[each] for each in done if each in usage.last]
    return sum(usage.uses.get(each, 0) for each in done), max(lasts, default=None)


def runs_of(usage: Usage, holder: Ref, holdings: Holdings) -> int:
    """Count the runs of whoever has what this one holds."""
    if holder in holdings.everyone:
        return usage.runs.total()
    return sum(usage.runs[each] for each in set(doing(holder, holdings)))
