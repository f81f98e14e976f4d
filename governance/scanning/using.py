"""
What a file of use shows, and for whom it would have shown it. Outside of that, use is *not observable*, never unused.

The columns are those of an import. An event names an account; where it names an agent instead, the account of that name
is meant, because a scan knows no agents. A system's log covers everybody; an agent's own word covers the accounts that
it names, and a role where it names every one who has the role's rights.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from connectors.base import Grant, Ref
from governance.errors import Invalid
from governance.models import Source
from governance.observing.judging import (
    EVENT_COLUMNS,
    OUTCOMES,
    RUN_COLUMNS,
    Cover,
    Event,
    ReportedRun,
    Rules,
    judge_event,
    judge_run,
)
from governance.observing.reading import inspect, lines
from governance.scanning.holdings import Holdings

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
    refused: list[tuple[str, int, str]] = field(default_factory=list)

    @property
    def days(self) -> int:
        """How long use was observable."""
        return (self.interval.ends_at - self.interval.starts_at) // timedelta(days=1)


def use_of(files: Files, holdings: Holdings, *, now: datetime) -> Usage:
    """Read the files. Raises Invalid for what makes the whole of them wrong; single bad lines are kept as refused."""
    files.interval.check(now)
    usage = Usage(files.interval, files.provenance == Source.Provenance.SYSTEM, with_runs=files.runs is not None)
    rules = Rules(files.interval, now, now - files.interval.starts_at + timedelta(days=1), files.mapping)
    names = Names(holdings)
    for event in judged(files.events, EVENT_COLUMNS, judge_event, rules, usage):
        take_event(usage, event, names)
    for run in judged(files.runs, RUN_COLUMNS, judge_run, rules, usage) if files.runs else ():
        take_run(usage, run, names)
    if usage.lines and len(usage.refused) == usage.lines:
        where, number, reason = usage.refused[0]
        raise Invalid(f"every line was refused; {where}, line {number}: {reason}")
    spread(usage, holdings)
    return usage


def judged(path: Path, columns: Any, judge: "Callable[[Any, Rules], Any]", rules: Rules, usage: Usage) -> Iterator[Any]:
    """Yield the lines that can be read, and keep the number and reason of the others."""
    for line in lines(inspect(path, columns), columns):
        usage.lines += 1
        try:
            yield judge(line, rules)
        except Invalid as refusal:
            usage.refused.append((path.name, line.number, str(refusal)))


class Names:
    """Accounts by their native id, then by their name where only one bears it."""

    def __init__(self, holdings: Holdings) -> None:
        often = Counter(each.name for each in holdings.accounts)
        self._known = {each.name: each.ref for each in holdings.accounts if often[each.name] == 1}
        self._known |= {each.ref.id: each.ref for each in holdings.accounts}

    def find(self, *words: str) -> Ref | None:
        """Return whom the first word means that means somebody."""
        return next((self._known[word] for word in words if word in self._known), None)


def take_event(usage: Usage, event: Event, names: Names) -> None:
    """Count an event for whoever did it."""
    who = names.find(event.account, event.agent)
    if who is None:
        usage.strangers[event.account or event.agent] += 1
        return
    usage.named.add(who)
    if event.unmapped:
        usage.unmapped[event.tool] += 1
    elif event.outcome == ALLOWED:
        count(usage, (who, event.action, event.resource), 1, event.at)


def count(usage: Usage, done: Done, times: int, at: datetime) -> None:
    """Add uses."""
    usage.uses[done] += times
    usage.last[done] = max(at, usage.last.get(done, at))


def take_run(usage: Usage, run: ReportedRun, names: Names) -> None:
    """Count a run for the account that the agent's name means."""
    who = names.find(run.agent)
    if who is None:
        usage.strangers[run.agent] += 1
        return
    usage.named.add(who)
    usage.runs[who] += 1


def spread(usage: Usage, holdings: Holdings) -> None:
    """Count each use also for whatever else could have allowed it: the roles of who did it, and everyone."""
    for (who, action, resource), times in list(usage.uses.items()):
        at = usage.last[who, action, resource]
        for role in chain(holdings.chains(who), holdings.everyone):
            count(usage, (role, action, resource), times, at)


def observable(usage: Usage | None, grant: Grant, holdings: Holdings) -> bool:
    """Whether use of a grant would have been seen."""
    if usage is None or not holdings.entitlement(grant).actions:
        return False
    if usage.everybody:
        return True
    doers = doing(grant.principal, holdings)
    return bool(doers) and usage.named.issuperset(doers)


def doing(holder: Ref, holdings: Holdings) -> Iterable[Ref]:
    """Return those who sign in and have what this one holds; nobody can tell for everyone."""
    if holder in holdings.everyone:
        return ()
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
