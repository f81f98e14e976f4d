"""Agents are registered: who answers for them, which accounts are theirs, and which grants that makes due."""

import pytest

from governance import registering
from governance.errors import Invalid
from governance.models import Agent, Claim, Entry, Ownership
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ClaimFactory,
    GrantFactory,
    OrgUnitFactory,
    OwnershipFactory,
    PersonFactory,
    SystemFactory,
)
from tests.governance.traces import ACTOR, acts, due

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return AgentFactory()


@pytest.fixture
def grant(agent):
    grant = GrantFactory()
    ClaimFactory(agent=agent, account=grant.account)
    return grant


def test_another_manager_makes_the_agents_grants_due(agent, grant, at):
    owner = OwnershipFactory(agent=agent).person
    assert registering.set_manager(person=owner, manager=PersonFactory(), at=at, actor=ACTOR)
    assert due(grant)


def test_an_owner_follows_another(agent, grant, at):
    before = OwnershipFactory(agent=agent)
    person = PersonFactory()
    registering.set_owner(agent=agent, person=person, at=at, actor=ACTOR)
    before.refresh_from_db()
    assert before.until == at
    assert agent.accountable(at) == person
    assert acts() == ["ownership.closed", "ownership.opened"]
    assert due(grant)


def test_the_same_owner_changes_nothing(agent, grant, at):
    before = OwnershipFactory(agent=agent)
    assert registering.set_owner(agent=agent, person=before.person, at=at, actor=ACTOR) == before
    assert acts() == []
    assert not due(grant)


def test_where_an_agent_may_work_is_stated_as_a_whole(agent, grant, at):
    here, there = SystemFactory(), SystemFactory()
    assert registering.allow_systems(agent=agent, systems=[here, there], at=at, actor=ACTOR)
    assert due(grant)
    assert registering.allow_systems(agent=agent, systems=[there], at=at, actor=ACTOR)
    assert not registering.allow_systems(agent=agent, systems=[there], at=at, actor=ACTOR)
    assert list(agent.allowed_systems.all()) == [there]
    assert acts() == ["agent.changed"] * 2
    assert Entry.objects.newest_first()[0].body == {"changed": ["allowed_systems"], "allowed_systems": [str(there.pk)]}


def test_an_agent_can_be_left_without_an_owner(agent, at):
    OwnershipFactory(agent=agent)
    registering.end_owner(agent=agent, at=at, actor=ACTOR)
    assert agent.accountable(at) is None


def test_deputies_stand_in_their_order(agent, at):
    first, second, third = PersonFactory.create_batch(3)
    registering.set_deputies(agent=agent, people=[first, second], at=at, actor=ACTOR)
    registering.set_deputies(agent=agent, people=[third, second], at=at, actor=ACTOR)
    assert [each.person for each in agent.line()] == [third, second]
    told = len(acts())
    registering.set_deputies(agent=agent, people=[third, second], at=at, actor=ACTOR)
    assert len(acts()) == told
    assert Ownership.objects.filter(person=first, until=None).count() == 0


def test_a_claim_lays_the_grants_into_the_agents_unit_and_several_into_the_systems(agent, at):
    grant = GrantFactory()
    registering.claim_account(agent=agent, account=grant.account, at=at, actor=ACTOR)
    grant.refresh_from_db()
    assert grant.unit == agent.unit
    assert due(grant)
    other = AgentFactory()
    registering.claim_account(agent=other, account=grant.account, at=at, actor=ACTOR)
    grant.refresh_from_db()
    assert grant.unit == grant.account.system.unit
    registering.release_account(agent=other, account=grant.account, at=at, actor=ACTOR)
    grant.refresh_from_db()
    assert grant.unit == agent.unit
    assert acts() == ["claim.opened", "claim.opened", "claim.closed"]


def test_a_claim_is_made_once(agent, at):
    account = AccountFactory()
    first = registering.claim_account(agent=agent, account=account, basis="x" * 300, at=at, actor=ACTOR)
    assert registering.claim_account(agent=agent, account=account, at=at, actor=ACTOR) == first
    assert Claim.objects.get().basis == "x" * 200, "a long name in it loses its end"


def test_a_new_account_makes_all_that_the_agent_holds_due(agent, grant, at):
    registering.claim_account(agent=agent, account=AccountFactory(), at=at, actor=ACTOR)
    assert due(grant)


def test_a_retired_name_is_not_used_again(agent, at):
    registering.change_agent(agent=agent, lifecycle="retired", at=at, actor=ACTOR)
    with pytest.raises(Invalid, match="retired agent"):
        registering.register_agent(name=agent.name, unit=agent.unit, at=at, actor=ACTOR)
    with pytest.raises(Invalid, match="retired agent"):
        registering.change_agent(agent=agent, lifecycle="active", at=at, actor=ACTOR)


def test_an_agents_grants_move_with_it(agent, grant, at):
    unit = OrgUnitFactory()
    assert registering.change_agent(agent=agent, unit=unit, purpose="books", at=at, actor=ACTOR) == ["unit", "purpose"]
    grant.refresh_from_db()
    assert grant.unit == unit
    assert due(grant)
    assert registering.change_agent(agent=agent, unit=unit, at=at, actor=ACTOR) == []
    assert acts() == ["agent.changed"]


def test_it_refuses_a_strange_word_about_an_agent(agent, at):
    with pytest.raises(Invalid, match="lifecycle 'asleep' is unknown; one of proposed"):
        registering.change_agent(agent=agent, lifecycle="asleep", at=at, actor=ACTOR)
    with pytest.raises(Invalid, match="autonomy 'full' is unknown"):
        registering.register_agent(name="x", unit=agent.unit, autonomy="full", at=at, actor=ACTOR)
    with pytest.raises(Invalid, match="colour cannot be changed"):
        registering.change_agent(agent=agent, colour="red", at=at, actor=ACTOR)


def test_an_agent_is_registered_once(at):
    unit = OrgUnitFactory()
    first = registering.register_agent(name="helper", unit=unit, purpose="helps", at=at, actor=ACTOR)
    assert registering.register_agent(name="helper", unit=unit, at=at, actor=ACTOR) == first
    assert Agent.objects.get().purpose == "helps"
    assert acts() == ["agent.registered"]
    with pytest.raises(Invalid, match="name is missing"):
        registering.register_agent(name=" ", unit=unit, at=at, actor=ACTOR)
