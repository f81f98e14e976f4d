"""What a check would say something new about now, and that none has said yet."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from governance.models import Finding, Grant
from governance.policy import preparing, rarity, scope, use
from governance.policy.terms import Terms


def ripe(grants: QuerySet[Grant], terms: Terms) -> QuerySet[Grant]:
    """
    Return those of these open grants that are unused, rare or too wide, and that no check has said so about yet.

    Observing makes them due when runs or coverage came in: `due.pull(ripe(…), at)`, in one transaction.
    """
    idle = grants.filter(closed_at=None).alias(idle_since=use.idle_since())
    told = preparing.prepare(terms, idle)
    unused = Q(use.unused(told)) & ~Q(said("never_used", "unused"))
    rare = Q(rarity.rare(told)) & ~Q(said("rare_but_powerful"))
    wide = Q(scope.over_scoped(told)) & ~Q(said("over_scoped"))
    return idle.filter(unused | rare | wide)


def said(*checks: str) -> Exists:
    """Whether one of these checks has spoken about a grant, and that stands."""
    by: dict[str, Any] = {"check_name__in": checks, "grant": OuterRef("pk")}
    return Exists(Finding.objects.uncleared().filter(**by))
