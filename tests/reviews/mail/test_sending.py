"""What the mail server's *no* means, and its silence."""

import logging

import pytest

from governance.models import Entry, Ownership
from reviews.mail.delivering import deliver_waiting
from reviews.models import Ask
from tests.factories import OwnershipFactory, PersonFactory
from tests.reviews.factories import AskFactory, AssignmentFactory
from tests.reviews.mail.conftest import delivered

pytestmark = pytest.mark.django_db


@pytest.fixture
def deputy(maria):
    """Somebody who is next in line."""
    person = PersonFactory(name="Deniz Kaya")
    OwnershipFactory(agent=maria.agent, person=person, role=Ownership.Role.DEPUTY)
    return person


def somebody_else():
    """A question to another person."""
    assignment = AssignmentFactory()
    return AskFactory(person=assignment.person, review=assignment.review, surface="email")


def acts():
    return list(Entry.objects.order_by("pk").values_list("act", flat=True))


def test_a_server_that_is_away_is_tried_again_when_it_is_back(maria, postbox):
    ask = delivered(maria.asked())
    assert (ask.state, ask.attempts, ask.external_id) == ("pending", 1, "")
    assert "refused" in ask.trouble.lower()
    assert ask.next_at is not None
    with postbox.listening():
        ask = delivered(ask)
    assert (ask.state, ask.attempts, ask.trouble) == ("sent", 0, "")
    assert len(postbox.letters) == 1
    assert acts() == ["ask.sent"]


def test_a_server_that_is_away_is_tried_once_a_sweep(maria, postbox):
    maria.asked()
    somebody_else()
    somebody_else()
    assert deliver_waiting() == 0
    assert list(Ask.objects.order_by("pk").values_list("attempts", flat=True)) == [1, 0, 0]


def test_who_is_not_known_there_is_not_asked_and_the_next_in_line_is(maria, post, deputy):
    post.to_recipient = f"550 5.1.1 <{maria.person.email}>: no such user"
    ask = delivered(maria.asked())
    assert (ask.state, ask.trouble) == ("failed", post.to_recipient)
    assert maria.reviews[0].assignment.person == deputy
    assert acts() == ["ask.failed", "review.rerouted", "assignment.closed", "assignment.opened"]
    said = [each.body.get("because") for each in Entry.objects.filter(act__in=acts()[:3]).order_by("id")]
    assert said == ["no such address", *["not reached by e-mail (no such address)"] * 2]


def test_an_address_that_is_none_is_no_address(maria, post, deputy):
    type(maria.person).objects.filter(pk=maria.person.pk).update(email="maria")
    assert delivered(maria.asked()).trouble == "not an e-mail address"
    assert maria.reviews[0].assignment.person == deputy


def test_whom_slack_asks_too_is_still_asked(maria, post, deputy):
    ask = maria.asked()
    AskFactory(person=maria.person, review=maria.reviews[0], surface="slack")
    post.to_recipient = "550 5.1.1 no such user"
    assert delivered(ask).state == "failed"
    assert maria.reviews[0].assignment.person == maria.person


@pytest.mark.parametrize("reply", ["450 4.2.0 greylisted", "554 5.7.1 relay access denied", "530 5.5.1 log in first"])
def test_a_no_that_is_not_about_the_person_is_left_to_the_sweep(maria, post, deputy, reply):
    post.to_recipient = reply
    ask = delivered(maria.asked())
    assert (ask.state, ask.attempts) == ("pending", 1)
    assert reply.partition(" ")[2] in ask.trouble
    assert maria.reviews[0].assignment.person == maria.person
    post.to_recipient = ""
    assert delivered(ask).state == "sent"


def test_a_no_to_one_does_not_stop_the_others(maria, post):
    post.to_letter = "451 4.3.0 not now"
    maria.asked()
    somebody_else()
    assert deliver_waiting() == 0
    assert list(Ask.objects.values_list("attempts", flat=True)) == [1, 1]


def test_a_letter_that_is_not_taken_is_told_aloud_and_not_tried_again(maria, post, deputy, caplog):
    post.to_letter = "554 5.6.0 we take no such letter"
    with caplog.at_level(logging.ERROR, "reviews.mail"):
        ask = delivered(maria.asked())
    assert (ask.state, ask.trouble) == ("failed", "554 5.6.0 we take no such letter")
    assert "the mail server does not take our letter" in caplog.messages
    assert maria.reviews[0].assignment.person == maria.person, "it stands in governance's queue"
    assert acts() == ["ask.failed"]


def test_where_the_answer_is_lost_it_comes_once_more_under_the_same_name(maria, post):
    post.lost = True
    ask = delivered(maria.asked())
    assert (ask.state, len(post.letters)) == ("pending", 1)
    ask = delivered(ask)
    first, second = post.letters
    assert first["Message-ID"] == second["Message-ID"] == ask.external_id
    assert len(ask.shown["renders"]) == 2
    assert acts() == ["ask.sent"]


def test_without_a_mail_server_it_says_which_setting_is_missing(maria, settings):
    settings.EMAIL_SET_UP = False
    ask = delivered(maria.asked())
    assert (ask.state, ask.trouble) == ("pending", "Invalid: No mail server is known: set EMAIL_URL.")
