"""What is sent, to whom, once, and what is kept of it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from governance.models import Entry
from reviews.mail import delivering, letters
from reviews.models import Ask, Assignment, Handover, Review
from tests.factories import AgentFactory, PersonFactory
from tests.reviews.factories import AskFactory, AssignmentFactory
from tests.reviews.mail.conftest import FROM, delivered
from tests.reviews.mail.peer import html, text

pytestmark = pytest.mark.django_db


def link(review):
    return f"Decide on {review}: https://countersign.example/r/"


def test_a_question_is_one_letter_to_its_person(maria, post):
    ask = delivered(maria.asked())
    [letter] = post.letters
    assert post.recipients == [letter["To"]] == ["maria@skyway.example"]
    assert letter["From"] == FROM
    assert letter["Subject"].startswith("Does airline-support still need to refund payments? (CS-")
    assert letter.get_content_type() == "multipart/alternative"
    assert link(maria.reviews[0]) in text(letter)
    assert ask.state == "sent"
    assert ask.leased_until is None


def test_a_letter_says_that_a_machine_wrote_it(maria, post):
    delivered(maria.asked())
    assert post.last()["Auto-Submitted"] == "auto-generated"
    assert post.last()["X-Auto-Response-Suppress"] == "All"
    assert post.last()["List-Unsubscribe"] is None


def test_what_was_shown_is_kept_and_its_hash_is_in_the_ledger(maria, post, settings):
    settings.WEB_ASSURANCE = "web_mfa"
    ask = delivered(maria.asked())
    entry = Entry.objects.get(act="ask.sent")
    assert (
        entry.body["shown"]
        == ask.shown_hash
        == letters.digest({name: ask.shown[name] for name in ("subject", "text", "html")})
    )
    assert entry.body["message"] == ask.external_id == post.last()["Message-ID"]
    assert (entry.surface, entry.assurance) == ("email", "web_mfa")
    assert ask.shown["subject"] == post.last()["Subject"]
    assert ask.shown["text"] == text(post.last())
    assert ask.shown["html"].split() == html(post.last()).split()


def test_a_change_after_it_was_sent_sends_nothing_again(maria, post):
    ask = delivered(maria.asked())
    Ask.objects.outdate(*maria.reviews)
    assert delivered(ask).state == "sent"
    assert len(post.letters) == 1


def test_a_letter_about_what_is_over_is_closed_and_not_followed_by_another(maria, post):
    ask = delivered(maria.asked())
    Review.objects.update(state="withdrawn", closed_at=timezone.now())
    Ask.objects.outdate(*maria.reviews)
    assert delivered(ask).state == "closed"
    assert len(post.letters) == 1


def test_what_is_over_before_it_was_asked_is_not_asked(maria, post):
    ask = maria.asked()
    Review.objects.update(state="withdrawn", closed_at=timezone.now())
    assert delivered(ask).state == "closed"
    assert post.letters == []


def test_who_is_not_asked_any_more_gets_no_letter(maria, post):
    ask = maria.asked()
    Assignment.objects.update(until=timezone.now(), ended_because="away")
    AssignmentFactory(review=maria.reviews[0])
    assert delivered(ask).state == "closed"
    assert post.letters == []


def test_who_is_asked_anew_gets_the_letter_of_that_time(maria, post):
    before = maria.asked()
    Assignment.objects.update(until=timezone.now(), ended_because="away")
    AssignmentFactory(review=maria.reviews[0], person=maria.person, since=timezone.now())
    anew = AskFactory(person=maria.person, review=maria.reviews[0], surface="email")
    assert (delivered(before).state, delivered(anew).state) == ("closed", "sent")
    assert len(post.letters) == 1


def test_a_digest_is_grouped_by_agent_and_shows_five_at_most(maria, post):
    ask = maria.asked(3, purpose=Ask.Purpose.DIGEST)
    other = AgentFactory(name="ops-briefing")
    ask.reviews.add(*(maria.question(agent) for agent in (other, maria.agent, other, other)))
    delivered(ask)
    [letter] = post.letters
    assert letter["Subject"].startswith("7 access reviews wait for you, the first due ")
    said = text(letter)
    assert [str(review) for review in maria.reviews if link(review) in said] == list(map(str, maria.reviews[:5]))
    assert said.index("== ops-briefing ==") > said.index(f"== {maria.agent.name} ==")
    assert said.count(" ==\n") == 2
    assert "2 more wait for you." in said
    assert "https://countersign.example/reviews/" in said
    assert Ask.objects.get().shown["told"] == [review.pk for review in maria.reviews]


def test_a_digest_of_one_question_is_that_question(maria, post):
    delivered(maria.asked(purpose=Ask.Purpose.DIGEST))
    assert post.last()["Subject"].startswith("Does airline-support still need to refund payments?")


def test_what_joins_a_digest_after_it_was_sent_comes_in_a_letter_of_its_own(maria, post):
    ask = delivered(maria.asked(2, purpose=Ask.Purpose.DIGEST))
    late = maria.question()
    Assignment.objects.filter(review=late).update(since=ask.made_at)
    ask.reviews.add(late)
    Ask.objects.outdate(late)
    assert delivered(ask).state == "sent"
    first, second = post.letters
    assert [str(review) for review in maria.reviews if link(review) in text(second)] == [str(late)]
    assert second["In-Reply-To"] == first["Message-ID"] != second["Message-ID"]


def test_a_reminder_answers_to_its_question(maria, post):
    asked = delivered(maria.asked())
    reminder = AskFactory(person=maria.person, review=maria.reviews[0], surface="email", purpose="reminder")
    assert delivered(reminder).state == "sent"
    question, again = post.letters
    assert again["In-Reply-To"] == again["References"] == question["Message-ID"] == asked.external_id
    assert again["Subject"] == f"Re: {question['Subject']}"
    assert text(again).startswith("Reminder: Does airline-support still need to refund payments? Due ")
    assert link(maria.reviews[0]) in text(again)


def test_a_reminder_of_a_question_that_stands_in_slack_stands_alone(maria, post):
    asked = maria.asked()
    Ask.objects.update(surface="slack", external_id="D01:1.1", state="sent")
    delivered(AskFactory(person=maria.person, review=maria.reviews[0], surface="email", purpose="reminder"))
    assert post.last()["In-Reply-To"] is None
    assert post.last()["Subject"].startswith("Reminder: Does airline-support still need to refund payments? Due ")
    assert Ask.objects.get(pk=asked.pk).state == "sent"


def test_nobody_is_reminded_of_what_is_decided(maria, post):
    delivered(maria.asked())
    Review.objects.update(state="decided", closed_at=timezone.now())
    reminder = AskFactory(person=maria.person, review=maria.reviews[0], surface="email", purpose="reminder")
    assert delivered(reminder).state == "closed"
    assert len(post.letters) == 1


@pytest.fixture
def offer(maria):
    """Maria offers her question to Jon."""
    jon = PersonFactory(name="Jon Bell", email="jon@skyway.example")
    review = maria.question()
    Handover.objects.create(assignment=review.assignment, to=jon, reason="You built it.", at=timezone.now())
    return AskFactory(person=jon, review=review, surface="email", purpose="offer")


def test_a_colleague_is_asked_to_take_it_over(maria, post, offer):
    assert delivered(offer).state == "sent"
    assert post.recipients == ["jon@skyway.example"]
    said, review = text(post.last()), maria.reviews[0]
    assert post.last()["Subject"].startswith(
        "Take this over from Maria Okafor? Does airline-support still need to refund "
    )
    assert said.startswith(f"Maria Okafor asks you to take {review} over. “You built it.” Until you accept, it stays")
    assert "Maria Okafor is asked because" in said
    assert f"Take {review} over, or decline: https://countersign.example/r/" in said


def test_an_offer_that_was_answered_is_not_sent(post, offer):
    Handover.objects.update(ending="declined", ended_at=timezone.now())
    assert delivered(offer).state == "closed"
    assert post.letters == []


def test_slacks_rows_are_left_to_slack(maria, post):
    ask = maria.asked()
    Ask.objects.update(surface="slack")
    assert delivered(ask).state == "pending"
    assert post.letters == []


def test_a_later_letter_never_overtakes_an_earlier_one_to_the_same_person(maria, post):
    earlier = maria.asked()
    maria.asked()
    Ask.objects.filter(pk=earlier.pk).update(next_at=timezone.now() + timedelta(hours=1))
    assert delivering.deliver_waiting() == 0
    assert post.letters == []


def test_a_sender_that_lost_its_lease_sends_nothing(maria, post):
    maria.asked()
    claimed = Ask.objects.claim_pending("email")
    Ask.objects.update(fence=claimed.fence + 1)
    delivering.deliver(claimed)
    assert post.letters == []


def followed(post):
    """The path of the link in the last letter."""
    return re.search(r"https://countersign\.example(/r/\S+)", text(post.last()))[1]


def test_its_link_leads_whoever_logs_in_to_the_question_and_decides_nothing(maria, post, client):
    delivered(maria.asked())
    path = followed(post)
    assert client.get(path)["Location"].startswith("/login/?next=/r/")
    client.force_login(maria.person)
    assert client.get(path)["Location"] == f"/reviews/{maria.reviews[0]}/"
    assert Review.objects.get().state == "open"


def test_the_colleagues_link_leads_to_the_question_that_is_offered(maria, post, offer, client):
    delivered(offer)
    client.force_login(offer.person)
    answer = client.get(followed(post), follow=True, headers={"host": "localhost"})
    assert answer.status_code == 200
    assert str(maria.reviews[0]) in answer.content.decode()
