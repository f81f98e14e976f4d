"""
Whether a pattern of a policy means a name: `*` is any run of characters, `?` is any one.

Actions are compared in lower case, all else as it is written. An ARN of a condition is compared part by part. One of a
resource is too, but there a star that ends a part "can expand to match beyond the colon boundaries": what a pattern
means only so is not sure. `${key}` stands for what the request says of that key; where nobody has read it, it may be
anything.
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html)
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from connectors.aws.trilean import Trilean, all_of
from connectors.patterns import compiled, wild

PARTS = 6  # arn:partition:service:region:account:resource
COLON = re.compile(r":(?![^{}]*\})")  # not one of a variable's name
VARIABLE = re.compile(r"\$\{([^}]*)\}")
THEMSELVES = ("*", "?", "$")  # ${*} is a star, and so on

# What a request says, by key in lower case: the values of that key, or None where it is known to have none. A key that
# is not there has not been read.
Context: TypeAlias = Mapping[str, Sequence[str] | None]
Means: TypeAlias = Callable[[str, str], Trilean]  # a pattern, and what may be meant


def means_action(pattern: str, action: str) -> bool:
    """Whether `s3:Get*` means `s3:GetObject`."""
    return bool(means(pattern.lower(), action.lower(), {}))


def means_resource(pattern: str, arn: str, context: Context) -> Trilean:
    """Whether a pattern means a resource; `*` alone means also that of an action that is about none in particular."""
    return reaches(pattern, arn, partial(means, context=context))


def means_arn(pattern: str, arn: str, context: Context) -> Trilean:
    """Whether a pattern of a condition means an ARN."""
    return in_parts(pattern, arn, partial(means, context=context))


def reaches(pattern: str, arn: str, means: Means) -> Trilean:
    """Whether a pattern means a resource: surely, where it does so as a whole and part by part."""
    if pattern == "*":
        return True
    return means(pattern, arn) and (in_parts(pattern, arn, means) or None)


def in_parts(pattern: str, arn: str, means: Means) -> Trilean:
    """Whether each part of a pattern means that of an ARN; what a pattern does not mention may be anything."""
    pairs = zip(COLON.split(pattern, PARTS - 1), COLON.split(arn, PARTS - 1), strict=False)
    return all_of(means(wanted, part) for wanted, part in pairs)


def means(pattern: str, text: str, context: Context, *, literally: bool = False) -> Trilean:
    """
    Whether a pattern means a text as a whole; a variable that is known to have no value means none.

    `literally`: a star is a star.
    """
    if "${" not in pattern:
        return text == pattern if literally else compiled(pattern).fullmatch(text) is not None
    pieces = VARIABLE.split(pattern)
    values = {name: value_of(name, context) for name in pieces[1::2]}
    if "" in values.values():
        return False
    read = re.escape if literally else wild
    found = [standing_for(values[piece]) if place % 2 else read(piece) for place, piece in enumerate(pieces)]
    fits = re.fullmatch("".join(found), text, re.DOTALL) is not None
    return None if fits and None in values.values() else fits


def standing_for(value: str | None) -> str:
    """Return a variable's value as an expression."""
    return wild("*") if value is None else re.escape(value)


def value_of(variable: str, context: Context) -> str | None:
    """Return what a variable stands for; nothing where the request has none or several, None where nobody read it."""
    if variable in THEMSELVES:
        return variable
    name, _, otherwise = variable.partition(",")
    key = name.strip().lower()
    if key not in context:
        return None
    values = context[key] or [otherwise.strip().strip("'")]
    return values[0] if len(values) == 1 else ""
