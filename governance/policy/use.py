"""
Use, in SQL: whether it could have been seen, since when there was none, and in how many runs.

A grant is *idle since* the later of *held since* and its last use. Only runs count that started after
that, inside an interval in which their source reported runs, of an agent that uses the account. A feed
is alive while its last interval ended no longer ago than its rhythm (one day where it has none); a feed
that is alive is taken to reach until now. Every expression is over grants with the alias `idle_since`.
"""

from datetime import timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, Least
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from governance.models import Coverage, EntitlementAction, Finding, Grant, Run
from governance.policy.terms import Terms

USED, UNUSED, NOT_OBSERVABLE = "used", "unused", "not_observable"
RHYTHM = timedelta(days=1)


class Spans(Func):
    """All intervals from a start to an end as one multirange: where they overlap they count once."""

    template = "range_agg(tstzrange(%(expressions)s))"


class Length(Func):
    """How long a multirange is in all; zero where there is none."""

    template = "(SELECT coalesce(sum(upper(span) - lower(span)), interval '0') FROM unnest(%(expressions)s) AS span)"
    output_field = DurationField()


def idle_since() -> Greatest:
    """Return since when nothing shows that a grant is used: PostgreSQL's greatest passes NULL over."""
    return Greatest("held_since", "use__last_used_at")


def tracked() -> Exists:
    """Whether an event could be attributed to the grant at all."""
    return Exists(EntitlementAction.objects.filter(entitlement=OuterRef("entitlement")))


def coverage(*, runs: bool) -> QuerySet[Coverage]:
    """Return the coverage of the grant's system; with `runs`, by sources that reported theirs."""
    found = Coverage.objects.filter(system=OuterRef("account__system"))
    return found.filter(reports_runs=True) if runs else found


def alive(terms: Terms, *, runs: bool) -> Exists:
    """Whether use of the grant's system can be seen now."""
    return Exists(coverage(runs=runs).filter(ends_at__gte=silence_from(terms)))


def silence_from(terms: Terms) -> ExpressionWrapper[Any]:
    """Return the moment since when a source must have been heard to be alive."""
    rhythm = Coalesce("source__rhythm", Value(RHYTHM))
    return ExpressionWrapper(moment(terms) - rhythm, DateTimeField())


def covered(terms: Terms, *, runs: bool) -> Length:
    """Return for how long use was observable since the grant was idle."""
    reaches = Case(When(ends_at__gte=silence_from(terms), then=moment(terms)), default=F("ends_at"))
    start = Greatest("starts_at", OuterRef("idle_since"))
    end = Greatest(start, Least(reaches, moment(terms)))
    since = coverage(runs=runs).filter(starts_at__lt=terms.at)
    return Length(Subquery(since.annotate(spans=Spans(start, end)).values("spans")))


def moment(terms: Terms) -> Value:
    """Return now, as a value."""
    return Value(terms.at, DateTimeField())


def runs_since(terms: Terms) -> QuerySet[Run]:
    """Return the runs that count: without a use of the grant, and observed."""
    observed = Coverage.objects.filter(
        source=OuterRef("source"),
        system=OuterRef(OuterRef("account__system")),
        reports_runs=True,
        starts_at__lte=OuterRef("started_at"),
        ends_at__gt=OuterRef("started_at"),
    )
    return Run.objects.filter(
        Exists(observed),
        agent__claims__account=OuterRef("account"),
        agent__claims__until=None,
        started_at__gt=OuterRef("idle_since"),
        started_at__lte=terms.at,
    )


def run_count(terms: Terms) -> Subquery:
    """Return how many runs count. Dear: for hits only."""
    counted = runs_since(terms).annotate(number=Func(F("pk"), function="count"))
    return Subquery(counted.values("number"), output_field=IntegerField())


def observed_from(*, runs: bool) -> Greatest:
    """Return since when use could be seen: the first coverage, or later where it was held later."""
    first = coverage(runs=runs).order_by("starts_at").values("starts_at")[:1]
    return Greatest(F("held_since"), Subquery(first))


def idle_by_runs(terms: Terms) -> Q:
    """Say which were idle for as many runs, and for as long, as policy wants."""
    return (
        Q(idle_since__lte=terms.at - terms.run_span)  # cheap, and a condition of what follows
        & Q(tracked())
        & Q(GreaterThanOrEqual(covered(terms, runs=True), terms.run_span))
        & Q(Exists(runs_since(terms)[terms.runs - 1 : terms.runs]))
    )


def idle_by_days(terms: Terms) -> Q:
    """Say which were used once and then idle for as long as policy wants, where no runs are known."""
    return (
        Q(idle_since__lte=terms.at - terms.day_span, use__isnull=False)
        & Q(tracked())
        & ~Q(runs_known())
        & Q(GreaterThanOrEqual(covered(terms, runs=False), terms.day_span))
    )


def runs_known() -> Exists:
    """Whether runs were reported at any time since the grant was idle."""
    return Exists(coverage(runs=True).filter(ends_at__gt=OuterRef("idle_since")))


def unused(terms: Terms) -> Q:
    """Say which are unused, and can be seen to be."""
    return (idle_by_runs(terms) & Q(alive(terms, runs=True))) | (idle_by_days(terms) & Q(alive(terms, runs=False)))


def class_of(terms: Terms) -> Case:
    """Return "unused", "used", or "not_observable": not seen, or not for long enough."""
    return Case(
        When(unused(terms), then=Value(UNUSED)),
        When(use__isnull=False, then=Value(USED)),
        default=Value(NOT_OBSERVABLE),
        output_field=CharField(),
    )


def ripens(terms: Terms, *, runs: bool) -> Case:
    """
    Return the earliest moment at which the grant could have been idle for long enough.

    NULL where time alone cannot make it so: a feed that is dead, a run that is missing. Those are
    facts, and whoever writes them makes the grant due.
    """
    span = terms.run_span if runs else terms.day_span
    left = ExpressionWrapper(Value(span) - covered(terms, runs=runs), DurationField())
    return Case(
        When(~Q(tracked()) | ~Q(alive(terms, runs=runs)), then=None),
        When(idle_since__gt=terms.at - span, then=later(F("idle_since"), Value(span))),
        When(LessThan(Value(timedelta(0)), left), then=later(moment(terms), left)),
        output_field=DateTimeField(),
    )


def later(since: Combinable, span: Combinable) -> ExpressionWrapper[Any]:
    """Return a moment plus a duration."""
    return ExpressionWrapper(since + span, DateTimeField())


def ripe(grants: QuerySet[Grant], terms: Terms) -> QuerySet[Grant]:
    """
    Return those of these open grants that are unused and that no check has said so about yet.

    Observing makes them due when runs or coverage came in: `due.pull(ripe(…), at)`.
    """
    said: dict[str, Any] = {"check_name__in": ("never_used", "unused"), "grant": OuterRef("pk")}
    known = Finding.objects.uncleared().filter(**said)
    idle = grants.filter(closed_at=None).alias(idle_since=idle_since())
    return idle.filter(~Exists(known), unused(terms))
