"""
What a grant allows, in points of 0 to 100: the first half of the score (docs/reference/risk.md).

The worst of its actions decides, or its type where it has none, or the worst of its tags if that is more. Then come
whether everyone holds it and whether the holder may pass it on. The same tables make a number in Python, when a grant
appears, and an expression in SQL, when it is judged again. What weighs besides is in `weighing`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Case, F, IntegerField, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import GreaterThan

from governance.models import Account, EntitlementAction, Parameters, TagName

VERSION = 3
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
TAGS = {
    TagName.ESCALATES: 70,
    TagName.RUNS_CODE: 65,
    TagName.MOVES_MONEY: 65,
    TagName.CHANGES_STATE: 55,
    TagName.SENDS_OUT: 55,
    TagName.APPROVES: 55,
    TagName.SENSITIVE_ACCESS: 50,
    TagName.PREPARES: 45,
    TagName.UNTRUSTED_INPUT: 30,
}
UNKNOWN = 45  # a type or an action that no table names
PRIVILEGED = 80  # what the connector calls privileged is never less
MOST = 100
WEIGHTS: Mapping[str, int] = Parameters().risk_weights  # where no policy is asked


def of(  # noqa: PLR0913  (a score is its inputs)
    native_type: str,
    action: str | Iterable[str],
    holder_kind: str,
    native: Mapping[str, Any],
    *,
    privileged: bool = False,
    tags: int = 0,
    weights: Mapping[str, int] = WEIGHTS,
) -> int:
    """
    Return the score of a grant that has appeared, of whose holder nothing is known yet: 0 to 100.

    `action` is one action or all of the entitlement's, in any case of letters; none is an empty text.
    `native` is the grant's: its key "grantable" counts. `tags` are those that count, as bits.
    """
    words = [action] if isinstance(action, str) else action
    worst = [ACTIONS.get(each.lower(), UNKNOWN) for each in words if each]
    score = max(max(worst, default=TYPES.get(native_type, UNKNOWN)), of_tags(tags))
    score = max(score, PRIVILEGED, TYPES.get(native_type, 0)) if privileged else score
    everyone = weights["everyone"] if holder_kind == Account.Kind.EVERYONE else 0
    return min(score + everyone + passing_on(native_type, native.get("grantable") is True, weights), MOST)


def of_tags(bits: int) -> int:
    """Return what the worst of some tags amounts to."""
    return max((TAGS[each] for each in TagName.among(bits)), default=0)


def passing_on(native_type: str, grantable: bool, weights: Mapping[str, int]) -> int:
    """Return what it adds that the holder may grant it to others."""
    if not grantable:
        return 0
    return weights["admin_option" if native_type == "membership" else "grantable"]


def allowed(path: str = "entitlement__") -> Case:
    """Return the part of what it allows, in SQL; `path` leads to the entitlement: from itself it is empty."""
    native_type, privileged = f"{path}native_type", f"{path}privileged"
    by_type = listed(native_type, TYPES, default=UNKNOWN)
    actions = EntitlementAction.objects.filter(entitlement=OuterRef(f"{path}pk")).order_by()
    by_action = listed("action__iexact", ACTIONS, default=UNKNOWN)
    worst = actions.values("entitlement").annotate(worst=Max(by_action)).values("worst")
    plain = Greatest(Coalesce(Subquery(worst, output_field=IntegerField()), by_type), tagged(f"{path}tag_bits"))
    known = listed(native_type, TYPES, default=0)
    least = Greatest(plain, Value(PRIVILEGED), known)
    return Case(When(**{privileged: True}, then=least), default=plain)


def tagged(field: str) -> Case:
    """Return what the worst of its tags amounts to: the table is in that order."""
    bits = F(field)
    rows = (When(GreaterThan(bits.bitand(name.bit), 0), then=Value(points)) for name, points in TAGS.items())
    return Case(When(**{field: 0}, then=Value(0)), *rows, default=Value(0), output_field=IntegerField())


def listed(lookup: str, table: Mapping[str, int], *, default: int) -> Case:
    """Return a table as SQL."""
    rows = (When(**{lookup: name}, then=Value(number)) for name, number in table.items())
    return Case(*rows, default=Value(default), output_field=IntegerField())


def everyone(weights: Mapping[str, int]) -> Case:
    """Return the part of who holds it."""
    held = Q(account__kind=Account.Kind.EVERYONE)
    return Case(When(held, then=Value(weights["everyone"])), default=Value(0), output_field=IntegerField())


def grantable(weights: Mapping[str, int]) -> Case:
    """Return the part of passing it on."""
    may = Q(native__grantable=True)
    return Case(
        When(may & Q(entitlement__native_type="membership"), then=Value(weights["admin_option"])),
        When(may, then=Value(weights["grantable"])),
        default=Value(0),
        output_field=IntegerField(),
    )
