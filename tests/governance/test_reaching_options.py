"""What a membership's options, an account itself and what a connector knows make of what an agent can do."""

import pytest

from governance.models import Account, Entitlement
from tests.factories import AccountFactory, ClaimFactory, EntitlementFactory, GrantFactory, SystemFactory
from tests.governance.test_reaching import agent, all_of, login, role, system, viewer

__all__ = ["agent", "login", "system", "viewer"]
pytestmark = pytest.mark.django_db


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
