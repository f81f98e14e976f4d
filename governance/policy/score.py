"""
Score, version 2: how much harm a grant can do, 0 to 100, from three tables (docs/reference/risk.md).

What it allows decides: the worst of its actions, or its type where it has none. Then come whether
everyone holds it and whether the holder may pass it on. The same tables make a number in Python, when a
grant appears, and an expression in SQL, when it is judged again; no model and no vendor changes them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Case, IntegerField, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest, Least

from governance.models import Account, EntitlementAction

VERSION = 2
TYPES = {
    "superuser": 90,
    "owner": 70,
    "membership": 60,
    "function": 45,
    "default": 45,
    "table": 30,
    "column": 30,
    "schema": 15,
    "database": 15,
    "sequence": 15,
    "type": 15,
    "language": 15,
}
ACTIONS = {
    "execute": 45,
    "delete": 55,
    "insert": 55,
    "truncate": 55,
    "update": 55,
    "trigger": 55,
    "references": 30,
    "select": 30,
    "usage": 15,
}
UNKNOWN = 45  # a type or an action that no table names
PRIVILEGED = 80  # what the connector calls privileged is never less
EVERYONE = 15
GRANTABLE = 10
ADMIN_OPTION = 15  # a membership that the member may pass on
MOST = 100


def of(
    native_type: str,
    action: str | Iterable[str],
    holder_kind: str,
    native: Mapping[str, Any],
    *,
    privileged: bool = False,
) -> int:
    """
    Return the score of a grant that has appeared: 0 to 100.

    `action` is one action or all of the entitlement's, in any case of letters; none is an empty text.
    `native` is the grant's: its key "grantable" counts.
    """
    words = [action] if isinstance(action, str) else action
    worst = [ACTIONS.get(each.lower(), UNKNOWN) for each in words if each]
    score = max(worst, default=TYPES.get(native_type, UNKNOWN))
    score = max(score, PRIVILEGED, TYPES.get(native_type, 0)) if privileged else score
    everyone = EVERYONE if holder_kind == Account.Kind.EVERYONE else 0
    return min(score + everyone + passing_on(native_type, native), MOST)


def passing_on(native_type: str, native: Mapping[str, Any]) -> int:
    """Return what it adds that the holder may grant it to others."""
    if native.get("grantable") is not True:
        return 0
    return ADMIN_OPTION if native_type == "membership" else GRANTABLE


def expression() -> Least:
    """Return the score of a grant in SQL."""
    return Least(Value(MOST), allowed() + everyone() + grantable())


def allowed() -> Case:
    """Return the part of what it allows."""
    by_type = listed("entitlement__native_type", TYPES, default=UNKNOWN)
    actions = EntitlementAction.objects.filter(entitlement=OuterRef("entitlement")).order_by()
    by_action = listed("action__iexact", ACTIONS, default=UNKNOWN)
    worst = actions.values("entitlement").annotate(worst=Max(by_action)).values("worst")
    plain = Coalesce(Subquery(worst, output_field=IntegerField()), by_type)
    known = listed("entitlement__native_type", TYPES, default=0)
    least = Greatest(plain, Value(PRIVILEGED), known)
    return Case(When(entitlement__privileged=True, then=least), default=plain)


def listed(lookup: str, table: Mapping[str, int], *, default: int) -> Case:
    """Return a table as SQL."""
    rows = (When(**{lookup: name}, then=Value(number)) for name, number in table.items())
    return Case(*rows, default=Value(default), output_field=IntegerField())


def everyone() -> Case:
    """Return the part of who holds it."""
    held = Q(account__kind=Account.Kind.EVERYONE)
    return Case(When(held, then=Value(EVERYONE)), default=Value(0), output_field=IntegerField())


def grantable() -> Case:
    """Return the part of passing it on."""
    may = Q(native__grantable=True)
    return Case(
        When(may & Q(entitlement__native_type="membership"), then=Value(ADMIN_OPTION)),
        When(may, then=Value(GRANTABLE)),
        default=Value(0),
        output_field=IntegerField(),
    )
