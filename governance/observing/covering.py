"""Coverage: the intervals in which use would have been seen. Neighbours of one kind become one interval."""

from datetime import datetime

from governance import due, ledger
from governance.ledger import Act, Actor
from governance.models import Coverage, Grant, Source
from governance.observing.judging import Cover
from governance.policy import use
from governance.policy.terms import Terms


def cover(*, source: Source, interval: Cover, reports_runs: bool, at: datetime, actor: Actor) -> Coverage:
    """
    Note that use of the source's system was seen in this interval; runs too, where they were reported.

    The caller holds the source's row, and has rolled up what came for the interval. What can newly be called unused
    becomes due, and everything in the system where nobody was looking before: time alone runs on for it now.
    """
    blind = not seen_now(source, reports_runs=reports_runs, at=at)
    widened, opened = widen(source, interval, reports_runs=reports_runs)
    if opened:
        ledger.record(act=Act.COVERAGE_OPENED, actor=actor, subjects=[widened, source], body=told(widened))
    held = Grant.objects.held().of_system(source.system_id)
    due.pull(held if blind else use.ripe(held, Terms.of(at)), at)
    return widened


def seen_now(source: Source, *, reports_runs: bool, at: datetime) -> bool:
    """Whether the last interval of this kind ended no longer ago than the source's rhythm."""
    heard_from = at - (source.rhythm or use.RHYTHM)
    kind = Coverage.objects.filter(source=source, reports_runs=reports_runs)
    return kind.filter(ends_at__gte=heard_from).exists()


def widen(source: Source, interval: Cover, *, reports_runs: bool) -> tuple[Coverage, bool]:
    """Join the interval with those that touch it; return the one that remains, and whether it is new."""
    touching = list(
        Coverage.objects.filter(
            source=source,
            reports_runs=reports_runs,
            starts_at__lte=interval.ends_at,
            ends_at__gte=interval.starts_at,
        ).order_by("starts_at")
    )
    first = touching[0] if touching else Coverage(source=source, system_id=source.system_id, reports_runs=reports_runs)
    first.starts_at = min([interval.starts_at, *(each.starts_at for each in touching)])
    first.ends_at = max([interval.ends_at, *(each.ends_at for each in touching)])
    Coverage.objects.filter(pk__in=[each.pk for each in touching[1:]]).delete()
    first.save()
    return first, not touching


def told(coverage: Coverage) -> dict[str, object]:
    """What the ledger says of it."""
    return {
        "from": ledger.stamp(coverage.starts_at),
        "to": ledger.stamp(coverage.ends_at),
        "reports_runs": coverage.reports_runs,
        "system": str(coverage.system_id),
    }
