"""Open reviews whose person cannot act any more go to the next in line."""

from datetime import timedelta

import pytest

from governance import clock
from governance.models import Employment, Person
from reviews import rerouting
from reviews.models import Item, Review, Verdict
from tests.factories import PersonFactory
from tests.reviews.scene import again, entry, told, whom

pytestmark = pytest.mark.django_db


def becomes(person: Person, **how) -> None:
    type(person).objects.filter(pk=person.pk).update(**how)


def away(person: Person, **span: float) -> None:
    becomes(person, employment=Employment.AWAY, away_until=clock.now() + timedelta(**span))


def test_who_can_act_keeps_their_reviews(scene):
    review = scene.asked().review
    assert rerouting.reroute_reviews() == 0
    assert whom(review) == "Maria"


@pytest.mark.parametrize(
    ("how", "because"),
    [
        ({"employment": Employment.LEFT}, "left"),
        ({"employment": Employment.AWAY, "away_until": "2031-01-01T00:00Z"}, "away"),
        ({"is_active": False}, "disabled"),
    ],
)
def test_the_next_in_line_is_asked_and_it_is_told_why(scene, how, because):
    review = scene.asked().review
    becomes(scene.owner, **how)
    assert rerouting.reroute_reviews() == 1
    assert whom(review) == "Deniz"
    assert review.assignments.earliest("pk").ended_because == because
    assert entry("review.rerouted").body == {"because": because}
    assert told(review)[2:] == ["review.rerouted", "assignment.closed", "assignment.opened"]
    assert again(review).leased_until is None
    assert rerouting.reroute_reviews() == 0


def test_who_is_back_by_now_is_not_passed_over(scene):
    review = scene.asked().review
    away(scene.owner, seconds=-1)
    assert rerouting.reroute_reviews() == 0
    assert whom(review) == "Maria"


def test_the_next_who_cannot_act_either_is_passed_over(scene):
    review = scene.asked().review
    becomes(scene.owner, employment=Employment.LEFT)
    away(scene.deputy, days=3)
    rerouting.reroute_reviews()
    assert whom(review) == "Tomas"


def test_whoever_takes_over_can_decide(scene):
    item = scene.asked()
    becomes(scene.owner, employment=Employment.LEFT)
    rerouting.reroute_reviews()
    assert scene.decide(item, Verdict.REVOKE, by=scene.deputy).person == scene.deputy


def test_a_closed_review_stays_with_its_person(scene):
    decision = scene.decided(Verdict.KEEP)
    becomes(scene.owner, employment=Employment.LEFT)
    assert rerouting.reroute_reviews() == 0
    assert decision.item.review.assignments.count() == 1


def test_who_came_back_before_the_verb_is_left_alone(scene):
    review = scene.asked().review
    rerouting.reroute(review)
    assert whom(review) == "Maria"
    assert "review.rerouted" not in told(review)


def test_nobody_left_is_governances_queue_and_asked_again_in_a_minute(scene):
    review = scene.asked().review
    for person in (scene.owner, scene.deputy, scene.manager, scene.governor):
        becomes(person, is_active=False)
    rerouting.reroute_reviews()
    assert list(Review.objects.unassigned()) == [review]
    assert again(review).next_at > clock.now()


def test_somebody_who_can_act_by_now_is_found(scene):
    for person in (scene.owner, scene.deputy, scene.manager, scene.governor):
        becomes(person, is_active=False)
    review = scene.asked().review
    rerouting.reroute_reviews()
    assert whom(review) is None
    becomes(scene.manager, is_active=True)
    Review.objects.update(next_at=clock.now())
    assert rerouting.reroute_reviews() == 1
    assert whom(review) == "Tomas"
    assert told(review)[-1] == "assignment.opened"


def test_somebody_new_is_found(scene):
    for person in (scene.owner, scene.deputy, scene.manager, scene.governor):
        becomes(person, is_active=False)
    review = scene.asked().review
    scene.owns(PersonFactory(name="Freja"), role="deputy")
    rerouting.reroute_reviews()
    assert whom(review) == "Freja"


def test_a_review_that_somebody_has_is_left_by_the_verb(scene):
    review = scene.asked().review
    rerouting.find_somebody(review)
    assert review.assignments.count() == 1


def test_the_last_in_line_is_asked_again_once_back(scene):
    item = scene.asked()
    for person in (scene.deputy, scene.manager, scene.governor):
        type(person).objects.filter(pk=person.pk).update(is_active=False)
    type(scene.owner).objects.filter(pk=scene.owner.pk).update(is_active=False)
    rerouting.reroute_reviews()
    assert whom(item.review) is None
    type(scene.owner).objects.filter(pk=scene.owner.pk).update(is_active=True)
    Review.objects.update(next_at=None)
    rerouting.reroute_reviews()
    assert whom(item.review) == scene.owner.name


def test_who_does_not_know_is_not_asked_again_in_a_circle(scene):
    review = scene.asked().review
    for person in (scene.owner, scene.deputy, scene.manager, scene.governor):
        item = Item.objects.open().get()
        assert whom(review) == person.name
        scene.decide(item, Verdict.UNSURE, by=person)
    assert whom(review) is None
    rerouting.reroute_reviews()
    assert whom(review) is None, "governance's queue: everybody said that they do not know"
    assert Review.objects.unassigned().get() == review
