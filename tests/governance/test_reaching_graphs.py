"""Reach against a plain oracle that walks every way there is, on graphs that nobody would draw."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance import clock, reaching
from governance.models import Account, Grant
from tests.factories import AccountFactory, EntitlementFactory, GrantFactory, SystemFactory
from tests.governance.policy.test_checks import rolled_back

pytestmark = pytest.mark.django_db

ACCOUNTS, ROLES, THINGS = 6, 4, 3  # accounts of which the first is everyone; roles that are some of them; what is held

held = st.tuples(
    st.integers(0, ACCOUNTS - 1),
    st.integers(0, ROLES + THINGS - 1),
    st.sampled_from(["allow", "allow", "allow", "deny", "ceiling"]),
    st.sampled_from(["present", "present", "present", "unknown", "absent"]),
    st.sets(st.sampled_from(["inherit", "settable", "grantable"])),
)
OPTIONS = {"inherit", "settable"}
graphs = st.lists(held, max_size=40)
everywhere = [
    (account, role, "allow", "present", OPTIONS) for account in range(ACCOUNTS) for role in range(ROLES + THINGS)
]


@dataclass(frozen=True)
class Graph:
    """Accounts, what they hold, and whom that makes them."""

    accounts: list[Account]
    grants: list[Grant]

    def edges(self) -> dict[int, list[Grant]]:
        """What counts, by its holder."""
        found: dict[int, list[Grant]] = defaultdict(list)
        for grant in self.grants:
            if grant.seen != "absent":
                found[grant.account_id].append(grant)
        return found


def drawn(told: list[tuple[int, int, str, str, set[str]]]) -> Graph:
    """Draw it. Roles are the accounts after everyone; two grants of the same differ by their grantor."""
    system = SystemFactory()
    accounts: list[Account] = [AccountFactory(system=system) for _ in range(ACCOUNTS)]
    Account.objects.filter(pk=accounts[0].pk).update(kind=Account.Kind.EVERYONE)
    accounts[0].kind = Account.Kind.EVERYONE
    what = [
        EntitlementFactory(system=system, native_type="membership", confers=accounts[1 + number], action="")
        for number in range(ROLES)
    ] + [EntitlementFactory(system=system, native_type=kind, action="") for kind in ("superuser", "table", "table")]
    grants: list[Grant] = [
        GrantFactory(
            account=accounts[holder],
            entitlement=what[number],
            effect=effect,
            seen=seen,
            origin=str(place),
            risk=place,
            native={option: option in options for option in ("inherit", "settable", "grantable")},
        )
        for place, (holder, number, effect, seen, options) in enumerate(told)
    ]
    return Graph(accounts, grants)


@dataclass(frozen=True)
class Walker:
    """Somebody on their way: whether they are whom they came to, or only have its rights; and over which grants."""

    account: int
    is_it: bool
    admitted: bool
    been: tuple[int, ...]
    way: tuple[int, ...] = ()

    def over(self, grant: Grant) -> list["Walker"]:
        """Go on over a membership, in every way that its options leave."""
        role, options = grant.entitlement.confers_id, grant.native
        assert role is not None
        be = self.is_it and options["settable"]
        found = [(be, self.admitted)] if be or options["inherit"] else []
        found += [(True, True)] if options["grantable"] else []
        return [Walker(role, be, admitted, (*self.been, role), (*self.way, grant.pk)) for be, admitted in found]


def ends(graph: Graph, walker: Walker) -> Iterator[tuple[int, tuple[int, ...], bool]]:
    """Yield what is reached on from here, passing no account twice: by which grants, and whether by self-admission."""
    for grant in graph.edges()[walker.account]:
        what, way = grant.entitlement, (*walker.way, grant.pk)
        if grant.effect == Grant.Effect.ALLOW and what.confers_id is not None:
            for further in walker.over(grant):
                yield what.pk, way, further.admitted
                if what.confers_id not in walker.been and len(way) <= reaching.LONGEST:
                    yield from ends(graph, further)
        elif grant.effect == Grant.Effect.ALLOW and (what.native_type != "superuser" or walker.is_it):
            yield what.pk, way, walker.admitted


def oracle(graph: Graph, start: list[int]) -> dict[int, dict[tuple[int, ...], bool]]:
    """Return all ways to each entitlement, from the accounts and from everyone: True for those by self-admission."""
    found: dict[int, dict[tuple[int, ...], bool]] = defaultdict(dict)
    for account in {*start, graph.accounts[0].pk} if start else set():
        for entitlement, way, admitted in ends(graph, Walker(account, is_it=True, admitted=False, been=(account,))):
            found[entitlement][way] = found[entitlement].get(way, True) and admitted
    return found


def standing(graph: Graph, start: list[int]) -> set[int]:
    """Return everybody whose rights are reached, however far away."""
    todo = [Walker(each, is_it=True, admitted=False, been=()) for each in start and {*start, graph.accounts[0].pk}]
    been: set[tuple[int, bool]] = set()
    while todo:
        here = todo.pop()
        if (here.account, here.is_it) not in been:
            been.add((here.account, here.is_it))
            roles = [
                each for each in graph.edges()[here.account] if each.effect == "allow" and each.entitlement.confers_id
            ]
            todo += [further for each in roles for further in here.over(each)]
    return {account for account, _ in been}


def limits(graph: Graph, holders: set[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for holder in holders:
        for grant in graph.edges()[holder]:
            if grant.effect != Grant.Effect.ALLOW:
                found[grant.entitlement_id].add(grant.pk)
    return found


@settings(max_examples=20)
@given(graphs, st.sets(st.integers(0, ACCOUNTS - 1), max_size=3))
@example(everywhere, {ACCOUNTS - 1})
@example(everywhere, {0, 1})
def test_it_finds_what_a_plain_walk_finds(told: list[Any], starting: set[int]):
    with rolled_back():
        graph = drawn(told)
        start = [graph.accounts[each].pk for each in starting]
        found = reaching.reach_from(start, at=clock.now())
        expected, facts = oracle(graph, start), limits(graph, standing(graph, start))
        by_pk = {grant.pk: grant for grant in graph.grants}
        everyone = graph.accounts[0].pk
        assert {each.entitlement.pk for each in found} == expected.keys()
        assert found.entitlements == len(expected)
        for each in found:
            everything = expected[each.entitlement.pk]
            told_ways = [tuple(grant.pk for grant in path.grants) for path in each.paths]
            assert [path.admitting for path in each.paths] == [everything[way] for way in told_ways]
            assert each.admitting == all(everything.values())
            assert len(set(told_ways)) == len(told_ways) == min(reaching.PATHS, len(told_ways) + each.more)
            assert set(told_ways) <= everything.keys()
            assert len(told_ways[0]) == min(
                len(way)
                for way, admitted in everything.items()
                if (each.through_everyone or by_pk[way[0]].account_id != everyone)
                and admitted == each.paths[0].admitting
            )
            assert len(told_ways) + each.more <= len(everything)
            assert not each.counted or len(told_ways) + each.more == len(everything)
            assert each.through_everyone == all(by_pk[way[0]].account_id == everyone for way in everything)
            assert {grant.pk for grant in each.limits} == facts.get(each.entitlement.pk, set())
