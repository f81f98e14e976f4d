"""What who governs an agent, or owns it, does about it as a whole."""

import pytest

from governance import access, checking, clock
from governance.access import Right
from governance.errors import Conflict, Invalid, NotAllowed
from governance.ledger import Actor
from governance.models import Entry, Finding
from reviews import governing, opening
from reviews.models import Item, Review, Verdict
from tests.factories import PersonFactory, SystemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(scene):
    """Holds three things that nobody has asked about."""
    for number in range(3):
        scene.grant(entitlement__name=f"do_{number}")
    return scene.agent


@pytest.fixture
def outsider(scene):
    """Sees the agent's unit and governs nothing."""
    person = PersonFactory(unit=scene.agent.unit)
    access.permit(who=person, unit=scene.agent.unit, right=Right.VIEW, actor=Actor.operator("test"))
    return person


def test_who_governs_says_where_an_agent_may_work_and_what_lies_elsewhere_is_asked(scene, agent):
    said = {"agent": agent, "slugs": f"{SystemFactory(slug='crm').slug}; ", "at": clock.now()}
    with pytest.raises(NotAllowed, match="can say where"):
        governing.allow_systems(by=scene.owner, **said)
    assert [system.slug for system in governing.allow_systems(by=scene.governor, **said)] == ["crm"]
    checking.check_due()
    assert Finding.objects.filter(check_name="system_not_allowed").count() == 3
    governing.allow_systems(by=scene.governor, **said | {"slugs": f"crm; {scene.system.slug}"})
    checking.check_due()
    assert not Finding.objects.uncleared().filter(check_name="system_not_allowed").exists()


def certify(scene, by=None):
    return governing.certify(agent=scene.agent, by=by or scene.governor, at=clock.now())


def test_everything_that_it_holds_becomes_questions_for_who_answers(scene, agent):
    assert certify(scene) == 3
    assert opening.open_reviews() == 1
    assert Item.objects.open().filter(agent=agent).count() == 3
    assert Review.objects.get().assignment.person == scene.owner


def test_the_ledger_says_who_wanted_it(scene, agent):
    certify(scene)
    raised = Entry.objects.filter(act="finding.raised", actor_kind="person")
    assert [entry.actor_id for entry in raised] == [str(scene.governor.pk)] * 3
    assert {entry.body["check"] for entry in raised} == {"requested"}


def test_its_owner_may(scene, agent):
    assert certify(scene, by=scene.owner) == 3


def test_who_neither_owns_nor_governs_it_may_not(scene, agent, outsider):
    with pytest.raises(NotAllowed, match=f"Only who owns {agent.name} or governs {agent.unit.name}"):
        certify(scene, by=outsider)
    assert not Finding.objects.filter(check_name="requested").exists()


def test_an_owner_who_has_left_may_not(scene, agent):
    type(scene.owner).objects.filter(pk=scene.owner.pk).update(employment="left")
    scene.owner.refresh_from_db()
    with pytest.raises(NotAllowed):
        certify(scene, by=scene.owner)


def test_what_is_asked_already_is_not_asked_twice(scene, agent):
    certify(scene)
    with pytest.raises(Conflict, match="holds nothing that is not asked about already"):
        certify(scene)
    opening.open_reviews()
    with pytest.raises(Conflict):
        certify(scene)


def test_what_was_kept_can_be_asked_for_again(scene, agent):
    certify(scene)
    opening.open_reviews()
    for item in Item.objects.open():
        scene.decide(item, Verdict.KEEP, reason=f"Seats are booked with {item.grant.entitlement.name} every day.")
    assert certify(scene) == 3
    states = Finding.objects.filter(check_name="requested").values_list("state", flat=True)
    assert sorted(states) == ["cleared"] * 3 + ["open"] * 3


def test_what_is_to_go_is_not_asked_about(scene, agent):
    grant = scene.grant(entitlement__name="do_gone")
    type(grant).objects.filter(pk=grant.pk).update(intended="gone")
    assert certify(scene) == 3


def transfer(scene, person, by=None):
    return governing.transfer(agent=scene.agent, person=person, by=by or scene.governor, at=clock.now())


def test_an_agent_gets_another_owner(scene, agent):
    somebody = PersonFactory(name="Ines Vang")
    assert transfer(scene, somebody).person == somebody
    assert agent.accountable(clock.now()) == somebody
    assert Entry.objects.filter(act="ownership.opened", actor_id=str(scene.governor.pk)).exists()


def test_who_may_not_transfer_learns_nothing_of_who_is_known(scene, agent, outsider):
    for person in (None, scene.deputy):
        with pytest.raises(NotAllowed):
            transfer(scene, person, by=outsider)


@pytest.mark.parametrize(
    ("who", "words"),
    [(None, "Nobody is known"), ("away", "is away or has left"), ("owner", "owns .* already")],
)
def test_a_new_owner_has_to_be_somebody_who_can_act(who, words, scene, agent):
    away = PersonFactory(employment="left")
    person = {"away": away, "owner": scene.owner}.get(who)
    with pytest.raises(Invalid, match=words) as refused:
        transfer(scene, person)
    assert refused.value.field == "person"
    assert agent.accountable(clock.now()) == scene.owner
