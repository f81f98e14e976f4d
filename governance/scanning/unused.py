"""What was not used, only where use would have been seen: in runs where they are known, else in days."""

from collections.abc import Iterator

from connectors.base import Grant
from governance.models import Parameters
from governance.policy.checks.never_used import NeverUsed, u95
from governance.policy.wording import counted, day, many, percent
from governance.scanning import using
from governance.scanning.holdings import Holdings
from governance.scanning.rows import Row
from governance.scanning.suspecting import row
from governance.scanning.using import Usage

CHECK = NeverUsed()
SECONDS = 86400


def suspect(holdings: Holdings, usage: Usage | None) -> Iterator[Row]:
    """Yield what nobody used, for as long as policy's defaults want to have looked."""
    if usage is None:
        return
    for grant in holdings.grants:
        if using.observable(usage, grant, holdings) and not using.used(usage, grant, holdings)[0]:
            yield from idle(grant, holdings, usage)


def idle(grant: Grant, holdings: Holdings, usage: Usage) -> Iterator[Row]:
    """Yield a row where the look was long enough."""
    wanted = Parameters()
    runs = using.runs_of(usage, grant.principal, holdings)
    if usage.with_runs and runs < wanted.unused_runs:
        return
    if usage.days < wanted.unused_run_seconds // SECONDS:
        return
    yield row(
        grant,
        holdings,
        check=CHECK.name,
        title=CHECK.title,
        says=f"{holdings.principal(grant.principal).name} holds {holdings.called(grant)}; no use was seen",
        why=f"{in_runs(runs, usage) if usage.with_runs else in_days(usage)} Since when it is held is not known.",
        sure=certainty(usage),
        certain=False,
    )


def span(usage: Usage) -> str:
    """Say when use would have been seen."""
    return f"from {day(usage.interval.starts_at)} to {day(usage.interval.ends_at)}"


def in_runs(runs: int, usage: Usage) -> str:
    """Say in how many runs it was not used, and what that proves."""
    return f"Not used in {many(runs)} {span(usage)}. With 95 % confidence at most {percent(u95(runs))} of runs need it."


def in_days(usage: Usage) -> str:
    """Say for how long it was not used."""
    return (
        f"Not used in {counted(usage.days, 'day')} {span(usage)}. What is needed more rarely than that would not show."
    )


def certainty(usage: Usage) -> str:
    """Say on whose word."""
    return "by the log of the system, as given" if usage.everybody else "by what the accounts themselves have reported"
