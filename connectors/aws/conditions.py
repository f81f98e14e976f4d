"""
Conditions of a statement: whether what the request says fulfils them.

An operator compares the values of one key with those that the policy names, one of which has to fit; those of a negated
operator may none. `…IfExists` is content with a key that the request does not have, `ForAllValues:` and `ForAnyValue:`
say how many of several values have to fit. A key that nobody has read leaves it open, and so does an operator that is
not known here.
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html)
"""

import ipaddress
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.aws.matching import Context, means, means_arn
from connectors.aws.trilean import Trilean, all_of, any_of, opposite

IF_EXISTS = "ifexists"
Fits = Callable[[str, str, Context], Trilean]  # wanted, had
Compare = Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key, as a statement has it."""

    operator: str
    key: str
    wanted: tuple[str, ...]

    def holds(self, context: Context) -> Trilean:
        """Whether a request fulfils it."""
        key = self.key.lower()
        if key not in context:
            return None
        return judged(self.operator.lower(), self.wanted, context[key], context)


def judged(named: str, wanted: Sequence[str], had: Sequence[str] | None, context: Context) -> Trilean:
    """Compare as an operator does; `had` is None where the request has no such key."""
    how_many, _, name = named.rpartition(":")
    if name == "null":
        return any(word.lower() == str(had is None).lower() for word in wanted)
    base = name.removesuffix(IF_EXISTS)
    if had is None and (name != base or how_many == "forallvalues"):
        return True
    negated = base in NEGATED
    fits = FITS.get(NEGATED.get(base, base))
    if fits is None:
        return None
    if had is None:
        return negated and how_many != "foranyvalue"
    one_by_one = (fitted(fits, wanted, value, context, negated=negated) for value in had)
    return any_of(one_by_one) if how_many == "foranyvalue" else all_of(one_by_one)


def fitted(fits: Fits, wanted: Sequence[str], value: str, context: Context, *, negated: bool) -> Trilean:
    """Whether a value fits one of those that are wanted; none of them, where the operator is negated."""
    found = any_of(fits(each, value, context) for each in wanted)
    return opposite(found) if negated else found


def same(wanted: str, had: str, context: Context) -> Trilean:
    """Compare texts; a star is a star."""
    return means(wanted, had, context, literally=True)


def same_in_any_case(wanted: str, had: str, context: Context) -> Trilean:
    """Compare texts without regard to case, also of what a variable stands for."""
    lowered = {key: values and [each.lower() for each in values] for key, values in context.items()}
    return same(wanted.lower(), had.lower(), lowered)


def by(read: Callable[[str], Any], compare: Compare) -> Fits:
    """Compare what texts mean; what cannot be read fits nothing."""

    def fits(wanted: str, had: str, _: Context) -> Trilean:
        try:
            return compare(read(had), read(wanted))
        except (ValueError, OverflowError):
            return False

    return fits


def moment(text: str) -> datetime:
    """Read a date of ISO 8601, or seconds since 1970. Raises ValueError."""
    if text.lstrip("-").isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def lies_in(wanted: str, had: str, _: Context) -> Trilean:
    """Whether an address lies in a block."""
    try:
        return ipaddress.ip_address(had) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


ORDERS: Mapping[str, Compare] = {
    "equals": operator.eq,
    "lessthan": operator.lt,
    "lessthanequals": operator.le,
    "greaterthan": operator.gt,
    "greaterthanequals": operator.ge,
}
FITS: Mapping[str, Fits] = {
    "stringequals": same,
    "stringequalsignorecase": same_in_any_case,
    "stringlike": means,
    "arnequals": means_arn,
    "arnlike": means_arn,
    "binaryequals": same,
    "bool": same_in_any_case,
    "ipaddress": lies_in,
    **{f"numeric{name}": by(float, compare) for name, compare in ORDERS.items()},
    **{f"date{name}": by(moment, compare) for name, compare in ORDERS.items()},
}
NEGATED: Mapping[str, str] = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
}
