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


def member(account: Account, name: str, **options: bool) -> Account:
    """A role of which an account is a member, with these options."""
    there, inside = role(account.system, name)
    GrantFactory(account=account, entitlement=inside, native=options)
    return there


def test_a_membership_gives_what_its_options_say(agent, login, system, viewer):
    superuser = EntitlementFactory(system=system, native_type="superuser", name="superuser", action="")
    inherits = member(login, "inherits", inherit=True, settable=False)
    becomes = member(login, "becomes", inherit=False, settable=True)
    nothing = member(login, "nothing", inherit=False, settable=False)
    admits = member(login, "admits", inherit=False, settable=False, grantable=True)
    set_after_inherit = member(inherits, "set after inherit", inherit=False, settable=True)
    set_after_set = member(becomes, "set after set", inherit=False, settable=True)
    inherit_after_admission = member(admits, "inherit after admission", inherit=True, settable=False)
    told = {
        each.name: GrantFactory(account=each, entitlement__name=f"thing of {each.name}").entitlement.name
        for each in (inherits, becomes, nothing, admits, set_after_inherit, set_after_set, inherit_after_admission)
    }
    for each in (inherits, admits):
        GrantFactory(account=each, entitlement=superuser)
    found = {each.entitlement.name: each for each in all_of(agent, viewer)}
    assert {name for name, thing in told.items() if thing in found and not found[thing].admitting} == {
        *("inherits", "becomes", "set after set")
    }
    assert {name for name, thing in told.items() if thing in found and found[thing].admitting} == {
        *("admits", "inherit after admission")
    }
    assert {name: each.admitting for name, each in found.items() if name.startswith("member of")} == {
        "member of inherits": False,
        "member of becomes": False,
        "member of set after set": False,
        "member of admits": True,
        "member of inherit after admission": True,
    }
    everything = found["superuser"]  # of the role whose rights are inherited, one is not a superuser
    assert (everything.everything, everything.admitting) == (True, True)
    assert [(path.admits, path.grants[-1].account) for path in everything.paths] == [("admits", admits)]


def test_who_admits_itself_becomes_what_it_inherits(agent, login, system, viewer):
    both = member(login, "both", inherit=True, settable=False, grantable=True)
    thing = GrantFactory(account=both).entitlement
    GrantFactory(account=both, entitlement__system=system, entitlement__native_type="superuser")
    found = {each.entitlement.native_type: each for each in all_of(agent, viewer)}
    assert (found[thing.native_type].admitting, found["superuser"].admitting) == (False, True)
    assert [path.admits for path in found["superuser"].paths] == ["both"]


def test_it_is_said_to_which_role_one_would_admit_oneself(agent, login, viewer):
    only_admin = {"inherit": False, "settable": False, "grantable": True}
    first = member(login, "first", **only_admin)
    second = member(first, "second", inherit=True, settable=True, grantable=True)
    third = member(login, "third", inherit=True, settable=False, grantable=True)
    fourth = member(member(third, "between", inherit=False), "fourth", inherit=True, grantable=True)
    things = {GrantFactory(account=each).entitlement: name for each, name in ((second, "first"), (fourth, "third"))}
    found = {each.entitlement: [path.admits for path in each.paths] for each in all_of(agent, viewer)}
    assert {thing: found[thing] for thing in things} == {thing: [name] for thing, name in things.items()}


def test_what_an_account_may_by_itself_comes_with_becoming_it(agent, login, system, viewer):
    makes_roles = [{"name": "CREATEROLE", "says": "x may make roles", "risk": 75}]
    for name, options in [
        ("set", {"inherit": False}),
        ("inherited", {"settable": False}),
        ("admitted", {"inherit": False, "settable": False, "grantable": True}),
    ]:
        there = member(login, name, **options)
        Account.objects.filter(pk=there.pk).update(abilities=makes_roles, own_risk=75)
    Account.objects.filter(pk=login.pk).update(abilities=[{"name": "REPLICATION", "says": "x", "risk": 70}])
    found = all_of(agent, viewer).abilities
    assert [(each.account.name, each.name, each.band, each.admitting) for each in found] == [
        ("set", "CREATEROLE", "high", False),
        ("bot", "REPLICATION", "high", False),
        ("admitted", "CREATEROLE", "high", True),
    ]


def test_what_a_connector_knows_besides_is_told(agent, viewer):
    config = {"host": "db", "databases": ["air"], "user": "countersign"}
    system = SystemFactory(kind="postgresql", config=config | {"password": "env:NONE"})
    bot = ClaimFactory(agent=agent, account=AccountFactory(system=system, name="bot")).account
    _, reads = role(system, "pg_read_all_data")
    Entitlement.objects.filter(pk=reads.pk).update(resource="pg_read_all_data")
    GrantFactory(account=bot, entitlement=reads)
    owner = AccountFactory(system=system)

    def schema(name: str) -> Entitlement:
        GrantFactory(
            account=owner, entitlement__native_type="owner", entitlement__system=system, entitlement__resource=name
        )
        return EntitlementFactory(
            system=system,
            native_type="schema",
            native_id=f"air:schema:{name}:USAGE",
            name=f"USAGE on schema {name}",
            resource=name,
        )

    hidden, shown = schema("hidden"), schema("shown")
    GrantFactory(account=bot, entitlement=shown)
    for name in ("hidden", "shown", "unread"):
        table = EntitlementFactory(
            system=system, native_type="table", native_id=f"air:table:{name}.t:SELECT", name=f"SELECT on {name}.t"
        )
        GrantFactory(account=bot, entitlement=table)

    found = {each.entitlement.name: each for each in all_of(agent, viewer)}
    assert found["member of pg_read_all_data"].implies == "It reads every table, view and sequence of every database."
    assert {name: each.lacks for name, each in found.items() if each.lacks} == {"SELECT on hidden.t": (hidden.name,)}
    GrantFactory(account=bot, entitlement=Entitlement.objects.get(native_type="owner", resource="hidden"))
    assert not any(each.lacks for each in all_of(agent, viewer))


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
