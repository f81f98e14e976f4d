"""
What policies add up to for one request, as AWS decides it within an account.

What denies goes before what allows. What allows has to do so by the principal's own policies, and within the boundary.
Where a condition was not read, or nobody knows how far a star reaches, an allowance could hold, and a denial could fail
to: then it *could* be done. Policies of resources and of the organisation are not read: all of this holds as far as IAM
goes.
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html)
"""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.aws.policies import Policy, Request, Statement
from connectors.aws.trilean import Trilean, all_of, any_of, opposite

Named = tuple[str, Statement]  # with the name of its policy


class Outcome(enum.StrEnum):
    """What becomes of a request."""

    ALLOWED = "allowed"
    COULD = "could"  # it hangs on what was not read
    DENIED = "denied"  # something says no
    NOT_ALLOWED = "not_allowed"  # nothing says yes


@dataclass(frozen=True, slots=True)
class Held:
    """All that speaks about what a principal may: its own policies, and its boundary."""

    own: Sequence[Policy]
    boundary: Policy | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The outcome, and the statements that speak for it and against it, those included that may not apply."""

    outcome: Outcome
    allowing: tuple[Named, ...]
    denying: tuple[Named, ...]


def judge(request: Request, held: Held) -> Judged:
    """Say whether a principal that has these policies can do this."""
    bounding = [held.boundary] if held.boundary else []
    denying, denied = speaking([*held.own, *bounding], request, allows=False)
    own, by_own = speaking(held.own, request, allows=True)
    bounds, within = speaking(bounding, request, allows=True) if bounding else ((), True)
    able = all_of((by_own, within, opposite(denied)))
    return Judged(outcome(able, denied), (*own, *bounds), denying)


def speaking(policies: Iterable[Policy], request: Request, *, allows: bool) -> tuple[tuple[Named, ...], Trilean]:
    """Return the statements of one effect that apply, or may, and whether one of them does."""
    found = [
        ((policy.name, statement), applies)
        for policy in policies
        for statement in policy.statements
        if statement.allows is allows and (applies := statement.applies(request)) is not False
    ]
    return tuple(named for named, _ in found), any_of(applies for _, applies in found)


def outcome(able: Trilean, denied: Trilean) -> Outcome:
    """Name what becomes of it."""
    if denied:
        return Outcome.DENIED
    if able is None:
        return Outcome.COULD
    return Outcome.ALLOWED if able else Outcome.NOT_ALLOWED
