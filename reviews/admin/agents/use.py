"""
What was used, tool by tool and day by day (UTC): the sums of the accounts that the agent uses, and its own.

Use through an account that several agents share is everybody's who uses it, and is said to be.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Q

from governance.models import Account, Agent, Run, Source, UsageDay
from governance.policy import use
from reviews.admin.agents.grouping import Row, known
from reviews.admin.drawing import Bar, bars

DAYS = 30
SHOWN, NEVER = 14, 6


@dataclass(frozen=True, slots=True)
class Tool:
    """One action: what it is called, in how many runs it was used, day by day, and when last."""

    name: str
    runs: int
    calls: int
    bars: tuple[Bar, ...]
    last: date | None


@dataclass(frozen=True, slots=True)
class Used:
    """The table, and what it is counted over."""

    tools: tuple[Tool, ...]
    more: int
    runs: int
    since: date
    until: date
    shared: int


def used(agent: Agent, accounts: Sequence[Account], rows: Sequence[Row], *, at: datetime) -> Used:
    """What was used in the last days, the most used first; then some of what never was."""
    until = at.astimezone(UTC).date()
    since = until - timedelta(days=DAYS - 1)
    sums = by_tool(agent, accounts, since)
    names = called({account.system_id for account in accounts})
    found = [tool(names.get(key, key[1] or key[0]), days, since) for key, days in sums.items()]
    found.sort(key=lambda each: (-each.runs, -each.calls, each.name))
    shared = [account for account in accounts if getattr(account, "users", 1) > 1]
    return Used(
        tools=(*found[:SHOWN], *never(rows)),
        more=max(len(found) - SHOWN, 0),
        runs=Run.objects.filter(agent=agent, started_at__gt=at - timedelta(days=DAYS)).count(),
        since=since,
        until=until,
        shared=len(shared),
    )


Key = tuple[str, str]
Sums = dict[date, tuple[int, int]]


def by_tool(agent: Agent, accounts: Sequence[Account], since: date) -> dict[Key, Sums]:
    """Calls and runs of each day, by action and resource."""
    whose = Q(agent=agent)
    for system in {account.system_id for account in accounts}:
        names = [account.native_id for account in accounts if account.system_id == system]
        whose |= Q(system=system, native_account__in=names)
    sums: dict[Key, Sums] = defaultdict(dict)
    rows = UsageDay.objects.filter(whose, day__gte=since, allowed__gt=0)
    for action, resource, day, calls, runs in rows.values_list("action", "resource", "day", "allowed", "runs"):
        before = sums[action, resource].get(day, (0, 0))
        sums[action, resource][day] = (before[0] + calls, before[1] + runs)
    return sums


def called(systems: set[int]) -> dict[Key, str]:
    """What agents call an action on a resource, where a source says so."""
    mappings: list[dict[str, Any]] = list(Source.objects.filter(system__in=systems).values_list("mapping", flat=True))
    return {
        (each["action"], each["resource"]): name
        for mapping in mappings
        for name, each in mapping.items()
        if isinstance(each, dict) and {"action", "resource"} <= each.keys()
    }


def tool(name: str, days: Sums, since: date) -> Tool:
    """One row of the table."""
    calls = [days.get(since + timedelta(days=number), (0, 0))[0] for number in range(DAYS)]
    return Tool(name, sum(runs for _, runs in days.values()), sum(calls), tuple(bars(calls)), max(days, default=None))


def never(rows: Sequence[Row]) -> list[Tool]:
    """Some of what could have been seen, and never was used: only what the checks call so."""
    ends: list[Any] = [grant for row in rows for grant in row.grants]
    idle = [grant for grant in ends if known(grant) == use.UNUSED and grant.last_used_at is None]
    return [Tool(grant.entitlement.name, 0, 0, (), None) for grant in idle[:NEVER]]
