"""A message that was perhaps posted: Slack's answer did not arrive, or we did not live to hear it."""

import time
from http.client import RemoteDisconnected

import pytest
from django.utils import timezone

from reviews.models import Ask, Review
from tests.reviews.factories import AskFactory

pytestmark = pytest.mark.django_db

POST = "chat.postMessage"


def lose(question, peer, method=POST):
    """Let the answer get lost; then it is tried again."""
    peer.lost.add(method)
    with pytest.raises((RemoteDisconnected, OSError)):
        question.delivered()
    Ask.objects.update(leased_until=None)


def test_a_message_whose_reply_was_lost_is_found_and_not_posted_twice(question, peer):
    before = int(time.time())
    lose(question, peer)
    ask = question.delivered()
    assert len(peer.told(POST)) == 1
    assert (ask.state, ask.external_id) == ("sent", "D0000001:1795513262.000001")
    [search] = peer.told("conversations.history")
    assert search["channel"] == "D0000001"
    assert before - 600 < int(search["oldest"]) <= before
    [update] = peer.told("chat.update")
    assert update["ts"] == "1795513262.000001"
    assert update["blocks"] == ask.shown["blocks"]


def test_a_message_that_never_arrived_is_posted(question, peer):
    lose(question, peer)
    peer.kept.clear()
    assert question.delivered().external_id == "D0000001:1795513262.000002"


def test_another_question_to_the_same_person_is_not_taken_for_it(question, peer):
    lose(question, peer)
    peer.kept[0]["metadata"]["event_payload"]["ask"] += 1
    question.delivered()
    assert len(peer.told(POST)) == 2


def test_where_we_may_not_read_a_second_copy_is_the_smaller_evil(question, peer):
    lose(question, peer)
    peer.will("conversations.history", ok=False, error="missing_scope", needed="im:history")
    assert question.delivered().state == "sent"
    assert len(peer.told(POST)) == 2


def test_what_was_posted_is_closed_also_where_it_is_over_meanwhile(question, peer):
    lose(question, peer)
    Review.objects.update(state="withdrawn", closed_at=timezone.now())
    assert question.delivered().state == "closed"
    [update] = peer.told("chat.update")
    assert not [block for block in update["blocks"] if block["type"] == "actions"]


def test_after_a_plain_refusal_nothing_is_looked_for(question, peer):
    peer.will(POST, status=429, headers={"Retry-After": "0"}, ok=False, error="ratelimited")
    question.delivered()
    Ask.objects.update(next_at=None)
    assert question.delivered().state == "sent"
    assert peer.told("conversations.history") == []


def test_after_a_mishap_of_slacks_it_is_looked_for(question, peer):
    peer.will(POST, ok=False, error="fatal_error")
    with pytest.raises(Exception, match="fatal_error"):
        question.delivered()
    Ask.objects.update(leased_until=None)
    question.delivered()
    assert len(peer.told("conversations.history")) == 1


def test_a_lost_reminder_is_looked_for_in_its_thread(question, peer):
    question.delivered()
    AskFactory(person=question.person, review=question.review, purpose=Ask.Purpose.REMINDER)
    lose(question, peer)
    assert question.delivered().external_id == "D0000001:1795513262.000002"
    assert len(peer.told(POST)) == 2
    assert peer.told("conversations.replies")[0]["ts"] == "1795513262.000001"
