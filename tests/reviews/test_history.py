"""What has happened to a review, line by line."""

from datetime import UTC, datetime, timedelta

import pytest

from governance import clock
from reviews import evidence, opening, questions
from reviews.models import Handover, Item, Remediation, Review, Snooze, Verdict
from tests.reviews.scene import Scene, done

pytestmark = pytest.mark.django_db


def texts(review):
    return [event.text for event in evidence.history(review)]


@pytest.fixture
def review(scene: Scene) -> Review:
    """Maria is asked whether the agent still needs a grant."""
    return scene.asked(scene.grant()).review


def test_it_begins_with_who_is_asked(review):
    assert texts(review) == ["Maria is asked, as the agent's owner."]


def test_who_is_asked_instead_and_why(review):
    questions.pass_on(review, because="away", at=clock.now())
    assert texts(review) == [
        "Maria is asked, as the agent's owner.",
        "Maria is not asked any more: away.",
        "Deniz is asked, as a deputy for the agent.",
    ]


def test_a_person_who_does_not_know_hands_it_on(scene, review):
    scene.decide(review.items.get(), Verdict.UNSURE)
    assert texts(review)[1] == "Maria answered “I don't know”."
    assert texts(review)[-1] == "Deniz is asked, as a deputy for the agent."


def test_what_was_decided_sent_proven_and_taken_back(scene):
    act = scene.act()
    review = act.review
    decision = act.decision
    assert texts(review)[1] == f"Maria decided to revoke it. Reason: {decision.answer.reason}"
    done(act)
    assert texts(review)[2:] == [
        "Airline was told to remove it.",
        "Gone from Airline, proven by a fresh read.",
    ]
    scene.undo(decision, reason="It was needed after all")
    assert "Maria took the decision back. Reason: It was needed after all." in texts(review)


def test_what_stands_still_says_why(scene):
    act = scene.act()
    Remediation.objects.filter(pk=act.pk).update(state="stuck", trouble="permission denied")
    assert texts(act.review)[-1] == "Not done. permission denied. A person has to look at it."


def test_of_several_subjects_each_line_says_which(scene):
    grants = [scene.grant(), scene.grant()]
    for grant in grants:
        scene.suspect(grant)
    opening.open_reviews()
    first, second = Item.objects.filter(grant__in=grants).order_by("pk")
    Item.objects.filter(pk=second.pk).update(review=first.review)
    scene.decide(first, Verdict.REVOKE)
    assert f"{evidence.title(first.grant)}: Maria decided to revoke it." in texts(first.review)


def test_what_was_offered_put_off_and_called_for(scene, review):
    assignment, at = review.assignment, review.opened_at
    moments = iter(at + timedelta(minutes=minute) for minute in range(1, 9))
    Snooze.objects.create(assignment=assignment, at=next(moments), until=datetime(2030, 1, 2, 9, 0, tzinfo=UTC))
    Review.objects.filter(pk=review.pk).update(reminded_at=next(moments), last_called_at=next(moments))
    for ending in ("accepted", "declined", "overtaken"):
        offer = {"assignment": assignment, "to": scene.deputy, "reason": "She runs it"}
        offered = next(moments)
        Handover.objects.create(**offer, at=offered, ending=ending, ended_at=offered + timedelta(hours=1))
    review.refresh_from_db()
    assert texts(review)[1:] == [
        "Maria put it off until 2 Jan 09:00 UTC; the deadline runs on.",
        "A reminder was sent.",
        "The last reminder was sent.",
        *["Maria offered it to Deniz. She runs it."] * 3,
        "Deniz accepted.",
        "Deniz declined.",
        "The offer was overtaken by events.",
    ]


def test_every_line_is_known_by_a_key_of_its_own_that_stays(scene):
    act = scene.act()
    before = {event.key for event in evidence.history(act.review)}
    done(act)
    events = evidence.history(act.review)
    assert len({event.key for event in events}) == len(events)
    assert before < {event.key for event in events}
