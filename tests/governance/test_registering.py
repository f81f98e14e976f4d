"""The verbs of registering: what they write, what they refuse, what they tell the ledger, and what they make due."""

from datetime import timedelta
from typing import Any

import pytest

from governance import clock, registering
from governance.errors import Conflict, Invalid
from governance.models import (
    Entry,
    ExternalIdentity,
    GrantDue,
    LedgerSecret,
    Organisation,
    OrgUnitClosure,
    Policy,
    Source,
    System,
    SystemSecret,
)
from governance.registering import Connection
from tests.factories import AccountFactory, GrantFactory, PersonFactory, SystemFactory
from tests.governance.traces import ACTOR, acts, due

pytestmark = pytest.mark.django_db


def test_a_person_is_registered_once_whatever_the_case_of_letters():
    first = registering.register_person(email="Ada@Skyway.example", name="Ada", actor=ACTOR)
    again = registering.register_person(email="ada@skyway.EXAMPLE", name="Ada", actor=ACTOR)
    assert first == again
    assert not first.has_usable_password()
    assert acts() == ["person.imported"]


def test_names_enter_the_ledger_as_commitments_only():
    registering.register_person(email="ada@skyway.example", name="Ada Lovelace", actor=ACTOR)
    entry = Entry.objects.get()
    assert "Lovelace" not in str(entry.body)
    assert set(entry.commitments) == {"email", "name", "time_zone"}
    assert LedgerSecret.objects.filter(value="Ada Lovelace").exists()


def test_what_people_write_freely_enters_the_ledger_as_a_commitment_only(at):
    registering.set_organisation(name="word-1", actor=ACTOR)
    unit = registering.make_unit(name="word-2", actor=ACTOR)
    agent = registering.register_agent(name="word-3", unit=unit, purpose="word-4", at=at, actor=ACTOR)
    registering.change_agent(agent=agent, purpose="word-5", at=at, actor=ACTOR)
    registering.claim_account(agent=agent, account=AccountFactory(), basis="word-6", at=at, actor=ACTOR)
    assert acts() == ["organisation.set", "unit.created", "agent.registered", "agent.changed", "claim.opened"]
    assert "word" not in str(list(Entry.objects.values_list("body", flat=True)))
    kept = set(LedgerSecret.objects.values_list("value", flat=True))
    assert kept == {f"word-{number}" for number in range(1, 7)}


def test_a_changed_name_is_told():
    registering.register_person(email="ada@skyway.example", name="Ada", actor=ACTOR)
    person = registering.register_person(email="ada@skyway.example", name="Ada L.", time_zone="Asia/Tokyo", actor=ACTOR)
    assert (person.name, person.time_zone) == ("Ada L.", "Asia/Tokyo")
    assert acts()[-1] == "person.changed"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"email": "nobody", "name": "N"}, "is no address"),
        ({"email": "n@skyway.example", "name": ""}, "name is missing"),
        ({"email": "n@skyway.example", "name": "N", "time_zone": "Mars/Base"}, "time zone 'Mars/Base' is unknown"),
    ],
)
def test_it_refuses_a_strange_person(fields, reason):
    with pytest.raises(Invalid, match=reason):
        registering.register_person(**fields, actor=ACTOR)


def test_nobody_reports_to_themselves_at_any_distance(at):
    top = PersonFactory()
    middle = PersonFactory(manager=top)
    low = PersonFactory(manager=middle)
    for manager in (top, low):
        with pytest.raises(Invalid, match="nobody can report to themselves"):
            registering.set_manager(person=top, manager=manager, at=at, actor=ACTOR)


def test_units_are_made_along_a_path_with_their_closure():
    support = registering.unit_at("Operations/Support", actor=ACTOR)
    assert registering.unit_at("Operations / Support", actor=ACTOR) == support
    assert registering.unit_at("Support", actor=ACTOR) == support
    pairs = OrgUnitClosure.objects.filter(descendant=support).order_by("depth")
    assert [(pair.ancestor.name, pair.depth) for pair in pairs] == [("Support", 0), ("Operations", 1)]
    assert acts() == ["unit.created", "unit.created"]


@pytest.mark.parametrize("top", ["Meridian A/S", "A / B / C"])
def test_a_separator_may_belong_to_a_units_name(top):
    unit = registering.make_unit(name=top, actor=ACTOR)
    support = registering.unit_at(f"{top}/Operations/Support", actor=ACTOR)
    assert registering.unit_at(f" {top} / Operations", actor=ACTOR) == support.parent
    assert registering.unit_at(top, actor=ACTOR) == registering.unit_called("unit", top) == unit
    assert registering.unit_called("unit", f"{top}/Operations/Support") == support
    with pytest.raises(Invalid, match="Support lies in Operations"):
        registering.unit_called("unit", f"{top}/Support")
    with pytest.raises(Invalid, match="empty part"):
        registering.unit_at(f"{top}/", actor=ACTOR)


