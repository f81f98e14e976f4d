"""
Scope: of how many actions that a grant allows use was seen lately.

A pattern is as many actions as it means, at least. What was used is kept by the name that events gave it (`ActionUse`),
so that it stands when an entitlement's definition changes.
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
    Max,
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
from governance.models.expressions import Cardinality, Like, Pattern
from governance.policy import use
from governance.policy.observed import Lately, moment, seen_times
from governance.policy.terms import Terms

LAST_USED, WITNESSED = "last_used_at", "witnessed_at"


class Total(Func):
    """What the numbers of an array come to."""

    template = "(SELECT coalesce(sum(number), 0)::integer FROM unnest(%(expressions)s) AS number)"
    output_field = IntegerField()


def allowed(entitlement: str = "") -> Case:
    """Return how many actions, at least, an entitlement allows of which use is seen; `entitlement` is the way to it."""
    listed = EntitlementAction.objects.filter(entitlement=OuterRef(f"{entitlement}pk")).order_by()
    every = Total(ArraySubquery(listed.values("action").annotate(most=Max("means")).values("most")))
    return Case(When(use.hidden(entitlement), then=Value(0)), default=every, output_field=IntegerField())


def number(terms: Terms) -> Combinable:
    """Return how many actions a grant allows; none where use of some could leave no trace."""
    return F("entitlement__at_hand__actions") if terms.prepared else allowed("entitlement__")


def lately(terms: Terms, field: str = LAST_USED) -> QuerySet[ActionUse]:
    """Return what was used in the time that policy looks back."""
    return ActionUse.objects.filter(**{f"{field}__gt": terms.at - terms.scope_span})


def used(terms: Terms, field: str = LAST_USED) -> QuerySet[ActionUse, Any]:
    """Return, in a sub-query, the actions of a grant that were used lately, of those that it still allows."""
    listed = EntitlementAction.objects.filter(entitlement=OuterRef(OuterRef("entitlement")))
    same = Exists(listed.filter(action=OuterRef("action")))
    meant = Exists(listed.filter(Like(OuterRef("action"), Pattern(F("action"))), wild=True))
    uses = lately(terms, field).filter(same | Q(meant), grant=OuterRef("pk"))
    return uses.order_by("action").values("action")


def used_number(terms: Terms, field: str = LAST_USED) -> Cardinality:
    """Return how many they are."""
    return Cardinality(ArraySubquery(used(terms, field)))


def open_ended() -> Exists:
    """Whether it allows more actions than can be counted."""
    return Exists(EntitlementAction.objects.filter(entitlement=OuterRef("entitlement"), action__contains="*"))


def known_since() -> Greatest:
    """Return since when it has been held as what it is now."""
    return Greatest(*use.USABLE_SINCE, "entitlement__redefined_at")


def candidate(terms: Terms) -> Q:
    """Say which were used, and allow so much that a part might do; few, so that their uses can be counted."""
    enough = Q(GreaterThanOrEqual(number(terms), terms.parameters.over_scoped_actions))
    return Q(use__isnull=False) & enough & ~use.untraced()


def within(terms: Terms, field: str = LAST_USED) -> Q:
    """Say of which no more was used lately than a part; it may be nothing."""
    whole, part = Value(100), Value(terms.parameters.over_scoped_percent)
    return Q(LessThanOrEqual(used_number(terms, field) * whole, number(terms) * part))


def told_apart() -> Exists:
    """Whether the last use that is counted is known by its action: where it is not, others may be missing as well."""
    return Exists(ActionUse.objects.filter(grant=OuterRef("pk"), last_used_at__gte=OuterRef("use__last_used_at")))


def over_scoped(terms: Terms) -> Q:
    """Say which are used, and no more of them than a part; use would have been seen all the time, and told apart."""
    held = Q(LessThanOrEqual(known_since(), Value(terms.at - terms.scope_span, DateTimeField())))
    seen = Q(use.steady(terms, terms.scope_span, runs=False))
    return held & candidate(terms) & seen & Q(Exists(used(terms))) & Q(told_apart()) & within(terms)


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
    since = Greatest(known_since(), Lately(seen_times(terms, runs=False)))
    long_enough = use.later(since, Value(terms.scope_span))
    oldest = lately(terms).filter(grant=OuterRef("pk")).order_by().values("grant").annotate(first=Min(LAST_USED))
    forgotten = use.later(Subquery(oldest.values("first")), Value(terms.scope_span))
    return Case(
        When(~candidate(terms) | ~Q(use.alive(terms, runs=False)), then=None),
        When(Q(GreaterThan(long_enough, moment(terms))), then=long_enough),
        default=forgotten,
        output_field=DateTimeField(),
    )
