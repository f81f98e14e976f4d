"""
Use, in SQL: whether it could have been seen, since when there was none, and in how many runs.

A grant is *idle since* the last of *held since*, its return from a suspension, and its last use. Only runs count that
started after that, of an agent that uses the account, reported by a source of the system, at a time at which use by
the account would have been seen and runs were reported (`observed` says when that is). Every expression is over grants
with the alias `idle_since`.
"""

from datetime import timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Greatest, Least
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, LessThan

from governance.models import (
    Band,
    EntitlementAction,
    Finding,
    Run,
    Source,
)
from governance.models.expressions import Cardinality
from governance.models.risk import FLOORS
from governance.policy.observed import (
    OF_GRANT,
    Holder,
    Holds,
    Length,
    Span,
    Start,
    Within,
    agents_of,
    moment,
    runs_until,
    seen_times,
)
from governance.policy.terms import Terms

USED, UNUSED, NOT_OBSERVABLE = "used", "unused", "not_observable"
COUNTED = 10_000
Shown = EntitlementAction.Shown
INSTANT = timedelta(microseconds=1)
HIGH_RISK = next(floor for floor, band in FLOORS if band == Band.HIGH)
USABLE_SINCE = ("held_since", "resumed_at")  # the later, as PostgreSQL's greatest passes NULL over
UNANSWERED = (Finding.State.OPEN, Finding.State.TAKEN)


def idle_since() -> Greatest:
    """Return since when nothing shows that a grant is used."""
    return Greatest(*USABLE_SINCE, "use__last_used_at")


def tracked() -> Exists:
    """Whether an event could be attributed to the grant at all."""
    return Exists(EntitlementAction.objects.filter(entitlement=OuterRef("entitlement")))


def hidden(entitlement: str = "") -> Q:
    """
    Say of which entitlements use can leave no trace: a log of their system leaves some of it out, or may.

    `entitlement` is the way to one. Who else tells of it does not help: of what time that is, the log covers as well.
    """
    actions = EntitlementAction.objects.filter(entitlement=OuterRef(f"{entitlement}pk"))
    logs = Source.objects.filter(system=OuterRef(f"{entitlement}system"), provenance=Source.Provenance.SYSTEM)
    if_set, never = (Q(Exists(actions.filter(shown=each))) for each in (Shown.IF_SET, Shown.NEVER))
    return (Q(Exists(logs.filter(shows_all=False))) & if_set) | (Q(Exists(logs)) & never)


def attributable(terms: Terms) -> Q:
    """Whether each use of the grant could be attributed to it, and to its holder."""
    return Q(entitlement__at_hand__actions__gt=0) & ~untraced() if terms.prepared else traceable()


def traceable() -> Q:
    """The same where nothing is prepared."""
    return Q(tracked()) & ~hidden("entitlement__") & ~untraced()


def untraced() -> Q:
    """Say of which grants a log that shows a use does not say that it was their holder's (`connectors.base.Grant`)."""
    return Q(native__contains={"untraced": True})


def alive(terms: Terms, *, runs: bool) -> Holds:
    """Whether use of the grant would be seen now."""
    return steady(terms, INSTANT, runs=runs)


def steady(terms: Terms, span: timedelta, *, runs: bool) -> Holds:
    """Whether use would have been seen without a gap from so long ago until now."""
    lately = Span(Value(terms.at - span, DateTimeField()), moment(terms))
    return Holds(seen_times(terms, runs=runs), lately)


def covered(terms: Terms, *, runs: bool) -> Length:
    """Return for how long use was observable since the grant was idle."""
    since = Span(Least(F("idle_since"), moment(terms)), moment(terms))
    return Length(Within(seen_times(terms, runs=runs), since))


def runs(terms: Terms, holder: Holder) -> QuerySet[Run]:
    """
    Return the runs, of whatever agent, at a time when use by an account was seen.

    What hangs on the account alone is an array or a multirange, made once: what is left is one scan of
    an index, which ends at the run that decides.
    """
    inner = holder.within()
    sources = Source.objects.filter(system=inner.within().reach(holder.system)).values("pk")
    return Run.objects.filter(
        Holds(seen_times(terms, inner, runs=True), F("started_at")),
        source__any_of=ArraySubquery(sources),
        started_at__lte=terms.at,
    )


def runs_since(terms: Terms) -> QuerySet[Run]:
    """Return the runs that count for a grant: those that started after it was idle."""
    agents = ArraySubquery(agents_of(OuterRef(OuterRef("account"))))
    return runs(terms, OF_GRANT).filter(agent__any_of=agents, started_at__gt=OuterRef("idle_since"))


def enough_runs(terms: Terms) -> Q:
    """Say which were idle for as many runs as policy wants."""
    if terms.prepared:
        return Q(GreaterThan(OF_GRANT.at_hand("deciding"), F("idle_since")))
    return Q(Exists(runs_since(terms)[terms.runs - 1 : terms.runs]))


