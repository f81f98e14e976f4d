"""Combinations and their breaks, against what the words mean: removals tried one by one."""

import random
from dataclasses import replace

import pytest

from connectors import tags as contract
from governance.models import Combination, EntitlementTag, TagName
from governance.policy import combining
from governance.policy.combining import Alike, Giver

A, B, STATE, OUT = (TagName.bits([name]) for name in TagName.values[:4])
ESCALATES, CODE, MONEY, PREPARES, APPROVES = (TagName.bits([name]) for name in TagName.values[4:])


def held(*bits: int, **of) -> list[Alike]:
    """Some grants by what they give, numbered from 1."""
    return gathered([Giver(number, each, **of) for number, each in enumerate(bits, 1)])


def gathered(givers: list[Giver]) -> list[Alike]:
    kinds = sorted({each.bits for each in givers})
    alike = [sorted((each for each in givers if each.bits == bits), key=preferred) for bits in kinds]
    return [Alike(each[0].bits, len(each), tuple(each[:5])) for each in alike]


def preferred(giver: Giver) -> tuple[bool, bool, int]:
    return not giver.removable, not giver.unused, giver.grant


def complete(bits: int) -> set[str]:
    """Read from docs/reference/risk.md."""
    has = {name for name in TagName.values if TagName(name).bit & bits}
    outside, private = "untrusted_input" in has, "sensitive_access" in has
    found = {
        "lethal_trifecta": outside and private and "sends_out" in has,
        "rule_of_two": outside and private and "changes_state" in has,
        "tainted_act": outside and has & {"runs_code", "moves_money"},
        "tainted_escalation": outside and "escalates" in has,
        "duties": "prepares" in has and has & {"approves", "moves_money"},
    }
    found["tainted_change"] = outside and not private and has & {"changes_state", "sends_out"}
    return {name for name, so in found.items() if so}


def union(givers: list[Giver]) -> int:
    bits = 0
    for each in givers:
        bits |= each.bits
    return bits


def test_what_is_found_and_what_breaks_it_is_what_the_words_mean():
    dice = random.Random(6)  # noqa: S311
    for _ in range(300):
        givers = [
            Giver(n, dice.randrange(512) & dice.randrange(512), dice.random() < 0.8, dice.random() < 0.3)
            for n in range(1, dice.randrange(2, 7))
        ]
        itself = dice.choice([0, A])
        found = {each.combination: each for each in combining.find(gathered(givers), itself)}
        whole = complete(union(givers) | itself)
        assert {str(each) for each in found} == whole
        gone = {each.grant: broken(givers, each, whole, itself) for each in givers}
        for name, each in found.items():
            assert each.alone == (name in gone[each.broken_by])
            choices = [one for one in givers if one.removable and name in gone[one.grant]]
            if choices:
                most = max(len(gone[one.grant]) for one in choices)
                best = [one for one in choices if len(gone[one.grant]) == most]
                assert each.broken_by in {one.grant for one in best}


def broken(givers: list[Giver], without: Giver, whole: set[str], itself: int) -> set[str]:
    """Which of the combinations have no longer every leg; what is implied by another counts as it is said."""
    rest = combining.given(union([each for each in givers if each is not without]) | itself)
    return {name for name in whole if Combination(name) not in rest}


@pytest.mark.parametrize(
    ("bits", "names", "broken_by", "alone"),
    [
        ([A, B, OUT], ["lethal_trifecta"], 1, True),
        ([B, OUT, STATE], [], None, None),  # nobody outside speaks to it
        ([A, A, B, OUT], ["lethal_trifecta"], 3, True),  # the only one of its leg
        ([A | OUT, B], ["lethal_trifecta"], 1, True),
        ([A, A, STATE, STATE], ["tainted_change"], 1, False),
        ([PREPARES, MONEY], ["duties"], 1, True),
        ([PREPARES | APPROVES], ["duties"], 1, True),
        ([A, CODE, ESCALATES], ["tainted_act", "tainted_escalation"], 1, True),  # one removal clears both
    ],
)
def test_the_break_is_the_grant_that_clears_most(bits, names, broken_by, alone):
    found = combining.find(held(*bits))
    assert [each.combination for each in found] == names
    assert {(each.broken_by, each.alone) for each in found} == ({(broken_by, alone)} if names else set())


def test_of_equals_the_unused_one_goes_first_and_what_everyone_holds_last():
    reads, private, out = Giver(1, A), Giver(2, B), Giver(3, OUT)
    assert one(reads, private, replace(out, unused=True)) == 3
    assert one(replace(reads, removable=False), replace(private, removable=False), out) == 3


def one(*givers: Giver) -> int:
    [found] = combining.find(gathered(list(givers)))
    return found.broken_by


def test_the_legs_name_their_grants():
    [found] = combining.find(held(A, A, B, OUT))
    assert [(leg.bits, leg.number, leg.grants) for leg in found.legs] == [(A, 2, (1, 2)), (B, 1, (3,)), (OUT, 1, (4,))]


def test_what_an_agent_reads_by_itself_no_grant_takes_away():
    [found] = combining.find(held(A, B, OUT), A)
    assert [(leg.number, leg.itself) for leg in found.legs] == [(1, True), (1, False), (1, False)]
    assert (found.broken_by, found.alone) == (2, True)


def test_who_approves_what_is_risky_lowers_two_floors_and_nothing_to_nothing():
    floors = dict.fromkeys(Combination, 85) | {"gated": 60}
    lowered = {each for each in Combination if combining.floor(each, True, floors) == 60}
    assert lowered == {Combination.LETHAL_TRIFECTA, Combination.RULE_OF_TWO}
    assert combining.floor(Combination.RULE_OF_TWO, False, floors) == 85


def test_the_contract_of_connectors_has_the_same_words():
    assert TagName.values == [str(each) for each in contract.TagName]
    assert EntitlementTag.Source.values == [str(each) for each in contract.TagSource]
