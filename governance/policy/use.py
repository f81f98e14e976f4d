"""
Use, in SQL: whether it could have been seen, since when there was none, and in how many runs.

A grant is *idle since* the later of *held since* and its last use. Only runs count that started after
that, of an agent that uses the account, reported by a source of the system, at a time at which such a
source covered the system and reported its runs. A feed
is alive while its last interval ended no longer ago than its rhythm (one day where it has none); a feed
that is alive is taken to reach until now. Every expression is over grants with the alias `idle_since`.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import (
    BooleanField,
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
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual

from governance.models import Account, Claim, Coverage, EntitlementAction, Finding, Grant, Run, Source
from governance.policy.terms import Terms

USED, UNUSED, NOT_OBSERVABLE = "used", "unused", "not_observable"
RHYTHM = timedelta(days=1)
COUNTED = 10_000


class Spans(Func):
    """All intervals from a start to an end as one multirange: where they overlap they count once."""

    template = "range_agg(tstzrange(%(expressions)s))"


class Holds(Func):
    """
    Whether a multirange holds a moment: from each start on, before each end.

    Under coalesce the planner guesses one half; of the bare operator it expects hardly a row.
    """

    template = "coalesce(%(expressions)s, false)"
    arg_joiner = " @> "
    output_field = BooleanField()


class Prepared(Func):
    """The start of an account's deciding run, as `prepare` found it."""

    template = "(SELECT deciding FROM checking_account WHERE account_id = %(expressions)s)"
    output_field = DateTimeField()


class Length(Func):
    """How long a multirange is in all; zero where there is none."""

    template = "(SELECT coalesce(sum(upper(span) - lower(span)), interval '0') FROM unnest(%(expressions)s) AS span)"
    output_field = DurationField()


PREPARE = """
DROP TABLE IF EXISTS pg_temp.checking_account;
CREATE TEMPORARY TABLE checking_account (account_id bigint PRIMARY KEY, deciding timestamptz)
    ON COMMIT DROP
"""


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


def agents_of(account: Combinable) -> QuerySet[Claim, Any]:
    """Return the agents that use an account."""
    return Claim.objects.filter(account=account, until=None).values("agent")


def runs(terms: Terms, *, system: Combinable) -> QuerySet[Run]:
    """
    Return the runs, of whatever agent, at a time when use of a system was seen.

    What hangs on the system alone is an array or a multirange, made once: what is left is one scan of
    an index, which ends at the run that decides.
    """
    sources = Source.objects.filter(system=system).values("pk")
    seen = Coverage.objects.filter(system=system, reports_runs=True)
    observed = Subquery(seen.annotate(spans=Spans("starts_at", "ends_at")).values("spans"))
    return Run.objects.filter(
        Holds(observed, F("started_at")),
        source__any_of=ArraySubquery(sources),
        started_at__lte=terms.at,
    )


def runs_since(terms: Terms) -> QuerySet[Run]:
    """Return the runs that count for a grant: those that started after it was idle."""
    agents = ArraySubquery(agents_of(OuterRef(OuterRef("account"))))
    seen = runs(terms, system=OuterRef(OuterRef("account__system")))
    return seen.filter(agent__any_of=agents, started_at__gt=OuterRef("idle_since"))


def enough_runs(terms: Terms) -> Q:
    """Say which were idle for as many runs as policy wants."""
    if terms.prepared:
        return Q(GreaterThan(Prepared(F("account_id")), F("idle_since")))
    return Q(Exists(runs_since(terms)[terms.runs - 1 : terms.runs]))


def deciding_runs(terms: Terms, grants: QuerySet[Grant]) -> QuerySet[Account, Any]:
    """
    Return the accounts of those of these grants that may be unused, each with its deciding run.

    That is the last run but as many as policy wants: a grant that was idle before it started was idle
    for enough runs. Looked up once an account where `prepare` has been told, else once a grant.
    """
    long_ago = LessThanOrEqual(F("idle_since"), moment(terms) - Value(terms.run_span))
    idle = grants.filter(long_ago).order_by()
    agents = agents_of(OuterRef(OuterRef("pk")))
    seen = runs(terms, system=OuterRef(OuterRef("system")))
    latest = seen.order_by("-started_at").values("started_at")
    which = slice(terms.runs - 1, terms.runs)
    # An index brings the runs of one agent in order; those of several have to be sorted.
    several = Exists(agents_of(OuterRef("pk"))[1:2])
    sole = Subquery(latest.filter(agent=Subquery(agents[:1]))[which])
    shared = Subquery(latest.filter(agent__any_of=ArraySubquery(agents))[which])
    deciding = Case(When(several, then=shared), default=sole)
    accounts = Account.objects.filter(pk__in=idle.values("account"))
    return accounts.annotate(deciding=deciding).values_list("pk", "deciding")


def prepare(terms: Terms, grants: QuerySet[Grant]) -> Terms:
    """
    Look up the deciding runs of these grants' accounts, for this transaction; return the prepared terms.

    Without it every expression here gives the same answer, a hundred times slower over many grants.
    """
    sql, params = deciding_runs(terms, grants).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(PREPARE)
        cursor.execute(f"INSERT INTO checking_account {sql}", params)
        cursor.execute("ANALYZE checking_account")
    return replace(terms, prepared=True)


def run_count(terms: Terms) -> Func:
    """Return how many runs count, up to COUNTED. Dear: for hits only."""
    counted = ArraySubquery(runs_since(terms).values("pk")[:COUNTED])
    return Func(counted, function="cardinality", output_field=IntegerField())


def observed_from(*, runs: bool) -> Greatest:
    """Return since when use could be seen: the first coverage, or later where it was held later."""
    first = coverage(runs=runs).order_by("starts_at").values("starts_at")[:1]
    return Greatest(F("held_since"), Subquery(first))


def idle_by_runs(terms: Terms) -> Q:
    """Say which were idle for as many runs, and for as long, as policy wants."""
    return long_enough(terms, terms.run_span, runs=True) & Q(tracked()) & enough_runs(terms)


def long_enough(terms: Terms, span: timedelta, *, runs: bool) -> Q:
    """Say for which use was observable for a time since they were idle."""
    return Q(idle_since__lte=terms.at - span) & (
        Q(steady(terms, span, runs=runs)) | Q(GreaterThanOrEqual(covered(terms, runs=runs), span))
    )


def steady(terms: Terms, span: timedelta, *, runs: bool) -> Exists:
    """Whether one interval reaches from so long ago until now: the ordinary case, and quickly seen."""
    known = coverage(runs=runs).filter(starts_at__lte=terms.at - span)
    return Exists(known.filter(ends_at__gte=silence_from(terms)))


def idle_by_days(terms: Terms) -> Q:
    """Say which were used once and then idle for as long as policy wants, where no runs are known."""
    return Q(use__isnull=False) & long_enough(terms, terms.day_span, runs=False) & Q(tracked()) & ~Q(runs_known())


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
        When(Q(steady(terms, span, runs=runs)), then=None),  # and so it was long enough already
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
