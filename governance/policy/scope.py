"""
Scope: of how many actions that a grant allows use was seen lately.

An entitlement's actions are what its system lists; a pattern is one of them. What was used is kept by the name that
events gave it (`ActionUse`), so that it stands when an entitlement's definition changes.
"""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    DateTimeField,
    Exists,
    F,
    Func,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, LessThanOrEqual

from governance.models import ActionUse, EntitlementAction, Finding
from governance.models.expressions import Like, Pattern
from governance.policy import use
from governance.policy.observed import Lately, moment, seen_times
from governance.policy.terms import Terms

LAST_USED, WITNESSED = "last_used_at", "witnessed_at"


class Cardinality(Func):
    """How many an array holds."""

    function = "cardinality"
    output_field = IntegerField()


def allowed(entitlement: str) -> Cardinality:
    """Return how many actions an entitlement lists; `entitlement` is the field of its key."""
    listed = EntitlementAction.objects.filter(entitlement=OuterRef(entitlement)).order_by()
    return Cardinality(ArraySubquery(listed.values("action").distinct()))


def number(terms: Terms) -> Combinable:
    """Return how many actions a grant allows."""
    return F("entitlement__at_hand__actions") if terms.prepared else allowed("entitlement")


def lately(terms: Terms, field: str = LAST_USED) -> QuerySet[ActionUse]:
    """Return what was used in the time that policy looks back."""
    return ActionUse.objects.filter(**{f"{field}__gt": terms.at - terms.scope_span})


def used(terms: Terms, field: str = LAST_USED) -> QuerySet[EntitlementAction, Any]:
    """Return, in a sub-query, the actions of a grant that were used lately."""
    uses = lately(terms, field).filter(grant=OuterRef(OuterRef("pk")))
    same = Exists(uses.filter(action=OuterRef("action")))
    meant = Exists(uses.filter(Like(F("action"), Pattern(OuterRef("action")))))
    listed = EntitlementAction.objects.filter(same | Q(meant, wild=True), entitlement=OuterRef("entitlement"))
    return listed.order_by("action").values("action").distinct()


def used_number(terms: Terms, field: str = LAST_USED) -> Cardinality:
    """Return how many they are."""
    return Cardinality(ArraySubquery(used(terms, field)))


def candidate(terms: Terms) -> Q:
    """Say which were used, and allow so much that a part might do; few, so that their uses can be counted."""
    return Q(use__isnull=False) & Q(GreaterThanOrEqual(number(terms), terms.parameters.over_scoped_actions))


def within(terms: Terms, field: str = LAST_USED) -> Q:
    """Say of which no more was used lately than a part; it may be nothing."""
    whole, part = Value(100), Value(terms.parameters.over_scoped_percent)
    return Q(LessThanOrEqual(used_number(terms, field) * whole, number(terms) * part))


def over_scoped(terms: Terms) -> Q:
    """Say which are used, and no more of them than a part; use would have been seen all the time."""
    held = Q(held_since__lte=terms.at - terms.scope_span)
    seen = Q(use.steady(terms, terms.scope_span, runs=False))
    return held & candidate(terms) & seen & Q(Exists(used(terms))) & within(terms)


def still(terms: Terms, check: str) -> Q:
    """
    Say of which it goes on to hold, be nothing of them used at all.

    While nobody has answered what the check said of a high risk, an agent's own word counts for nothing.
    """
    unanswered = Finding.objects.filter(check_name=check, grant=OuterRef("pk"), state__in=use.UNANSWERED)
    own_word_alone = Q(risk__gte=use.HIGH_RISK) & Q(Exists(unanswered)) & within(terms, WITNESSED)
    return candidate(terms) & (within(terms) | own_word_alone)


def ripens(terms: Terms) -> Case:
    """
    Return the earliest moment at which a part could newly do, if only time passes.

    First it has to be held, and seen, for long enough; then the oldest use is forgotten.
    """
    since = Greatest(F("held_since"), Lately(seen_times(terms, runs=False)))
    long_enough = use.later(since, Value(terms.scope_span))
    oldest = lately(terms).filter(grant=OuterRef("pk")).order_by().values("grant").annotate(first=Min(LAST_USED))
    forgotten = use.later(Subquery(oldest.values("first")), Value(terms.scope_span))
    return Case(
        When(~candidate(terms) | ~Q(use.alive(terms, runs=False)), then=None),
        When(Q(GreaterThan(long_enough, moment(terms))), then=long_enough),
        default=forgotten,
        output_field=DateTimeField(),
    )
