"""Sending and rendering again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.errors import Conflict
from governance.models import Entry
from reviews import outbox, questions
from reviews.models import Ask, Assignment, Review
from reviews.slack import home, pacing
from reviews.slack.delivering import deliver
from tests.factories import PersonFactory
from tests.reviews.factories import AskFactory, AssignmentFactory
from tests.reviews.slack.conftest import asked

pytestmark = pytest.mark.django_db


def outdate(question):
    Ask.objects.filter(pk=question.ask.pk).update(state=Ask.State.OUTDATED)


def test_it_posts_the_question_to_the_person(question, peer):
    ask = question.delivered()
    [post] = peer.told("chat.postMessage")
    assert post["channel"] == question.user
    assert post["text"].startswith("Does airline-support still need to refund payments?")
    assert post["metadata"] == {"event_type": "access_review", "event_payload": {"ask": ask.pk}}
    assert (post["unfurl_links"], post["unfurl_media"]) == (False, False)
    assert (ask.state, ask.external_id) == ("sent", "D0000001:1795513262.000001")
    assert ask.shown["blocks"] == post["blocks"]
    assert ask.sent_at is not None
    assert ask.leased_until is None


def again(question):
    """Ask the same person once more."""
    AskFactory(person=question.person, review=question.review)
    deliver(Ask.objects.claim_pending("slack"))


def test_who_was_called_a_colleague_a_moment_ago_is_not_asked_about_again(question, peer):
    question.delivered()
    again(question)
    assert (len(peer.told("chat.postMessage")), len(peer.told("users.info"))) == (2, 1)
    question.person.identities.update(colleague_at=timezone.now() - timedelta(minutes=11))
    again(question)
    assert (len(peer.told("chat.postMessage")), len(peer.told("users.info"))) == (3, 2)


def test_what_was_shown_is_hashed_into_the_ledger(question):
    ask = question.delivered()
    entry = Entry.objects.get(act="ask.sent")
    assert entry.body["shown"] == ask.shown_hash
    assert len(ask.shown_hash) == 64
    assert entry.body["message"] == ask.external_id


def test_an_outdated_message_is_rendered_in_place(question, peer):
    first = question.delivered()
    outdate(question)
    second = question.delivered()
    [update] = peer.told("chat.update")
    assert (update["channel"], update["ts"]) == ("D0000001", "1795513262.000001")
    assert second.external_id == first.external_id
    assert second.sent_at == first.sent_at
    assert second.shown["renders"].keys() == {str(first.fence), str(second.fence)}
    assert len(peer.told("chat.postMessage")) == 1


def test_a_message_that_is_gone_is_posted_again(question, peer):
    question.delivered()
    outdate(question)
    peer.will("chat.update", ok=False, error="message_not_found")
    assert question.delivered().external_id == "D0000001:1795513262.000002"


def test_a_review_that_is_over_closes_its_messages(question):
    question.delivered()
    now = timezone.now()
    Review.objects.filter(pk=question.review.pk).update(state="withdrawn", closed_at=now)
    outdate(question)
    assert question.delivered().state == "closed"


def test_a_review_that_is_over_is_not_asked(question, peer):
    Review.objects.filter(pk=question.review.pk).update(state="withdrawn", closed_at=timezone.now())
    assert question.delivered().state == "closed"
    assert peer.heard == []


def test_somebody_who_is_not_asked_any_more_is_not_sent_the_question(question, peer):
    Assignment.objects.update(until=timezone.now(), ended_because="away")
    AssignmentFactory(review=question.review)
    assert question.delivered().state == "closed"
    assert peer.heard == []


def test_somebody_who_was_asked_loses_the_buttons(question, peer):
    question.delivered()
    Assignment.objects.update(until=timezone.now(), ended_because="away")
    AssignmentFactory(review=question.review, person=PersonFactory(name="Jon Bell"))
    outdate(question)
    question.delivered()
    [update] = peer.told("chat.update")
    assert not [block for block in update["blocks"] if block["type"] == "actions"]


def asked_anew(question, since):
    """It was somebody else's for a while, and is the same person's again."""
    Assignment.objects.update(until=since, ended_because="away")
    AssignmentFactory(review=question.review, person=question.person, since=since)


def test_who_is_asked_anew_is_not_sent_the_question_of_before(question, peer):
    asked_anew(question, timezone.now())
    assert question.delivered().state == "closed"
    assert peer.heard == []
    AskFactory(person=question.person, review=question.review)
    assert question.delivered().state == "sent"


def test_every_copy_of_who_is_asked_anew_has_buttons(question, peer):
    question.delivered()
    asked_anew(question, timezone.now())
    outdate(question)
    question.delivered()
    [update] = peer.told("chat.update")
    assert [block for block in update["blocks"] if block["type"] == "actions"]


def test_what_is_closed_unsent_has_no_attempts_to_its_name(question):
    Ask.objects.update(attempts=30)
    asked_anew(question, timezone.now())
    assert question.delivered().attempts == 0


def test_a_reminder_stands_in_the_thread_of_its_question(question, peer):
    question.delivered()
    AskFactory(person=question.person, review=question.review, purpose=Ask.Purpose.REMINDER)
    reminder = question.delivered()
    _, post = peer.told("chat.postMessage")
    assert post["thread_ts"] == "1795513262.000001"
    assert post["text"].startswith("Reminder: Does airline-support still need to refund payments?")
    assert [block["text"]["verbatim"] for block in post["blocks"]] == [True], "a bare address stays text"
    assert reminder.state == "sent"


def test_a_reminder_without_its_question_stands_alone(question, peer):
    Ask.objects.update(purpose=Ask.Purpose.REMINDER)
    question.delivered()
    [post] = peer.told("chat.postMessage")
    assert "thread_ts" not in post


def test_nobody_is_reminded_of_what_is_over(question, peer):
    question.delivered()
    AskFactory(person=question.person, review=question.review, purpose=Ask.Purpose.REMINDER)
    Review.objects.filter(pk=question.review.pk).update(state="withdrawn", closed_at=timezone.now())
    assert question.delivered().state == "closed"
    assert len(peer.told("chat.postMessage")) == 1


def test_a_later_message_never_overtakes_an_earlier_one_to_the_same_person(question):
    AskFactory(person=question.person, review=question.review)
    Ask.objects.filter(pk=question.ask.pk).update(next_at=timezone.now() + timedelta(hours=1))
    assert Ask.objects.claim_pending("slack") is None
    Ask.objects.filter(pk=question.ask.pk).update(next_at=None)
    assert Ask.objects.claim_pending("slack").pk == question.ask.pk
    assert Ask.objects.claim_pending("slack") is None, "the first one is on its way"


@pytest.mark.parametrize("state", ["failed", "closed", "sent"])
def test_what_will_not_be_sent_any_more_holds_nobody_back(question, state):
    second = AskFactory(person=question.person, review=question.review)
    Ask.objects.filter(pk=question.ask.pk).update(state=state)
    assert Ask.objects.claim_pending("slack").pk == second.pk


def test_what_is_said_by_e_mail_instead_holds_nobody_back(question, settings):
    settings.EMAIL_SET_UP = True
    second = AskFactory(person=question.person, review=question.review)
    Ask.objects.filter(pk=question.ask.pk).update(attempts=6, next_at=timezone.now() + timedelta(hours=1))
    assert Ask.objects.claim_pending("slack") is None
    outbox.elsewhere(question.ask, because="an error that nobody knows")
    assert Ask.objects.claim_pending("slack").pk == second.pk


def test_one_who_waits_holds_nobody_else_back(question):
    other = AskFactory(person=PersonFactory(), review=question.review)
    Ask.objects.filter(pk=question.ask.pk).update(next_at=timezone.now() + timedelta(hours=1))
    assert Ask.objects.claim_pending("slack").pk == other.pk


def test_a_message_that_waits_to_be_rendered_again_holds_no_new_one_back(question):
    question.delivered()
    later = timezone.now() + timedelta(hours=1)
    Ask.objects.filter(pk=question.ask.pk).update(state="outdated", next_at=later)
    AskFactory(person=question.person, review=question.review)
    assert question.delivered().state == "sent"


def test_many_changes_are_one_rendering_with_the_newest_state(question, peer):
    question.delivered()
    for number in range(5):
        Review.objects.update(question=f"Does it need version {number}?")
        questions.outdate(question.review)
    question.delivered()
    assert Ask.objects.claim_pending("slack") is None
    [update] = peer.told("chat.update")
    assert "Does it need version 4?" in update["text"]


def test_without_room_for_a_call_nothing_is_called_and_it_counts_as_no_try(question, peer):
    for bucket in pacing.calls(question.workspace, "chat.postMessage"):
        pacing.close(bucket, wait=timedelta(minutes=5))
    ask = question.delivered()
    assert peer.heard == []
    assert (ask.state, ask.attempts, ask.trouble, ask.leased_until) == ("pending", 0, "", None)
    assert ask.next_at > timezone.now()


def test_without_room_in_the_persons_channel_only_they_wait(question, peer):
    pacing.close(pacing.channel(question.workspace, question.user), wait=timedelta(minutes=5))
    other = asked(workspace=question.workspace, user="U0JON")
    assert question.delivered().state == "pending"
    assert other.delivered().state == "sent"
    assert [body["channel"] for body in peer.told("chat.postMessage")] == ["U0JON"]


def test_a_home_is_published_to_its_person_and_again_when_it_changes(question, peer):
    Ask.objects.update(state="closed")
    home.opened(question.person, question.workspace)
    first = question.delivered()
    assert (first.purpose, first.state, first.external_id) == ("home", "sent", "V-U0MARIA")
    home.opened(question.person, question.workspace)
    question.delivered()
    assert [body["user_id"] for body in peer.told("views.publish")] == ["U0MARIA"] * 2
    assert peer.told("chat.postMessage") == []


def test_a_home_waits_behind_no_message(question):
    Ask.objects.update(next_at=timezone.now() + timedelta(hours=1))
    home.opened(question.person, question.workspace)
    assert question.delivered().purpose == "home"


def test_who_has_lost_the_lease_posts_nothing(question, peer):
    claimed = Ask.objects.claim_pending("slack")
    Ask.objects.filter(pk=claimed.pk).update(fence=claimed.fence + 1)
    with pytest.raises(Conflict):
        deliver(claimed)
    assert peer.told("chat.postMessage") == []
