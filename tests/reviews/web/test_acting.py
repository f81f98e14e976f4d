"""Taking a decision back, handing a question over, putting it off."""

import pytest
from django.urls import reverse

from governance import access
from reviews.models import Handover, Review, Snooze, Undo, Verdict
from tests.factories import PersonFactory
from tests.reviews.scene import ACTOR, entry
from tests.reviews.web.test_answering import wrong

pytestmark = pytest.mark.django_db
HAND, LATER = "Hand it to a colleague…", "Not today…"


# -- undo


@pytest.fixture
def revoked(scene, item):
    scene.decide(item, Verdict.REVOKE)
    return item


def test_a_decision_is_taken_back_by_its_decider(maria, scene, revoked, record):
    there, page = maria.follow(record, "Undo…")
    assert "Maria decided to revoke it" in page.text
    after = maria.send(there, reason="It was the wrong one.")
    assert "Taken back by Maria." in after.text
    undo = Undo.objects.get()
    assert (undo.by, undo.reason) == (scene.owner, "It was the wrong one.")
    assert (undo.surface, undo.assurance) == ("web", "web_password")
    assert "Undo…" not in after.links


def test_twice_is_once(maria, revoked, record):
    there, _ = maria.follow(record, "Undo…")
    maria.send(there)
    assert "This was taken back already." in maria.send(there).text
    assert Undo.objects.count() == 1
    assert entry("answer.refused").body == {"because": "Conflict", "action": "undo"}


def test_who_may_not_take_it_back_sees_no_undo(scene, revoked, record, read):
    auditor = PersonFactory()
    access.permit(who=auditor, unit=scene.unit, right=access.Right.AUDIT, actor=ACTOR)
    reader = read(auditor)
    assert "Undo…" not in reader.get(record).links
    there = reverse("web:undo", args=[revoked.review_id, revoked.pk])
    assert "Only who decided" in reader.send(there).text
    assert not Undo.objects.exists()


def test_what_is_not_decided_cannot_be_taken_back(maria, item):
    assert maria.client.get(reverse("web:undo", args=[item.review_id, item.pk])).status_code == 404


# -- handing over


@pytest.fixture
def jon(settings):
    """A colleague whom e-mail reaches."""
    settings.EMAIL_SET_UP = True
    return PersonFactory(name="Jon Bell")


def test_a_colleague_takes_it_over_when_they_accept(maria, read, scene, jon, item, record):
    there, page = maria.follow(record, HAND)
    assert "Until they accept it is yours" in page.text
    after = maria.send(there, person=jon.email, reason="You built it.")
    assert "Offered to Jon Bell. Until they accept it is yours, and the deadline runs on." in after.text
    assert item.review.assignment.person == scene.owner
    his = read(jon)
    assert "Maria asks you to take" in his.get(reverse("web:queue")).text
    there, page = his.follow(record, "Answer the offer…")
    assert "You built it." in page.text
    after = his.send(there, answer="accept")
    assert "is yours now." in after.text
    assert item.review.question in after.text
    assert item.review.assignment.person == jon
    assert "Jon Bell is asked" in maria.get(record).text


def test_a_colleague_declines_and_it_stays(maria, read, scene, jon, item, record):
    maria.send(maria.get(record).links[HAND], person=jon.email)
    his = read(jon)
    after = his.send(his.get(record).links["Answer the offer…"], answer="decline")
    assert "stays with Maria" in after.text
    assert item.review.assignment.person == scene.owner
    assert his.client.get(record).status_code == 404


def test_an_offer_is_answered_by_whom_it_was_made_to(maria, read, scene, jon, item, record):
    maria.send(maria.get(record).links[HAND], person=jon.email)
    there = reverse("web:offer", args=[item.review_id])
    assert read(scene.governor).client.post(there, {"answer": "accept"}).status_code == 404
    assert read(PersonFactory()).client.post(there, {"answer": "accept"}).status_code == 404
    assert Handover.objects.get().ending == ""


def test_an_offer_is_answered_once(maria, read, jon, item, record):
    maria.send(maria.get(record).links[HAND], person=jon.email)
    his = read(jon)
    there = his.get(record).links["Answer the offer…"]
    his.send(there, answer="accept")
    assert "This offer was accepted already." in his.send(there, answer="decline").text
    assert Handover.objects.get().ending == "accepted"


def test_whom_it_cannot_be_handed_to_is_said_at_the_field(maria, scene, item, record):
    there = maria.get(record).links[HAND]
    for email, said in (
        ("", "Give the e-mail address"),
        ("nobody@skyway.example", "Nobody here has this e-mail address"),
        (scene.owner.email, "You are asked already."),
        (PersonFactory(employment="left").email, "is away or has left"),
        (scene.deputy.email, "Neither Slack nor e-mail reaches Deniz."),
    ):
        [found] = wrong(maria.send(there, person=email))
        assert said in found
    assert not Handover.objects.exists()


def test_only_who_is_asked_hands_it_over_or_puts_it_off(read, scene, item):
    governor = read(scene.governor)
    for name in ("web:hand-over", "web:snooze"):
        there = reverse(name, args=[item.review_id])
        assert "Only Maria can decide this now." in governor.get(there).text
        assert "Only Maria can decide this now." in governor.send(there, person=scene.deputy.email).text
    assert not Handover.objects.exists()
    assert not Snooze.objects.exists()


# -- putting off


def test_it_is_put_off_and_the_deadline_stays(maria, scene, item, record):
    due = item.review.due_at
    there, page = maria.follow(record, LATER)
    assert "The deadline stays" in page.text
    assert "The deadline runs on." in maria.send(there).text
    assert Snooze.objects.get().assignment.person == scene.owner
    assert Review.objects.get().due_at == due


def test_it_cannot_be_put_off_past_the_deadline(maria, item, record):
    Review.objects.update(
        due_at=item.review.opened_at, escalate_at=item.review.opened_at, remind_at=item.review.opened_at
    )
    assert "it is due before that" in maria.send(maria.get(record).links[LATER]).text
    assert not Snooze.objects.exists()