@pytest.mark.parametrize("path", ["Sales/Support", "Support/Support", "Operations//Support", ""])
def test_it_refuses_a_path_that_contradicts_what_is_there(path):
    registering.unit_at("Operations/Support", actor=ACTOR)
    with pytest.raises(Invalid, match=r"unit"):
        registering.unit_at(path, actor=ACTOR)


def test_the_organisation_is_one_row():
    registering.set_organisation(name="Skyway", actor=ACTOR)
    registering.set_organisation(name="Skyway", actor=ACTOR)
    registering.set_organisation(name="Skyway Air", time_zone="Europe/Paris", actor=ACTOR)
    assert Organisation.objects.get().name == "Skyway Air"
    assert acts() == ["organisation.set", "organisation.set"]
    with pytest.raises(Invalid, match="working days"):
        registering.set_organisation(name="Skyway", working_days=[0], actor=ACTOR)


def test_a_policy_keeps_what_is_not_stated_and_makes_everything_due(at):
    grant = GrantFactory()
    registering.set_policy(parameters={"unused_runs": 5}, at=at, actor=ACTOR)
    policy = registering.set_policy(parameters={"undo_seconds": 60}, at=clock.now(), actor=ACTOR)
    assert (policy.number, policy.parameters.unused_runs, policy.parameters.undo_seconds) == (2, 5, 60)
    assert registering.set_policy(parameters={"unused_runs": 5}, at=clock.now(), actor=ACTOR) == policy
    assert Policy.objects.count() == 2
    assert due(grant)


def test_it_refuses_a_strange_parameter_by_name(at):
    with pytest.raises(Invalid, match=r"policy\.unsued_runs is not a parameter"):
        registering.set_policy(parameters={"unsued_runs": 5}, at=at, actor=ACTOR)


CONFIG = {"host": "db.example", "user": "reader", "databases": ["air"], "password": "env:AIR_PASSWORD"}


def connection(owner, **more):
    """A connection as an operator states it; its name is its slug's."""
    stated = {"slug": "air", "name": "Air", "kind": "postgresql", "config": CONFIG, "owner": owner, "unit": owner.unit}
    return Connection(**stated | more)


def test_a_system_is_connected_and_its_secret_sealed(at, settings):
    settings.ENCRYPTION_KEYS = {"k1": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}
    owner = PersonFactory()
    config = {name: value for name, value in CONFIG.items() if name != "password"}
    sealed = connection(owner, config=config, secrets={"password": "hush"})
    system = registering.connect_system(connection=sealed, at=at, actor=ACTOR)
    assert "hush" not in repr(sealed)
    assert b"hush" not in bytes(SystemSecret.objects.get(system=system).sealed)
    assert acts() == ["system.connected"]
    assert "hush" not in str(Entry.objects.get().body)
    registering.connect_system(connection=connection(owner, config=config), at=at, actor=ACTOR)
    assert acts() == ["system.connected"]
    registering.connect_system(connection=connection(owner, config=config, name="Airline"), at=at, actor=ACTOR)
    assert System.objects.get().name == "Airline"
    assert acts()[-1] == "system.changed"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"kind": "abacus"}, "there is no connector 'abacus'"),
        ({"slug": "a b"}, "slug 'a b'"),
        ({"config": CONFIG | {"password": "hush"}}, "password is a secret"),
        ({"secrets": {"password": "hush"}}, "password is given twice"),
        ({"config": {}}, "postgresql needs the secret password"),
        ({"config": CONFIG | {"port": "5432"}}, "config: port must be a whole number"),
        ({"config": CONFIG | {"colour": "blue"}}, "unknown in the configuration: colour"),
        ({"config": CONFIG | {"databases": []}}, "databases must be a list"),
    ],
)
def test_it_refuses_a_strange_system(at, more, reason):
    with pytest.raises(Invalid, match=reason):
        registering.connect_system(connection=connection(PersonFactory(), **more), at=at, actor=ACTOR)


def test_a_source_says_what_its_tools_mean():
    system = SystemFactory()
    mapping = {"pay": {"action": "execute", "resource": "f"}}
    registering.set_source(name="tools", system=system, mapping=mapping, at=clock.now(), actor=ACTOR)
    registering.set_source(name="tools", system=system, at=clock.now(), actor=ACTOR)
    assert Source.objects.get().mapping == mapping
    assert acts() == ["source.changed"]
    with pytest.raises(Invalid, match="'pay' needs"):
        registering.set_source(
            name="tools", system=system, mapping={"pay": {"action": "execute"}}, at=clock.now(), actor=ACTOR
        )
    with pytest.raises(Invalid, match="another system needs another source"):
        registering.set_source(name="tools", system=SystemFactory(), at=clock.now(), actor=ACTOR)


