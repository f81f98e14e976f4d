"""
Whether a pattern means what another one means: all of it, none of it, or it may be some.

A grant is looked at before it goes, when nobody knows which of the things it allows will be wanted. It is asked about
as a whole, by its own patterns. What no pattern of a policy touches is surely not allowed by it.
"""

import re
from functools import lru_cache

from connectors.aws.matching import VARIABLE, reaches
from connectors.aws.trilean import Trilean
from connectors.patterns import compiled

STARS = re.compile(r"[*?]")


def means_action(pattern: str, asked: str) -> Trilean:
    """The same of two patterns of actions."""
    return means(pattern.lower(), asked.lower())


@lru_cache(maxsize=200_000)
def means_resource(pattern: str, asked: str) -> Trilean:
    """The same of two patterns of resources; what a variable stands for is not known."""
    plain = unbound(pattern)
    found = reaches(plain, unbound(asked), means)
    return found and (None if plain != pattern else found)


@lru_cache(maxsize=200_000)
def means(pattern: str, asked: str) -> Trilean:
    """Whether a pattern means all (True), none (False) or perhaps some (None) of what another one means."""
    if pattern in {asked, "*"}:
        return True
    if not STARS.search(asked):
        return compiled(pattern).fullmatch(asked) is not None
    if not STARS.search(pattern):
        return None if compiled(asked).fullmatch(pattern) else False
    if begun(pattern, asked) is False:
        return False
    if covers(pattern, asked):
        return True
    return None if meet(pattern, asked) else False


def begun(pattern: str, asked: str) -> Trilean:
    """Whether what stands before the first star of each is the same as far as both go; False where it is not."""
    ours, theirs = STARS.split(pattern, 1)[0], STARS.split(asked, 1)[0]
    length = min(len(ours), len(theirs))
    return None if ours[:length] == theirs[:length] else False


def covers(pattern: str, asked: str) -> bool:
    """Whether a pattern surely means all that another one does: a star of that is only met by one of ours."""
    return "?" not in pattern and compiled(pattern).fullmatch(asked.replace("?", "\0")) is not None


def meet(one: str, other: str) -> bool:
    """Whether some text is meant by both."""
    reached = {0}  # places in `other` that can be reached with what was read of `one`
    reached = skipped(reached, other)
    for letter in one:
        reached = stepped(reached, letter, other)
    return len(other) in reached


def stepped(reached: set[int], letter: str, other: str) -> set[int]:
    """Go one letter of a pattern on."""
    if letter == "*":
        return set(range(min(reached, default=len(other) + 1), len(other) + 1))
    on = {place + (other[place] != "*") for place in reached if place < len(other) and fits(letter, other[place])}
    return skipped(on, other)


def fits(letter: str, other: str) -> bool:
    """Whether one letter can be met by another."""
    return letter == other or other in {"*", "?"} or letter == "?"


def skipped(reached: set[int], other: str) -> set[int]:
    """Add the places that are reached because a star may stand for nothing."""
    found = set(reached)
    for place in sorted(reached):
        here = place
        while here < len(other) and other[here] == "*":
            here += 1
            found.add(here)
    return found


def unbound(pattern: str) -> str:
    """Return a pattern that means whatever its variables may stand for."""
    return VARIABLE.sub("*", pattern)