def next_counts(terms: Terms, holder: Holder) -> Combinable:
    """
    Return when the next run that is known already counts; NULL where none is to come.

    A source's clock may go before ours, so that a run is told of before it started; it counts when that is past.
    """
    if terms.prepared:
        return holder.at_hand("counts_at")
    agents = ArraySubquery(agents_of(holder.reach(holder.account, further=2)))
    to_come = Run.objects.filter(agent__any_of=agents, started_at__gte=terms.at).order_by("started_at")
    return later(Subquery(to_come.values("started_at")[:1]), Value(INSTANT))


def run_count(terms: Terms) -> Cardinality:
    """Return how many runs count, up to COUNTED. Dear: for hits only."""
    counted = ArraySubquery(runs_since(terms).values("pk")[:COUNTED])
    return Cardinality(counted)


def observed_from(terms: Terms, *, runs: bool) -> Greatest:
    """Return since when use could be seen: the first coverage, or later where it was held later."""
    return Greatest(*USABLE_SINCE, Start(seen_times(terms, runs=runs)))


def idle_by_runs(terms: Terms) -> Q:
    """Say which were idle for as many runs, and for as long, as policy wants."""
    return long_enough(terms, terms.run_span, runs=True) & attributable(terms) & enough_runs(terms)


def long_enough(terms: Terms, span: timedelta, *, runs: bool) -> Q:
    """Say for which use was observable for a time since they were idle."""
    return Q(idle_since__lte=terms.at - span) & (
        Q(steady(terms, span, runs=runs)) | Q(GreaterThanOrEqual(covered(terms, runs=runs), span))
    )


def idle_by_days(terms: Terms) -> Q:
    """Say which were used once and then idle for as long as policy wants, where no runs are known."""
    return (
        Q(use__isnull=False)
        & long_enough(terms, terms.day_span, runs=False)
        & attributable(terms)
        & ~Q(runs_known(terms))
    )


def runs_known(terms: Terms) -> GreaterThan:
    """Whether runs were reported at any time since the grant was idle."""
    return GreaterThan(Coalesce(runs_until(terms), F("idle_since")), F("idle_since"))


def unused(terms: Terms) -> Q:
    """Say which are unused, and can be seen to be."""
    return (idle_by_runs(terms) & Q(alive(terms, runs=True))) | (idle_by_days(terms) & Q(alive(terms, runs=False)))


def own_word_alone(check: str) -> Q:
    """
    Say which high-risk grants were used since a check spoke about them, by agents' own word alone.

    That word does not clear the finding: a person has to answer it, or the system's log to show a use.
    """
    said = used_since_asked(check, "use__last_used_at")
    return Q(risk__gte=HIGH_RISK) & said & ~used_since_asked(check, "use__witnessed_at")


def used_since_asked(check: str, field: str) -> Q:
    """Say which were used, as this field has it, later than a finding knows that nobody has answered."""
    unanswered = Finding.objects.filter(check_name=check, grant=OuterRef("pk"), state__in=UNANSWERED)
    told = unanswered.annotate(then=Cast(KeyTextTransform("last_used_at", "facts"), DateTimeField()))
    since = told.filter(Q(then=None) | Q(then__lt=OuterRef(field)))
    return Q(**{f"{field}__isnull": False}) & Q(Exists(since))


def class_of(terms: Terms) -> Case:
    """Return "unused", "used", or "not_observable": not seen, or not for long enough."""
    return Case(
        When(unused(terms), then=Value(UNUSED)),
        When(use__isnull=False, then=Value(USED)),
        default=Value(NOT_OBSERVABLE),
        output_field=CharField(),
    )


def ripens(terms: Terms, *, runs: bool) -> Combinable:
    """
    Return the earliest moment at which the grant could have been idle for long enough.

    NULL where time alone cannot make it so: a feed that is dead, a run that nobody has told of. Those are
    facts, and whoever writes them makes the grant due.
    """
    span = terms.run_span if runs else terms.day_span
    left = ExpressionWrapper(Value(span) - covered(terms, runs=runs), DurationField())
    long_enough = Case(
        When(~attributable(terms) | ~Q(alive(terms, runs=runs)), then=None),
        When(idle_since__gt=terms.at - span, then=later(F("idle_since"), Value(span))),
        When(Q(steady(terms, span, runs=runs)), then=None),  # and so it was long enough already
        When(LessThan(Value(timedelta(0)), left), then=later(moment(terms), left)),
        output_field=DateTimeField(),
    )
    return Least(long_enough, next_counts(terms, OF_GRANT)) if runs else long_enough


def later(since: Combinable, span: Combinable) -> ExpressionWrapper[Any]:
    """Return a moment plus a duration."""
    return ExpressionWrapper(since + span, DateTimeField())
