"""What was not used, only where use would have been seen: in runs where they are known, else in days."""

from collections.abc import Iterator

from connectors.base import Grant
from governance.models import Parameters
from governance.policy.checks.never_used import NeverUsed, u95
from governance.policy.wording import counted, day, many, percent
from governance.scanning import seeing
from governance.scanning.holdings import Holdings
from governance.scanning.rows import Row
from governance.scanning.suspecting import row
from governance.scanning.usage import Usage

CHECK = NeverUsed()
RARER = "What is needed more rarely than that would not show."
ENOUGH = Parameters().unused_run_seconds // 86400  # days


def suspect(holdings: Holdings, usage: Usage | None) -> Iterator[Row]:
    """Yield what nobody used, for as long as policy's defaults want to have looked."""
    if usage is None:
        return
    for grant in holdings.grants:
        if said_of_role(grant, holdings, usage) or not seeing.observable(usage, grant, holdings):
            continue
        if not seeing.used(usage, grant, holdings)[0]:
            yield from idle(grant, holdings, usage)


def said_of_role(grant: Grant, holdings: Holdings, usage: Usage) -> bool:
    """Whether it leads to a role that nobody took on: that is said of what the role holds."""
    membership = holdings.membership(grant)
    return membership is not None and membership.role in usage.asleep and membership.role in holdings.direct


def idle(grant: Grant, holdings: Holdings, usage: Usage) -> Iterator[Row]:
    """Yield a row where the look was long enough."""
    wanted = Parameters()
    runs = seeing.runs_of(usage, grant.principal, holdings)
    if usage.with_runs and runs < wanted.unused_runs:
        return
    if usage.days < ENOUGH:
        return
    yield row(
        grant,
        holdings,
        check=CHECK.name,
        title=CHECK.title,
        says=f"{holdings.principal(grant.principal).name} holds {holdings.called(grant)}; no use was seen",
        why=f"{shown(grant, holdings, usage, runs)} Since when it is held is not known.",
        sure=certainty(usage),
        certain=False,
    )


def shown(grant: Grant, holdings: Holdings, usage: Usage, runs: int) -> str:
    """Say what was seen; of a role that nobody took on that is enough."""
    if grant.principal in usage.asleep:
        days = f"{counted(usage.days, 'day')} {span(usage)}"
        return f"Nobody assumed {holdings.principal(grant.principal).name} in {days}. {RARER}"
    return in_runs(runs, usage) if usage.with_runs else in_days(usage)


def span(usage: Usage) -> str:
    """Say when use would have been seen."""
    return f"from {day(usage.interval.starts_at)} to {day(usage.interval.ends_at)}"


def in_runs(runs: int, usage: Usage) -> str:
    """Say in how many runs it was not used, and what that proves."""
    return f"Not used in {many(runs)} {span(usage)}. With 95 % confidence at most {percent(u95(runs))} of runs need it."


def in_days(usage: Usage) -> str:
    """Say for how long it was not used."""
    return f"Not used in {counted(usage.days, 'day')} {span(usage)}. {RARER}"


def certainty(usage: Usage) -> str:
    """Say on whose word."""
    return "by the log of the system, as given" if usage.everybody else "by what the accounts themselves have reported"
