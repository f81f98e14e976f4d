"""What is known about a grant's use, in the words of a card. Numbers and sentences; no decision is bound to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Sum

from governance import clock
from governance.models import Agent, Coverage, Grant, GrantUse, Run, UsageDay
from governance.observing.replaying import Replay, stopped_runs
from governance.policy import use, written
from governance.policy.terms import Terms
from governance.policy.wording import counted
from governance.sole import sole

MONTH = timedelta(days=30)
ALMOST = timedelta(hours=36)  # a daily feed is this far behind and still complete
NOTHING_SHOWS = "no source can show its use"
LEFT_OUT = "the system's log may leave its use out"
CALLED_OTHERWISE = "the system's log does not say that a use is this holder's"


@dataclass(frozen=True, slots=True)
class Described:
    """
    One sentence about what a removal would have stopped, and facts by their labels.

    Where use was not `observable`, nothing may be counted that was not seen: it would read as *unused*.
    """

    replay: str
    lines: Mapping[str, str]
    observable: bool


def describe_use(*, grant: Grant, agent: Agent | None, at: datetime | None = None) -> Described:
    """
    Say when a grant was last used, for how long that would have been seen, and what a removal would have stopped.

    All as of now; `at` is that moment, where it has been asked for already.
    """
    if not grant.entitlement.actions.exists():
        return Described(unseen(NOTHING_SHOWS), {"Last used": f"Not observable: {NOTHING_SHOWS}."}, observable=False)
    record, hidden = observed(grant, Terms.of(at))
    replay = replayed(stopped_runs(grant, agent), hidden) if agent else unseen("no agent's runs are known for it")
    return Described(replay, {"Last used": use_of(grant, record, hidden)}, observable=bool(record))


def describe_runs(agent: Agent) -> str:
    """Say when an agent last ran, by what was reported: whether anybody would miss it."""
    runs = Run.objects.filter(agent=agent)
    last = runs.order_by("-started_at").values_list("started_at", flat=True).first()
    if last is None:
        return "Whether it still runs cannot be seen: no source reported a run of it."
    lately = runs.filter(started_at__gt=clock.now() - MONTH).count()
    return f"It last ran on {last:%-d %b %Y}; {counted(lately, 'run')} reported in the last 30 days."


def use_of(grant: Grant, record: str, hidden: str) -> str:
    """The last use and how complete the record is; not observable, never unused, where use could not be seen."""
    if record:
        return f"{last_used(grant)} {record}"
    used = GrantUse.objects.filter(grant=grant).exists()
    since = f"{last_used(grant)} Since then n" if used else "N"
    return f"{since}ot observable: {hidden or why_not(grant)}."


def why_not(grant: Grant) -> str:
    """Why nobody could have seen its use, though it is of a kind that is shown."""
    if not Coverage.objects.filter(system=grant.account.system_id).exists():
        return "no source reported use of the system"
    return "no source reported the use of everybody who works with this account"


def replayed(replay: Replay, hidden: str = "") -> str:
    """The sentence about an agent's last runs; of what can be `hidden` none is not told from some."""
    if not replay.observable:
        return unseen("no run is known from its time")
    if hidden and not replay.stopped:
        return unseen(hidden)
    named = f" ({', '.join(replay.examples)})" if replay.examples else ""
    number = f"at least {replay.stopped}" if hidden else replay.stopped
    told = f"Removing this would have stopped {number} of the last {replay.of} runs{named}."
    if replay.shared:
        told += f" {replay.shared} more used it, and could have done the same by another grant."
    return told


def unseen(why: str) -> str:
    """The same where there was nothing to look through."""
    return f"Whether removing this would have stopped a run cannot be seen: {why}."


def last_used(grant: Grant) -> str:
    """When, and in how many runs."""
    found = sole(GrantUse.objects.filter(grant=grant))
    if found is None:
        return "Never."
    runs = f", in {found.runs} runs in all" if found.runs else ""
    shared = "; another grant could have allowed the same" if found.shared else ""
    witnessed = found.witnessed_at is not None and found.witnessed_at >= found.last_used_at
    word = "" if witnessed else ", by the agent's own word"
    return f"{found.last_used_at:%-d %b %Y}{word}{runs}{shared}.{trend(grant)}"


def trend(grant: Grant) -> str:
    """How often in the last thirty days, against the thirty before; nothing where neither had any."""
    today = clock.now().date()
    days = UsageDay.objects.filter(
        Exists(grant.entitlement.actions.meaning(OuterRef("action"), OuterRef("resource"))),
        system=grant.account.system_id,
        native_account=grant.account.native_id,
        day__gt=today - 2 * MONTH,
    )
    recent = Sum("allowed", filter=Q(day__gt=today - MONTH), default=0)
    counts = days.aggregate(recent=recent, whole=Sum("allowed", default=0))
    if not counts["whole"]:
        return ""
    return f" {counts['recent']:,} times in 30 days, {counts['whole'] - counts['recent']:,} in the 30 before."


def observed(grant: Grant, terms: Terms) -> tuple[str, str]:
    """Say for how much of the time since then use would have been seen, or why a use can leave no trace; or neither."""
    found = written.row(seen_of, terms, key=grant.pk)
    if found is None:
        raise Grant.DoesNotExist(f"There is no grant {grant.pk}.")
    since, seen, shown = found
    whole = terms.at - since
    if not shown:
        return "", CALLED_OTHERWISE if grant.native.get("untraced") else LEFT_OUT
    if not seen:
        return "", ""
    if whole - seen <= ALMOST:
        return f"The record of {counted(whole.days, 'day') if whole.days else 'less than a day'} is complete.", ""
    return f"Use was observable on {seen.days} of {whole.days} days.", ""


def seen_of(terms: Terms) -> QuerySet[Grant, Any]:
    """
    Since when whichever grant is asked about is idle, and for how long of it somebody looked.

    And whether a use leaves a trace that is told from all others.
    """
    idle = Grant.objects.filter(pk=written.KEY).order_by().annotate(idle_since=use.idle_since())
    shown = ExpressionWrapper(use.traceable(), BooleanField())
    return idle.values_list("idle_since", use.covered(terms, runs=False), shown)
