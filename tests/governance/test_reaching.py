"""What an agent can do by any path, and that nothing else is said of it."""

from datetime import timedelta

import pytest

from governance import access, clock, reaching
from governance.access import Right
from governance.errors import NotAllowed
from governance.ledger import Actor
from governance.models import Account, Agent, Entitlement, Grant, Person
from governance.reaching import Reach, Reached
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ClaimFactory,
    EntitlementFactory,
    GrantFactory,
    OrgUnitFactory,
    PersonFactory,
    SystemFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def system():
    return SystemFactory(name="Airline PostgreSQL")


@pytest.fixture
def agent() -> Agent:
    return AgentFactory()


@pytest.fixture
def login(agent, system) -> Account:
    return ClaimFactory(agent=agent, account=AccountFactory(system=system, name="bot")).account


@pytest.fixture
def viewer(agent) -> Person:
    return permitted(agent.unit)


def permitted(unit) -> Person:
    person = PersonFactory()
    access.permit(who=person, unit=unit, right=Right.VIEW, actor=Actor.operator("test"))
    return person


def role(system, name: str) -> tuple[Account, Entitlement]:
    """A role, and the membership in it."""
    account = AccountFactory(system=system, name=name, kind=Account.Kind.ROLE)
    membership = EntitlementFactory(
        system=system, native_type="membership", name=f"member of {name}", confers=account, action=""
    )
    return account, membership


def everyone(system) -> Account:
    return AccountFactory(system=system, kind=Account.Kind.EVERYONE, name="PUBLIC", native_id="0")


def ways(reached: Reached) -> list[list[Grant]]:
    return [list(path.grants) for path in reached.paths]


def all_of(agent, viewer) -> Reach:
    return reaching.reach(agent=agent, at=clock.now(), to=viewer)


def test_what_an_account_holds_is_reached_in_one_step(agent, login, viewer):
    grant = GrantFactory(account=login)
    (only,) = all_of(agent, viewer)
    assert (only.entitlement, ways(only), only.more, only.counted) == (grant.entitlement, [[grant]], 0, True)
    assert not only.through_everyone
    assert only.paths[0].account == login


def test_an_agent_without_an_account_reaches_nothing(agent, viewer):
    GrantFactory()
    assert all_of(agent, viewer) == Reach((), 0, 0)


def test_a_role_brings_what_it_holds_and_what_its_roles_hold(agent, login, system, viewer):
    (staff, in_staff), (crew, in_crew) = role(system, "staff"), role(system, "crew")
    first, second = GrantFactory(account=login, entitlement=in_staff), GrantFactory(account=staff, entitlement=in_crew)
    last = GrantFactory(account=crew)
    found = {each.entitlement: ways(each) for each in all_of(agent, viewer)}
    assert found == {
        in_staff: [[first]],
        in_crew: [[first, second]],
        last.entitlement: [[first, second, last]],
    }


def test_every_way_is_told_the_shortest_first_and_everyones_last(agent, login, system, viewer):
    staff, in_staff = role(system, "staff")
    wanted = EntitlementFactory(system=system)
    public = GrantFactory(account=everyone(system), entitlement=wanted)
    member = GrantFactory(account=login, entitlement=in_staff)
    by_role = GrantFactory(account=staff, entitlement=wanted)
    direct = GrantFactory(account=login, entitlement=wanted)
    twice = GrantFactory(account=login, entitlement=wanted, origin="another grantor")
    found = next(each for each in all_of(agent, viewer) if each.entitlement == wanted)
    assert ways(found) == [[direct], [twice], [member, by_role], [public]]
    assert not found.through_everyone
    assert [path.through_everyone for path in found.paths] == [False, False, False, True]


def test_everyone_of_the_same_system_comes_once_and_last(agent, login, system, viewer):
    ClaimFactory(agent=agent, account=AccountFactory(system=system))
    mine = GrantFactory(account=login, risk=10)
    public = GrantFactory(account=everyone(system), risk=90)
    GrantFactory(account=everyone(SystemFactory()))
    found = all_of(agent, viewer)
    assert [each.entitlement for each in found] == [mine.entitlement, public.entitlement]
    assert [each.through_everyone for each in found] == [False, True]
    assert ways(found.reached[1]) == [[public]]
    assert (found.entitlements, found.through_everyone) == (2, 1)


def test_a_circle_of_roles_ends(agent, login, system, viewer):
    (one, in_one), (two, in_two) = role(system, "one"), role(system, "two")
    start = GrantFactory(account=login, entitlement=in_one)
    there = GrantFactory(account=one, entitlement=in_two)
    back = GrantFactory(account=two, entitlement=in_one)
    found = {each.entitlement: ways(each) for each in all_of(agent, viewer)}
    assert found == {in_one: [[start], [start, there, back]], in_two: [[start, there]]}


