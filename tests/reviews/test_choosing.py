"""Governance chooses who is asked."""

from typing import Any

import pytest

from governance import clock
from governance.errors import Conflict, Invalid, NotAllowed
from governance.models import Employment, Person
from reviews import asking, handling, rerouting
from reviews.models import Ask, Review, Verdict
from tests.factories import PersonFactory
from tests.reviews.scene import again, entry, told, whom

pytestmark = pytest.mark.django_db


# -- somebody is chosen


def chosen(review, person, by, **more):
    said: dict[str, Any] = {"reason": "She wrote the agent.", "at": clock.now()}
    return handling.choose(review=review, person=person, by=by, **said | more)


@pytest.fixture
def nobodys(scene) -> Review:
    """A review that nobody in its line can be asked."""
    review = scene.asked().review
    Person.objects.update(is_active=False)
    rerouting.reroute_reviews()
    Person.objects.filter(pk=scene.governor.pk).update(is_active=True)
    scene.governor.refresh_from_db()
    return again(review)


@pytest.fixture
def freja():
    return PersonFactory(name="Freja")


def test_whom_governance_chooses_is_asked_and_told_why(scene, nobodys, freja):
    assignment = chosen(nobodys, freja, scene.governor)
    assert whom(nobodys) == "Freja"
    assert assignment.rule == "chosen"
    assert assignment.why == f"because Ines, who governs {scene.unit.name}, chose you."
    assert told(nobodys)[-2:] == ["review.rerouted", "assignment.opened"]
    said = entry("review.rerouted")
    assert (said.actor_id, said.body, set(said.commitments)) == (
        str(scene.governor.pk),
        {"because": "chosen"},
        {"reason"},
    )
    assert asking.ask_people() == 1
    assert Ask.objects.get(person=freja).reviews.get() == nobodys


def test_the_chosen_can_decide(scene, freja):
    item = scene.asked()
    chosen(item.review, freja, scene.governor)
    assert scene.decide(item, Verdict.REVOKE, by=freja).person == freja


def test_who_is_asked_and_not_reached_is_replaced(scene, freja):
    review = scene.asked().review
    chosen(review, freja, scene.governor)
    ended, begun = review.assignments.order_by("pk")
    assert (ended.person, ended.ended_because) == (scene.owner, "governance chose somebody else")
    assert begun.until is None
    assert told(review)[-3:] == ["review.rerouted", "assignment.closed", "assignment.opened"]
    with pytest.raises(NotAllowed):
        scene.decide(review.items.get(), Verdict.REVOKE, by=scene.owner)


def test_rerouting_leaves_the_chosen_alone(scene, nobodys, freja):
    chosen(nobodys, freja, scene.governor)
    rerouting.reroute_reviews()
    assert whom(nobodys) == "Freja"


@pytest.mark.parametrize("who", ["owner", "system_owner", "stranger"])
def test_only_governance_chooses(who, scene, freja):
    review = scene.asked().review
    by = PersonFactory() if who == "stranger" else getattr(scene, who)
    with pytest.raises(NotAllowed, match=f"Only who governs {scene.unit.name}"):
        chosen(review, freja, by)
    assert whom(review) == "Maria"


@pytest.mark.parametrize(
    "how",
    [
        {"employment": Employment.LEFT},
        {"employment": Employment.AWAY, "away_until": "2031-01-01T00:00Z"},
        {"is_active": False},
    ],
)
def test_who_cannot_act_is_not_chosen(how, scene, nobodys, freja):
    Person.objects.filter(pk=freja.pk).update(**how)
    with pytest.raises(Invalid, match="Choose somebody else"):
        chosen(nobodys, again(freja), scene.governor)
    assert whom(nobodys) is None


def test_who_is_asked_already_is_not_chosen(scene):
    review = scene.asked().review
    with pytest.raises(Invalid, match="Maria is asked already"):
        chosen(review, scene.owner, scene.governor)
    assert review.assignments.count() == 1


def test_an_address_that_names_nobody_is_refused(scene, nobodys):
    with pytest.raises(Invalid, match="Nobody is known by this e-mail address"):
        chosen(nobodys, None, scene.governor)


def test_choosing_wants_a_reason(scene, nobodys, freja):
    with pytest.raises(Invalid, match="Say why"):
        chosen(nobodys, freja, scene.governor, reason=" ")


def test_nobody_is_chosen_for_what_has_ended(scene, freja):
    review = scene.decided(Verdict.KEEP).item.review
    with pytest.raises(Conflict, match="has ended"):
        chosen(review, freja, scene.governor)
