"""Sending and rendering again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.models import Entry
from reviews.models import Ask, Assignment, Review, Workspace
from tests.factories import PersonFactory
from tests.reviews.factories import AskFactory, AssignmentFactory

pytestmark = pytest.mark.django_db


def acts():
    return list(Entry.objects.order_by("pk").values_list("act", flat=True))


def outdate(question):
    Ask.objects.filter(pk=question.ask.pk).update(state=Ask.State.OUTDATED)


def test_it_posts_the_question_to_the_person(question, peer):
    ask = question.delivered()
    [post] = peer.told("chat.postMessage")
    assert [body["users"] for body in peer.told("conversations.open")] == [question.user]
    assert post["text"].startswith("Does airline-support still need to refund payments?")
    assert post["metadata"] == {"event_type": "access_review", "event_payload": {"ask": ask.pk}}
    assert (post["unfurl_links"], post["unfurl_media"]) == (False, False)
    assert (ask.state, ask.external_id) == ("sent", "D0000001:1795513262.000001")
    assert ask.shown["blocks"] == post["blocks"]
    assert ask.sent_at is not None
    assert ask.leased_until is None


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


def test_slacks_later_is_kept_to_the_second(question, peer):
    peer.will("chat.postMessage", status=429, headers={"Retry-After": "37"}, ok=False, error="ratelimited")
    before = timezone.now()
    ask = question.delivered()
    assert ask.state == "pending"
    assert timedelta(seconds=36) < ask.next_at - before < timedelta(seconds=40)
    assert ask.attempts == 0
    assert Ask.objects.claim_pending("slack") is None


@pytest.mark.parametrize("error", ["user_not_found", "user_disabled", "channel_not_found", "cannot_dm_bot"])
def test_a_person_who_cannot_be_reached_is_told_to_governance(question, peer, error):
    peer.will("conversations.open", ok=False, error=error)
    ask = question.delivered()
    assert (ask.state, ask.trouble) == ("failed", error)
    assert acts() == ["ask.failed"]


@pytest.mark.parametrize("flag", ["deleted", "is_restricted", "is_ultra_restricted", "is_stranger", "is_bot"])
def test_guests_and_bots_are_not_asked(question, peer, flag):
    peer.will("users.info", ok=True, user={"id": question.user, flag: True})
    assert question.delivered().state == "failed"
    assert peer.told("chat.postMessage") == []


def test_somebody_without_a_linked_user_is_not_asked(question, peer):
    question.person.identities.all().delete()
    ask = question.delivered()
    assert (ask.state, ask.trouble) == ("failed", "not_linked")
    assert peer.heard == []


@pytest.mark.parametrize("error", ["token_revoked", "invalid_auth", "account_inactive"])
def test_a_refused_token_pauses_the_workspace_and_the_question_waits(question, peer, error):
    peer.will("users.info", ok=False, error=error)
    ask = question.delivered()
    assert Workspace.objects.get().state == "paused"
    assert ask.state == "pending"
    assert ask.next_at > timezone.now()


def test_nothing_is_sent_to_a_paused_workspace(question, peer):
    Workspace.objects.update(state="paused")
    assert question.delivered().state == "pending"
    assert peer.heard == []


def test_a_failure_that_means_nothing_is_left_to_the_sweep(question, peer):
    peer.will("chat.postMessage", ok=False, error="fatal_error")
    with pytest.raises(Exception, match="fatal_error"):
        question.delivered()
    assert Ask.objects.get(pk=question.ask.pk).state == "pending"


def test_a_reminder_stands_in_the_thread_of_its_question(question, peer):
    question.delivered()
    AskFactory(person=question.person, review=question.review, purpose=Ask.Purpose.REMINDER)
    reminder = question.delivered()
    _, post = peer.told("chat.postMessage")
    assert post["thread_ts"] == "1795513262.000001"
    assert post["text"].startswith("Reminder: Does airline-support still need to refund payments?")
    assert "blocks" not in post
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
