"""Reach against a plain oracle that walks every way there is, on graphs that nobody would draw."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from governance import clock, reaching
from governance.models import Account, Entitlement, Grant
from tests.factories import AccountFactory, EntitlementFactory, GrantFactory, SystemFactory
from tests.governance.policy.test_checks import rolled_back

pytestmark = pytest.mark.django_db

ACCOUNTS, ROLES, THINGS = 6, 4, 3  # accounts of which the first is everyone; roles that are some of them; what is held

held = st.tuples(
    st.integers(0, ACCOUNTS - 1),
    st.integers(0, ROLES + THINGS - 1),
    st.sampled_from(["allow", "allow", "allow", "deny", "ceiling"]),
    st.sampled_from(["present", "present", "present", "unknown", "absent"]),
)
graphs = st.lists(held, max_size=40)
everywhere = [(account, role, "allow", "present") for account in range(ACCOUNTS) for role in range(ROLES + THINGS)]


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


def drawn(told: list[tuple[int, int, str, str]]) -> Graph:
    """Draw it. Roles are the accounts after everyone; two grants of the same differ by their grantor."""
    system = SystemFactory()
    accounts: list[Account] = [AccountFactory(system=system) for _ in range(ACCOUNTS)]
    Account.objects.filter(pk=accounts[0].pk).update(kind=Account.Kind.EVERYONE)
    accounts[0].kind = Account.Kind.EVERYONE
    what = [
        EntitlementFactory(system=system, native_type="membership", confers=accounts[1 + number], action="")
        for number in range(ROLES)
    ] + [EntitlementFactory(system=system, action="") for _ in range(THINGS)]
    grants: list[Grant] = [
        GrantFactory(
            account=accounts[holder], entitlement=what[number], effect=effect, seen=seen, origin=str(place), risk=place
        )
        for place, (holder, number, effect, seen) in enumerate(told)
    ]
    return Graph(accounts, grants)


def ways(
    graph: Graph, account: int, been: tuple[int, ...], way: tuple[int, ...]
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield every way on from an account that passes no account twice: what is reached, and over which grants."""
    for grant in graph.edges()[account]:
        if grant.effect != Grant.Effect.ALLOW:
            continue
        yield grant.entitlement_id, (*way, grant.pk)
        role = grant.entitlement.confers_id
        if role is not None and role not in been and len(way) < reaching.LONGEST:
            yield from ways(graph, role, (*been, role), (*way, grant.pk))


def oracle(graph: Graph, start: list[int]) -> dict[int, set[tuple[int, ...]]]:
    """Return all ways to each entitlement, from the accounts and from everyone."""
    found: dict[int, set[tuple[int, ...]]] = defaultdict(set)
    for account in {*start, graph.accounts[0].pk} if start else set():
        for entitlement, way in ways(graph, account, (account,), ()):
            found[entitlement].add(way)
    return found


def limits(graph: Graph, holders: set[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for holder in holders:
        for grant in graph.edges()[holder]:
            if grant.effect != Grant.Effect.ALLOW:
                found[grant.entitlement_id].add(grant.pk)
    return found


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(graphs, st.sets(st.integers(0, ACCOUNTS - 1), max_size=3))
@example(everywhere, {ACCOUNTS - 1})
@example(everywhere, {0, 1})
def test_it_finds_what_a_plain_walk_finds(told: list[Any], starting: set[int]):
    with rolled_back():
        graph = drawn(told)
        start = [graph.accounts[each].pk for each in starting]
        found = reaching.reach_from(start, at=clock.now())
        expected = oracle(graph, start)
        by_pk = {grant.pk: grant for grant in graph.grants}
        everyone = graph.accounts[0].pk
        assert {each.entitlement.pk for each in found} == expected.keys()
        assert found.entitlements == len(expected)
        holders = {*start, everyone, *Entitlement.objects.filter(pk__in=expected).values_list("confers", flat=True)}
        facts = limits(graph, holders) if start else {}
        for each in found:
            everything = expected[each.entitlement.pk]
            told_ways = [tuple(grant.pk for grant in path.grants) for path in each.paths]
            assert len(set(told_ways)) == len(told_ways) == min(reaching.PATHS, len(told_ways) + each.more)
            assert set(told_ways) <= everything
            assert len(told_ways[0]) == min(
                len(way) for way in everything if each.through_everyone or by_pk[way[0]].account_id != everyone
            )
            assert len(told_ways) + each.more <= len(everything)
            assert not each.counted or len(told_ways) + each.more == len(everything)
            assert each.through_everyone == all(by_pk[way[0]].account_id == everyone for way in everything)
            assert {grant.pk for grant in each.limits} == facts.get(each.entitlement.pk, set())
