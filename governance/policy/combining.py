"""
Toxic combinations: which tags, held together, are more than each of them; and the cheapest way to break one.

Pure functions over tags as bits. Each leg is given by any one of some tags; a combination is complete where every leg
is given, by whatever grants, or by the agent itself, which reads what outsiders write: that no grant can take away.
*Potential* is what an agent could combine; for *observed* one run has used something of what gives each leg.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from governance.models import Combination, TagName
from governance.models.policy import GATED

READS_OUTSIDERS = TagName.UNTRUSTED_INPUT.bit
PRIVATE = TagName.SENSITIVE_ACCESS.bit
CHANGES = TagName.CHANGES_STATE.bit
SENDS = TagName.SENDS_OUT.bit

# Each leg as the bits any of which gives it.
LEGS: Mapping[Combination, tuple[int, ...]] = {
    Combination.LETHAL_TRIFECTA: (READS_OUTSIDERS, PRIVATE, SENDS),
    Combination.RULE_OF_TWO: (READS_OUTSIDERS, PRIVATE, CHANGES),
    Combination.TAINTED_ACT: (READS_OUTSIDERS, TagName.bits(["runs_code", "moves_money"])),
    Combination.TAINTED_ESCALATION: (READS_OUTSIDERS, TagName.ESCALATES.bit),
    Combination.DUTIES: (TagName.PREPARES.bit, TagName.bits(["approves", "moves_money"])),
    Combination.TAINTED_CHANGE: (READS_OUTSIDERS, CHANGES | SENDS),
}
# Said only where none of these is: they say it, and more.
IMPLIED_BY = {Combination.TAINTED_CHANGE: {Combination.LETHAL_TRIFECTA, Combination.RULE_OF_TWO}}
GATES = {Combination.LETHAL_TRIFECTA, Combination.RULE_OF_TWO}  # a person who approves what is risky lowers these


@dataclass(frozen=True, slots=True)
class Giver:
    """One grant of an agent's own, and what it gives: by itself, and by what comes with it where it is a membership."""

    grant: int
    bits: int
    removable: bool = True  # its own, and the system lets it be taken away; what everyone holds is not its own
    unused: bool = False  # and seen to be


@dataclass(frozen=True, slots=True)
class Alike:
    """The grants of an agent that give the same: how many, and the first few of them to choose from."""

    bits: int
    number: int
    givers: tuple[Giver, ...]


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of a combination: its bits, how many grants give it, some of them, and whether the agent does itself."""

    bits: int
    number: int
    grants: tuple[int, ...]
    itself: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A combination that an agent can complete, and its break."""

    combination: Combination
    legs: tuple[Leg, ...]
    broken_by: int
    alone: bool  # without that grant it is not complete any more


def given(bits: int) -> set[Combination]:
    """Return the combinations of which these tags give every leg."""
    return {each for each, legs in LEGS.items() if all(bits & leg for leg in legs)}


def told(complete: Iterable[Combination]) -> list[Combination]:
    """Return those that are said: what is implied by another is not."""
    known = set(complete)
    return [each for each in Combination if each in known and not known & IMPLIED_BY.get(each, set())]


def find(held: Sequence[Alike], itself: int = 0) -> list[Found]:
    """
    Return what an agent's grants add up to, each with the grant whose removal breaks it cheapest.

    `itself`: the tags that the agent has by itself; never every leg of a combination.
    """
    combinations = told(given(reduce(or_, (each.bits for each in held), itself)))
    numbers = {leg: count(held, leg) for combination in combinations for leg in LEGS[combination]}
    sole = {leg for leg, number in numbers.items() if number == 1 and not leg & itself}
    return [judged(each, combinations, held, numbers, sole, itself) for each in combinations]


def count(held: Iterable[Alike], leg: int) -> int:
    """Return how many grants give a leg."""
    return sum(each.number for each in held if each.bits & leg)


def judged(
    combination: Combination,
    combinations: Sequence[Combination],
    held: Sequence[Alike],
    numbers: Mapping[int, int],
    sole: set[int],
    itself: int,
) -> Found:
    """Choose the break of one combination: the grant that clears most by itself; of equals, the least missed."""
    legs = [leg for leg in LEGS[combination] if not leg & itself]
    choice = [giver for each in held if any(each.bits & leg for leg in legs) for giver in each.givers]

    def cost(giver: Giver) -> tuple[bool, bool, int, int, bool, int]:
        mine = [leg for leg in legs if giver.bits & leg]
        return (
            not giver.removable,
            sole.isdisjoint(mine),
            -len(list(cleared(giver, combinations, sole))),
            min(numbers[leg] for leg in mine),
            not giver.unused,
            giver.grant,
        )

    best = min(choice, key=cost)
    return Found(
        combination=combination,
        legs=tuple(Leg(leg, numbers[leg], some(held, leg), bool(leg & itself)) for leg in LEGS[combination]),
        broken_by=best.grant,
        alone=any(best.bits & leg for leg in legs if leg in sole),
    )


def cleared(giver: Giver, combinations: Iterable[Combination], sole: set[int]) -> Iterator[Combination]:
    """Yield the combinations that are gone without a grant: those of which it alone gives a leg."""
    return (each for each in combinations if any(giver.bits & leg for leg in LEGS[each] if leg in sole))


def some(held: Iterable[Alike], leg: int, *, most: int = 3) -> tuple[int, ...]:
    """Return a few of the grants that give a leg, by key."""
    return tuple(sorted(giver.grant for each in held if each.bits & leg for giver in each.givers)[:most])


def floor(combination: str, gated: bool, floors: Mapping[str, int]) -> int:
    """Return what a grant scores at least on which a combination hangs."""
    least = floors[combination]
    return min(least, floors[GATED]) if gated and combination in GATES else least
