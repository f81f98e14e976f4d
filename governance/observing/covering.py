"""Coverage: the intervals in which use would have been seen. Neighbours of one kind become one interval."""

from datetime import datetime, timedelta

from django.db.models import Q

from governance import due, ledger
from governance.ledger import Act, Actor
from governance.models import Coverage, Policy, Source
from governance.observing.judging import Cover
from governance.observing.running import unsuspected


def cover(*, source: Source, interval: Cover, reports_runs: bool, at: datetime, actor: Actor) -> Coverage:
    """
    Note that use of the source's system was seen in this interval; runs too, where they were reported.

    The caller holds the source's row, and has rolled up what came for the interval. Grants that could newly be called
    unused become due.
    """
    touching = Coverage.objects.filter(
        source=source,
        reports_runs=reports_runs,
        starts_at__lte=interval.ends_at,
        ends_at__gte=interval.starts_at,
    ).order_by("starts_at")
    first, *others = list(touching) or [Coverage(source=source, system_id=source.system_id, reports_runs=reports_runs)]
    if first.pk and first.starts_at <= interval.starts_at and interval.ends_at <= first.ends_at:
        return first
    opened = first.pk is None
    first.starts_at = min([interval.starts_at, *(each.starts_at for each in touching)])
    first.ends_at = max([interval.ends_at, *(each.ends_at for each in touching)])
    Coverage.objects.filter(pk__in=[each.pk for each in others]).delete()
    first.save()
    if opened:
        ledger.record(act=Act.COVERAGE_OPENED, actor=actor, subjects=[first, source], body=told(first))
    pull_observable(source, interval, at)
    return first


def told(coverage: Coverage) -> dict[str, object]:
    """What the ledger says of it."""
    return {
        "from": ledger.stamp(coverage.starts_at),
        "to": ledger.stamp(coverage.ends_at),
        "reports_runs": coverage.reports_runs,
        "system": str(coverage.system_id),
    }


def pull_observable(source: Source, interval: Cover, at: datetime) -> None:
    """Make those grants due that were held before the interval's end and not used for as long as policy asks."""
    parameters = Policy.objects.in_force(at).parameters
    shortest = min(parameters.unused_seconds, parameters.unused_run_seconds)
    long_ago = at - timedelta(seconds=shortest)
    grants = unsuspected().of_system(source.system_id).filter(held_since__lt=interval.ends_at)
    due.pull(grants.filter(Q(use=None) | Q(use__last_used_at__lt=long_ago)), at)
