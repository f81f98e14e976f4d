"""Whom to ask, in which order, and why them."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance import access, clock
from governance.models import Employment, ExternalIdentity, OrgUnit, Ownership
from reviews import routing
from reviews.models import Preference, Review, Workspace
from tests.factories import AgentFactory, GrantFactory, OrgUnitFactory, PersonFactory
from tests.reviews.factories import (
    AssignmentFactory,
    ItemFactory,
    ReviewFactory,
    SlackIdentityFactory,
    WorkspaceFactory,
)
from tests.reviews.scene import ACTOR, again

pytestmark = pytest.mark.django_db


def names(subject, agent=None) -> list[str]:
    return [each.person.name for each in routing.line(subject=subject, agent=agent, at=clock.now())]


def rules(subject, agent=None) -> list[str]:
    return [each.rule for each in routing.line(subject=subject, agent=agent, at=clock.now())]


def leave(person):
    person.employment = Employment.LEFT
    person.save()


def test_an_agents_grants_are_its_owners_then_the_deputies_in_order(scene):
    first = PersonFactory(name="Freja")
    scene.owns(first, role=Ownership.Role.DEPUTY, position=0)
    Ownership.objects.filter(person=scene.deputy).update(position=1)
    assert names(scene.grant(), scene.agent) == ["Maria", "Freja", "Deniz", "Tomas", "Ines"]
    assert rules(scene.grant(), scene.agent) == ["owner", "deputy", "deputy", "owners_manager", "governance"]


def test_a_sponsor_is_not_asked(scene):
    scene.owns(PersonFactory(name="Sponsor"), role=Ownership.Role.SPONSOR)
    assert "Sponsor" not in names(scene.grant(), scene.agent)


def test_whom_every_slack_workspace_calls_a_guest_is_not_asked(scene):
    left = SlackIdentityFactory(person=scene.owner, issuer=WorkspaceFactory().team_id, outside_since=clock.now())
    SlackIdentityFactory(person=scene.deputy, issuer=WorkspaceFactory().team_id)
    ended = SlackIdentityFactory(person=scene.owner, issuer=WorkspaceFactory().team_id, until=clock.now())
    assert names(scene.grant(), scene.agent)[:2] == ["Deniz", "Tomas"]
    SlackIdentityFactory(person=scene.owner, issuer=ended.issuer)
    assert names(scene.grant(), scene.agent)[0] == "Maria", "in another workspace she is a colleague"
    ExternalIdentity.objects.filter(person=scene.owner).exclude(pk=left.pk).update(until=clock.now())
    Workspace.objects.filter(team_id=left.issuer).update(state="uninstalled")
    assert names(scene.grant(), scene.agent)[0] == "Maria", "where we are not, Slack tells us nothing any more"


def test_the_grants_of_nobodys_account_are_the_system_owners(scene):
    grant = GrantFactory(account__system=scene.system)
    scene.system_owner.manager = PersonFactory(name="Chief")
    scene.system_owner.save()
    assert names(grant) == ["Omar", "Chief", "Ines"]
    assert rules(grant) == ["system_owner", "system_owners_manager", "governance"]


@pytest.mark.parametrize("subject", ["account", "system"])
def test_accounts_and_systems_are_the_system_owners(scene, subject):
    assert names(getattr(scene, subject)) == ["Omar", "Ines"]


def test_a_person_is_no_subject(scene):
    with pytest.raises(TypeError, match="lies in no system"):
        routing.system_of(scene.owner)


def test_whose_an_agent_is_is_asked_of_the_last_owners_manager(scene):
    leave(scene.owner)
    assert names(scene.agent) == ["Tomas", "Ines"]
    (first, _) = routing.line(subject=scene.agent, agent=None, at=clock.now())
    assert first.why == "because you manage Maria, the last owner of airline-support. Maria has left."


def test_an_agent_that_never_had_an_owner_is_governances(scene):
    assert names(AgentFactory(unit=scene.unit)) == ["Ines"]


@pytest.mark.parametrize(
    ("how", "because"),
    [
        ({"employment": Employment.LEFT}, "Maria has left."),
        ({"employment": Employment.AWAY, "away_until": "2031-03-04T00:00Z"}, "Maria is away until 4 Mar."),
    ],
)
def test_the_deputy_is_told_why_the_owner_is_not_asked(scene, how, because):
    type(scene.owner).objects.filter(pk=scene.owner.pk).update(**how)
    first = next(routing.line(subject=scene.grant(), agent=scene.agent, at=clock.now()))
    assert (first.person, first.rule) == (scene.deputy, "deputy")
    assert first.why == f"because you are a deputy for airline-support. {because}"


def test_the_owner_is_told_since_when(scene):
    Ownership.objects.filter(person=scene.owner).update(since="2026-03-02T12:00Z")
    first = next(routing.line(subject=scene.grant(), agent=scene.agent, at=clock.now()))
    assert first.why == "because you have owned airline-support since 2 Mar 2026."


def test_who_is_away_is_asked_again_when_back(scene):
    at = clock.now()
    scene.owner.employment, scene.owner.away_until = Employment.AWAY, at + timedelta(days=1)
    scene.owner.save()
    grant = scene.grant()
    assert next(routing.line(subject=grant, agent=scene.agent, at=at)).person == scene.deputy
    assert next(routing.line(subject=grant, agent=scene.agent, at=at + timedelta(days=1))).person == scene.owner


def test_who_may_not_log_in_is_passed_over(scene):
    type(scene.owner).objects.filter(pk=scene.owner.pk).update(is_active=False)
    assert names(scene.grant(), scene.agent)[0] == "Deniz"


def test_somebody_with_two_roles_is_asked_once_in_the_first(scene):
    access.permit(who=scene.owner, unit=scene.unit, right=access.Right.GOVERN, actor=ACTOR)
    scene.deputy.manager = scene.deputy
    line = list(routing.line(subject=scene.grant(), agent=scene.agent, at=clock.now()))
    assert [each.rule for each in line] == ["owner", "deputy", "owners_manager", "governance"]
    assert [each.person.name for each in line] == ["Maria", "Deniz", "Tomas", "Ines"]


def test_governors_of_a_unit_above_come_after_those_of_the_unit_itself(scene):
    top: OrgUnit = OrgUnitFactory()
    below = OrgUnitFactory(parent=top)
    near, far = PersonFactory(name="Near"), PersonFactory(name="Far")
    for who, unit in ((far, top), (near, below)):
        access.permit(who=who, unit=unit, right=access.Right.GOVERN, actor=ACTOR)
    assert names(AgentFactory(unit=below)) == ["Near", "Far"]


def test_nobody_able_is_an_empty_line(scene):
    for person in (scene.owner, scene.deputy, scene.manager, scene.governor):
        leave(person)
    assert names(scene.grant(), scene.agent) == []


# -- the next in line


def question(scene) -> Review:
    review = ReviewFactory(unit=scene.unit)
    ItemFactory(review=review, grant=scene.grant(), agent=scene.agent, finding=False)
    return review


def test_the_next_is_the_first_who_has_not_been_asked(scene):
    review = question(scene)
    asked = []
    for _ in range(4):
        candidate = routing.next_for(review, at=clock.now())
        AssignmentFactory(review=review, person=candidate.person, until=clock.now())
        asked.append(candidate.person.name)
    assert asked == ["Maria", "Deniz", "Tomas", "Ines"]
    assert routing.next_for(review, at=clock.now()) is None


def test_a_review_without_items_has_no_next(scene):
    assert routing.next_for(ReviewFactory(), at=clock.now()) is None


PEOPLE = ("owner", "deputy", "manager", "governor")


@settings(max_examples=15)
@given(
    able=st.fixed_dictionaries({name: st.booleans() for name in PEOPLE}),
    govern=st.sets(st.sampled_from(PEOPLE)),
)
def test_the_line_is_everybody_able_once_in_the_order_of_the_rules(scene, able, govern):
    for name in PEOPLE:
        person = again(getattr(scene, name))
        person.employment = Employment.ACTIVE if able[name] else Employment.LEFT
        person.save()
        change = access.permit if name in govern else access.withdraw
        change(who=person, unit=scene.unit, right=access.Right.GOVERN, actor=ACTOR)
    whole = ["owner", "deputy", "manager", *(["governor"] if "governor" in govern else [])]
    expected = [getattr(scene, name).name for name in whole if able[name]]
    assert names(GrantFactory(account=scene.account), again(scene.agent)) == expected


# -- delegates


def asked(scene) -> list[str]:
    """Who is asked about a grant of the agent, in order; the agent as it is now."""
    return names(scene.grant(), again(scene.agent))


def away(person, days=3):
    until = clock.now() + timedelta(days=days)
    type(person).objects.filter(pk=person.pk).update(employment=Employment.AWAY, away_until=until)


def names_instead(person, delegate):
    Preference.objects.create(person=person, delegate=delegate)


def test_a_delegate_is_asked_only_while_the_person_is_away(scene):
    jon = PersonFactory(name="Jon", unit=scene.unit)
    names_instead(scene.owner, jon)
    assert asked(scene)[0] == "Maria"
    assert "Jon" not in asked(scene)
    away(scene.owner)
    assert asked(scene)[:2] == ["Jon", "Deniz"], "before every deputy"
    away(scene.owner, days=-1)
    assert asked(scene)[0] == "Maria", "she is back"


def test_a_delegate_is_told_for_whom_they_stand_in(scene):
    jon = PersonFactory(name="Jon", unit=scene.unit)
    names_instead(scene.owner, jon)
    away(scene.owner)
    first = next(routing.line(subject=scene.grant(), agent=again(scene.agent), at=clock.now()))
    assert first.rule == "delegate"
    assert first.why.startswith("because Maria named you for when they are away. Maria is away until")


def test_a_delegate_who_is_away_too_is_passed_over(scene):
    jon, lena = PersonFactory(name="Jon", unit=scene.unit), PersonFactory(name="Lena", unit=scene.unit)
    names_instead(scene.owner, jon)
    names_instead(jon, lena)
    away(scene.owner)
    away(jon)
    assert asked(scene)[0] == "Deniz", "a delegate's delegate is not asked"
