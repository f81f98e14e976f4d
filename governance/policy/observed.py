"""
When use of an account's grants would have been seen.

What a system's own log covers, it covers for every account. An agent's own word covers what that agent does, and no
more: it counts for an account at the times at which every agent that uses the account gave its word. So it never counts
for an account that no agent is known to use. A retired agent is none of them: nothing is heard of it any more, and its
silence would hide what the others leave unused. A feed is alive while its last interval ended no longer ago than its
rhythm (one day where it has none); a feed that is alive is taken to reach until now.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Self

from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Field,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, Least

from governance.models import Agent, Claim, Coverage, Source
from governance.policy.terms import Terms

RHYTHM = timedelta(days=1)


class Span(Func):
    """The time from a moment to another: the start belongs to it, the end does not."""

    function = "tstzrange"
    output_field: Field[Any, Any] = Field()


class Spans(Func):
    """All intervals from a start to an end as one multirange: where they overlap they count once."""

    template = "coalesce(range_agg(tstzrange(%(expressions)s)), '{}')"
    output_field: Field[Any, Any] = Field()


class InAll(Func):
    """What all of some multiranges have in common; nothing where there are none."""

    template = "coalesce(range_intersect_agg(%(expressions)s), '{}')"
    output_field: Field[Any, Any] = Field()


class Either(Func):
    """What lies in either of two multiranges."""

    template = "(%(expressions)s)"
    arg_joiner = " + "
    output_field: Field[Any, Any] = Field()


class Nothing(Func):
    """No time at all."""

    template = "'{}'::tstzmultirange"
    arity = 0
    output_field: Field[Any, Any] = Field()


class Within(Func):
    """The part of a multirange that lies in an interval."""

    template = "(%(expressions)s))"
    arg_joiner = " * tstzmultirange("
    output_field: Field[Any, Any] = Field()


class Holds(Func):
    """
    Whether a multirange holds a moment, or the whole of an interval.

    Under coalesce the planner guesses one half; of the bare operator it expects hardly a row.
    """

    template = "coalesce(%(expressions)s, false)"
    arg_joiner = " @> "
    output_field = BooleanField()


class Length(Func):
    """How long a multirange is in all; zero where there is none."""

    template = "(SELECT coalesce(sum(upper(span) - lower(span)), interval '0') FROM unnest(%(expressions)s) AS span)"
    output_field = DurationField()


class Start(Func):
    """When a multirange begins; NULL where it is empty."""

    function = "lower"
    output_field = DateTimeField()


class Lately(Func):
    """When the last stretch of a multirange begins; NULL where there is none."""

    template = "(SELECT max(lower(span)) FROM unnest(%(expressions)s) AS span)"
    output_field = DateTimeField()


@dataclass(frozen=True, slots=True)
class Holder:
    """How a query over grants, or over accounts, names the account and its system; from so many queries further in."""

    account: str
    system: str
    inside: int = 0

    def reach(self, name: str, *, further: int = 0) -> F:
        """Refer to a field."""
        depth = self.inside + further
        if not depth:
            return F(name)
        found = OuterRef(name)
        for _ in range(depth - 1):
            found = OuterRef(found)
        return found

    def at_hand(self, column: str) -> F:
        """Refer to what `prepare` found about the account."""
        return self.reach(f"{self.account}__at_hand__{column}" if self.account != "pk" else f"at_hand__{column}")

    def within(self) -> Self:
        """Say the same in a sub-query."""
        return replace(self, inside=self.inside + 1)


OF_GRANT = Holder("account", "account__system")
OF_ACCOUNT = Holder("pk", "system")
OF_SYSTEM = Holder("", "pk")  # the system alone


def moment(terms: Terms) -> Value:
    """Return now, as a value."""
    return Value(terms.at, DateTimeField())


def claims_of(account: F) -> QuerySet[Claim]:
    """Return the claims to an account that count: those of agents that somebody has to answer for."""
    return Claim.objects.filter(account=account, until=None, agent__in=Agent.objects.answering())


def agents_of(account: F) -> QuerySet[Claim, Any]:
    """Return the agents that use an account."""
    return claims_of(account).values("agent")


def seen_times(terms: Terms, holder: Holder = OF_GRANT, *, runs: bool) -> Combinable:
    """Return when use by the account would have been seen, as a multirange; with `runs`, and its runs were reported."""
    if terms.prepared:
        return holder.at_hand("seen_runs" if runs else "seen_use")
    return Either(times_of_system(terms, holder, runs=runs), times_of_agents(terms, holder, runs=runs))


def times_of_system(terms: Terms, holder: Holder, *, runs: bool) -> Subquery:
    """Return the part that the system itself has seen, of everybody."""
    known = begun(terms, runs=runs).filter(for_everybody(), system=holder.reach(holder.system, further=1))
    return Subquery(joined(terms, known))


def times_of_agents(terms: Terms, holder: Holder, *, runs: bool) -> Subquery:
    """Return the part of which every agent that uses the account gave its word."""
    theirs = begun(terms, runs=runs).filter(agent=OuterRef("agent"), system=OuterRef("account__system"))
    claims = claims_of(holder.reach(holder.account, further=1)).annotate(seen=Subquery(joined(terms, theirs)))
    return Subquery(claims.annotate(all=InAll("seen")).values("all"))


def runs_until(terms: Terms, holder: Holder = OF_GRANT) -> Combinable:
    """Return until when the system, or an agent that uses the account, reported runs; NULL where none ever did."""
    if terms.prepared:
        return holder.at_hand("runs_until")
    return Greatest(runs_until_of_system(holder), runs_until_of_agents(holder))


def runs_until_of_system(holder: Holder) -> Subquery:
    """Return until when the system itself reported runs."""
    return Subquery(reported(holder).filter(for_everybody())[:1])


def runs_until_of_agents(holder: Holder) -> Subquery:
    """Return until when an agent that uses the account reported runs."""
    agents = agents_of(holder.reach(holder.account, further=2))
    return Subquery(reported(holder).filter(agent__in=agents)[:1])


def reported(holder: Holder) -> QuerySet[Coverage, Any]:
    """Return the ends of the intervals in which runs of a system were reported, the last one first."""
    known = Coverage.objects.filter(reports_runs=True, system=holder.reach(holder.system, further=1))
    return known.order_by("-ends_at").values("ends_at")


def for_everybody() -> Q:
    """Say which coverage counts for every account: what the system itself reports."""
    return Q(agent=None, source__provenance=Source.Provenance.SYSTEM)


def begun(terms: Terms, *, runs: bool) -> QuerySet[Coverage]:
    """Return the intervals that have begun; with `runs`, those in which runs were reported as well."""
    found = Coverage.objects.filter(starts_at__lt=terms.at)
    return found.filter(reports_runs=True) if runs else found


def joined(terms: Terms, found: QuerySet[Coverage]) -> QuerySet[Coverage, Any]:
    """Return these intervals as one multirange, in one row; those of a feed that is alive reach until now."""
    rhythm = Coalesce("source__rhythm", Value(RHYTHM))
    silent_since = ExpressionWrapper(moment(terms) - rhythm, DateTimeField())
    reaches = Case(When(ends_at__gte=silent_since, then=moment(terms)), default=F("ends_at"))
    return found.annotate(spans=Spans("starts_at", Least(reaches, moment(terms)))).values("spans")