def test_whose_word_use_is_decides_anew_what_is_unused():
    grant = GrantFactory()
    system = grant.account.system
    stated = {"name": "tools", "system": system, "at": clock.now(), "actor": ACTOR}
    registering.set_source(**stated)
    assert GrantDue.objects.get().grant == grant, "a log that is new may leave out what was called unused"
    GrantDue.objects.all().delete()
    registering.set_source(**stated)
    assert not GrantDue.objects.exists()
    registering.set_source(**stated, provenance="system")
    assert GrantDue.objects.get().grant == grant
    registering.set_source(**stated)
    assert Source.objects.get().provenance == "system", "what is not given stays"


def test_what_is_not_given_of_a_connected_system_stays(at):
    owner, config = PersonFactory(), CONFIG
    registering.connect_system(connection=connection(owner, config=config), at=at, actor=ACTOR)
    registering.connect_system(connection=connection(owner, config=None, name=None), at=at, actor=ACTOR)
    system = System.objects.get()
    assert (system.name, system.config) == ("Air", config)
    registering.connect_system(connection=connection(owner, slug="sea", name=None), at=at, actor=ACTOR)
    assert System.objects.get(slug="sea").name == "sea"
    with pytest.raises(Invalid, match="There is a system called 'Air' already"):
        registering.connect_system(connection=connection(owner, slug="land"), at=at, actor=ACTOR)
    registering.connect_system(connection=connection(owner, name="land"), at=at, actor=ACTOR)
    with pytest.raises(Invalid, match="There is a system called 'land' already"):
        registering.connect_system(connection=connection(owner, slug="land", name=None), at=at, actor=ACTOR)


def test_an_identity_belongs_to_one_person():
    person, other = PersonFactory.create_batch(2)
    stated = {"scheme": "slack", "issuer": "T1", "value": "U1"}
    assert registering.link_identity(person=person, **stated, actor=ACTOR).person == person
    with pytest.raises(Invalid, match="somebody else"):
        registering.link_identity(person=other, **stated, actor=ACTOR)
    assert acts() == ["identity.linked"]


def test_a_link_ends_with_a_reason_and_the_identity_is_free_again(at):
    person, other = PersonFactory.create_batch(2)
    stated = {"scheme": "slack", "issuer": "T1", "value": "U1"}
    linked = registering.link_identity(person=person, **stated, actor=ACTOR)
    with pytest.raises(Invalid, match="say why"):
        registering.unlink_identity(identity=linked, reason=" ", at=at, actor=ACTOR)
    registering.unlink_identity(identity=linked, reason="somebody else's user", at=at, actor=ACTOR)
    with pytest.raises(Conflict, match="has ended already"):
        registering.unlink_identity(identity=linked, reason="twice", at=at, actor=ACTOR)
    assert registering.link_identity(person=other, **stated, actor=ACTOR).person == other
    assert ExternalIdentity.objects.get(person=person).until == at, "what ended stays as evidence"
    assert acts() == ["identity.linked", "identity.unlinked", "identity.linked"]


def test_what_a_place_says_of_an_identity_is_kept_and_entered_once(at):
    linked = registering.link_identity(person=PersonFactory(), scheme="slack", issuer="T1", value="U1", actor=ACTOR)
    said = [
        registering.set_outside(identity=linked, outside=outside, told_at=at, at=at, actor=ACTOR).outside_since
        for outside in (False, True, True, False)
    ]
    assert said == [None, at, at, None]
    assert acts() == ["identity.linked", "identity.left", "identity.returned"]


def test_what_a_place_tells_of_an_earlier_moment_is_over(at):
    linked = registering.link_identity(person=PersonFactory(), scheme="slack", issuer="T1", value="U1", actor=ACTOR)
    before = at - timedelta(minutes=5)
    said = [
        registering.set_outside(identity=linked, outside=outside, told_at=told_at, at=at, actor=ACTOR).outside_since
        for outside, told_at in ((False, at), (True, before))
    ]
    assert said == [None, None]
    assert acts() == ["identity.linked"]


def test_text_that_no_row_can_hold_is_refused_by_every_verb_and_word(at):
    grant = GrantFactory()
    system, bad = grant.account.system, "a\ud800"
    identity: dict[str, Any] = {"person": PersonFactory(), "scheme": "slack", "issuer": "T1", "actor": ACTOR}
    calls = {
        "person": lambda: registering.person_called("person", "\0"),
        "unit": lambda: registering.unit_called("unit", bad),
        "system": lambda: registering.system_called(bad),
        "account": lambda: registering.account_called(system, bad),
        "entitlement": lambda: registering.entitlement_called(system, bad),
        "origin": lambda: registering.grant_of(grant.account, grant.entitlement, bad),
        "reason": lambda: registering.disclaim_account(account=grant.account, reason=bad, by=PersonFactory(), at=at),
        "value": lambda: registering.link_identity(value=bad, **identity),
        "name": lambda: registering.set_organisation(name=bad, actor=ACTOR),
    }
    for field, call in calls.items():
        with pytest.raises(Invalid, match=rf"^{field} has U\+") as refusal:
            call()
        assert refusal.value.field == field