def test_deny_and_ceiling_are_facts_and_a_condition_could_allow(agent, login, system, viewer):
    conditional = GrantFactory(account=login, condition="only on Mondays")
    denied = GrantFactory(account=login, entitlement=conditional.entitlement, origin="x", effect=Grant.Effect.DENY)
    GrantFactory(account=login, effect=Grant.Effect.CEILING)
    staff, in_staff = role(system, "staff")
    GrantFactory(account=login, entitlement=in_staff, effect=Grant.Effect.DENY)
    GrantFactory(account=staff)
    (only,) = all_of(agent, viewer)
    assert (only.entitlement, only.limits) == (conditional.entitlement, (denied,))
    assert [path.conditional for path in only.paths] == [True]


def test_what_is_over_or_not_seen_any_more_is_not_reached_and_what_is_unknown_is(agent, login, viewer):
    now = clock.now()
    GrantFactory(account=login, closed_at=now, seen="absent")
    GrantFactory(account=login, seen="absent", intended="suspended")
    unknown = GrantFactory(account=login, seen="unknown")
    ClaimFactory(agent=agent, account=GrantFactory().account, until=now)
    assert [each.entitlement for each in all_of(agent, viewer)] == [unknown.entitlement]


def test_a_moment_that_has_passed_can_be_asked_about(agent, login, viewer):
    now = clock.now()
    ended = GrantFactory(account=login, closed_at=now)
    GrantFactory(account=login, held_since=now)
    found = reaching.reach(agent=agent, at=now - timedelta(days=1), to=viewer)
    assert [each.entitlement for each in found] == [ended.entitlement]
    assert not reaching.reach(agent=agent, at=now - timedelta(days=200), to=viewer).reached


def test_superuser_and_ownership_are_one_line_that_says_what_it_amounts_to(agent, login, system, viewer):
    superuser = EntitlementFactory(system=system, native_type="superuser", name="superuser", action="")
    owner = EntitlementFactory(system=system, native_type="owner", resource="airline.air.bookings", action="")
    for entitlement in (superuser, owner, EntitlementFactory(system=system)):
        GrantFactory(account=login, entitlement=entitlement)
    GrantFactory(account=AccountFactory(system=system))  # what others hold is not listed for a superuser
    found = {each.entitlement.native_type: each.implies for each in all_of(agent, viewer)}
    assert found == {
        "superuser": "everything in Airline PostgreSQL",
        "owner": "everything on airline.air.bookings",
        "function": "",
    }


def test_ways_beyond_those_that_are_told_are_counted(agent, login, system, viewer):
    wanted = EntitlementFactory(system=system)
    for number in range(reaching.PATHS + 3):
        GrantFactory(account=login, entitlement=wanted, origin=f"grantor {number}")
    (only,) = all_of(agent, viewer)
    assert (len(only.paths), only.more, only.counted) == (reaching.PATHS, 3, True)


def test_where_roles_meet_too_often_there_are_at_least_so_many(agent, login, system, viewer):
    top, in_top = role(system, "top")
    for number in range(reaching.CHAINS + 1):
        each, inside = role(system, f"role {number}")
        GrantFactory(account=login, entitlement=inside)
        GrantFactory(account=each, entitlement=in_top)
    last = GrantFactory(account=top)
    found = next(each for each in all_of(agent, viewer) if each.entitlement == last.entitlement)
    assert (len(found.paths), found.more, found.counted) == (reaching.PATHS, reaching.CHAINS - reaching.PATHS, False)


def test_what_lies_farther_than_any_path_that_is_told_is_reached_all_the_same(agent, login, system, viewer):
    here = login
    for number in range(reaching.LONGEST + 1):
        next_one, inside = role(system, f"role {number}")
        GrantFactory(account=here, entitlement=inside)
        here = next_one
    last = GrantFactory(account=here)
    found = next(each for each in all_of(agent, viewer) if each.entitlement == last.entitlement)
    assert (found.paths, found.more, found.counted) == ((), 1, False)


def test_a_limit_bounds_what_is_told_and_not_what_is_counted(agent, login, viewer):
    risks = [10, 90, 50]
    for risk in risks:
        GrantFactory(account=login, risk=risk)
    found = reaching.reach(agent=agent, at=clock.now(), to=viewer, limit=2)
    assert [path.grants[-1].risk for each in found for path in each.paths] == [90, 50]
    assert (found.entitlements, found.left_out) == (3, 1)


def test_an_account_alone_can_be_asked_about(login, system):
    grant = GrantFactory(account=login)
    seen = reaching.reach_of(account=login, at=clock.now(), to=permitted(system.unit))
    assert [each.entitlement for each in seen] == [grant.entitlement]


def test_it_is_for_those_who_may_see_the_agent_or_the_account(agent, login, viewer):
    stranger = permitted(OrgUnitFactory())
    with pytest.raises(NotAllowed, match="not yours to see"):
        reaching.reach(agent=agent, at=clock.now(), to=stranger)
    for person in (stranger, viewer):  # who sees the agent does not see the whole system
        with pytest.raises(NotAllowed, match="not yours to see"):
            reaching.reach_of(account=login, at=clock.now(), to=person)
