"""What has happened to a review, line by line."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import Incomplete, OutcomeUnknown, RateLimited, Refused, Unsupported
from governance import clock
from reviews import brake, evidence, handling, opening, questions
from reviews.models import Handover, Item, Remediation, Review, Snooze, Verdict
from tests.reviews.scene import Scene, carried_out, done, looked_at, overdue_now, silence
from tests.reviews.target import everyone

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
    scene.undo(decision, reason="It was needed after all")
    done(Remediation.objects.latest("pk"))
    assert texts(review)[2:] == [
        "Airline was told to remove it.",
        "Gone from Airline, proven by a fresh read.",
        "Maria took the decision back. Reason: It was needed after all.",
        "Airline was told to restore it.",
        "Back in Airline, proven by a fresh read.",
    ]


def test_what_was_taken_back_in_time_is_said_once(scene):
    act = scene.act()
    scene.undo(act.decision)
    assert texts(act.review)[2:] == ["Maria took the decision back."]


def test_what_was_taken_back_before_it_was_proven_is_said_in_its_order(scene):
    act = carried_out(scene.act())
    scene.undo(act.decision)
    assert texts(act.review)[2:] == ["Airline was told to remove it.", "Maria took the decision back."]


def test_every_failure_is_a_line_and_stays_one(scene):
    act = scene.act()
    scene.target.trouble = [RateLimited("slow down"), Refused("the owner must do it")]
    tried_again(act)
    carried_out(act)
    lines = [
        "Failed: RateLimited: slow down. Trying again.",
        "Not done. Refused: the owner must do it. A person has to look at it.",
    ]
    assert texts(act.review)[2:] == lines
    handling.try_now(remediation=act, by=scene.system.owner, at=clock.now())
    done(act)
    assert texts(act.review)[2:] == [
        *lines,
        f"{scene.system.owner.name} had it tried again at once.",
        "Airline was told to remove it.",
        "Gone from Airline, proven by a fresh read.",
    ]


def tried_again(act):
    """Carry it out, and let its next turn come."""
    carried_out(act)
    overdue_now(act)


def test_what_is_stuck_and_tried_slowly_says_the_same_once(scene):
    act = scene.act()
    scene.target.trouble = [Refused("not by you"), Refused("not by you"), Refused("not today")]
    for _ in range(3):
        tried_again(act)
    assert texts(act.review)[2:] == [
        "Not done. Refused: not by you. A person has to look at it.",
        "Not done. Refused: not today. A person has to look at it.",
    ]


def test_what_a_read_still_shows_has_failed(scene):
    act = scene.act()
    scene.target.deaf = True
    done(act)
    assert texts(act.review)[2:] == [
        "Airline was told to remove it.",
        "Failed: A fresh read still shows it as it was. Trying again.",
    ]


def test_what_could_not_be_read_for_long_says_why(make_scene):
    scene = make_scene(stuck_attempts=0)
    act = carried_out(scene.act())
    scene.target.trouble = [Incomplete("cannot see the schema")]
    looked_at(act)
    assert texts(act.review)[3:] == ["Not done. Incomplete: cannot see the schema. A person has to look at it."]


def test_what_raised_for_long_names_its_kind(make_scene):
    scene = make_scene(stuck_attempts=0)
    act = scene.act()
    scene.target.trouble = [RuntimeError("no such shelf")]
    assert carried_out(act).state == "stuck"
    assert texts(act.review)[2:] == ["Not done. RuntimeError. A person has to look at it."]


def test_a_lost_answer_is_said(scene):
    act = scene.act()
    scene.target.trouble = [OutcomeUnknown("timed out")]
    carried_out(act)
    assert texts(act.review)[2:] == ["Airline was told to remove it. No answer came."]


def test_what_lived_on_stays_said_when_it_is_gone(scene):
    act = scene.act()
    scene.target.others = [everyone(act.grant.entitlement.native_id)]
    done(act)
    scene.target.others.clear()
    overdue_now(act)
    looked_at(act)
    assert texts(act.review)[3:] == [
        "This grant is gone from Airline, proven by a fresh read, but the access is still effective through PUBLIC.",
        "Gone from Airline, proven by a fresh read.",
    ]


def test_done_by_hand_stands_where_it_was_said(scene):
    act = scene.act()
    scene.target.trouble = [Unsupported("no way")]
    carried_out(act)
    handling.attest(remediation=act, by=scene.system.owner, reason="By hand, ticket 4711.", at=clock.now())
    assert texts(act.review)[2:] == [
        "It waits for Omar, who owns Airline. no way.",
        f"Done by hand, said by {scene.system.owner.name}; not proven by a read.",
    ]


def test_given_up_stands_where_it_was(scene):
    act = scene.act()
    scene.target.trouble = [Unsupported("no way")]
    carried_out(act)
    handling.cancel(remediation=act, by=scene.system.owner, reason="It is kept until May.", at=clock.now())
    assert texts(act.review)[3:] == [f"Nothing was done. Given up by {scene.system.owner.name}."]


def test_what_the_brake_held_stays_said_when_a_person_cancels_it(make_scene):
    scene = make_scene(brake_floor=0, brake_percent=0)
    [act] = silence(scene, 1)
    assert texts(act.review)[-1] == "Nothing has happened yet. The brake holds it: a person must release it."
    brake.cancel(hold=act.hold, by=scene.system.owner, reason="They were on holiday.", at=clock.now())
    assert texts(act.review)[-2:] == [
        "Nothing has happened yet. The brake holds it: a person must release it.",
        f"Nothing was done. Cancelled by {scene.system.owner.name}.",
    ]


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
