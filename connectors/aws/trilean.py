"""
Yes, no, and what cannot be known: True, False and None, with the connectives of Kleene's strong logic.

A condition on a key that nobody has read is neither true nor false. What is known decides where it is enough: *no* and
anything is no, *yes* or anything is yes.
"""

from collections.abc import Iterable
from typing import TypeAlias

Trilean: TypeAlias = bool | None


def all_of(parts: Iterable[Trilean]) -> Trilean:
    """Whether each of them is so; yes where there is none."""
    unknown = False
    for part in parts:
        if part is False:
            return False
        unknown = unknown or part is None
    return None if unknown else True


def any_of(parts: Iterable[Trilean]) -> Trilean:
    """Whether one of them is so; no where there is none."""
    return opposite(all_of(map(opposite, parts)))


def opposite(part: Trilean) -> Trilean:
    """Whether it is not so."""
    return None if part is None else not part
