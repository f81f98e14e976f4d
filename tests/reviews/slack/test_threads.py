"""The thread under a question is the log of what has happened."""

import re

import pytest
from django.utils import timezone

from connectors.errors import Transient
from governance import clock
from reviews import deciding, questions, revoking, undoing
from reviews.deciding import Said
from reviews.models import Ask, Pace, Remediation, Review, Verdict
from reviews.models.remediation import State as Step
from reviews.routing import Candidate
from reviews.ruling import Via
from reviews.slack import pacing
from tests.factories import PersonFactory
from tests.reviews.factories import AskFactory, SlackIdentityFactory
from tests.reviews.slack.test_lost_replies import lose

pytestmark = pytest.mark.django_db

POST = "chat.postMessage"
WHEN = re.compile(
    r"<!date\^(?P<at>\d+)\^\{date_short_pretty\} at \{time_secs\}\|\w{3} \d+ \w{3}, [\d:]{8}>  (?P<said>.*)"
)


@pytest.fixture
def decided(question):
    """Maria was asked, and has decided."""
    question.delivered()
    decide(question)
    return question


def decide(question):
    said = Said(verdict=Verdict.REVOKE, reason="Nobody needs it since May.")
    via = Via(surface="slack", assurance="simulated")
    deciding.decide(item=question.item, said=said, by=question.person, via=via)


def replies(peer):
    return [body for body in peer.told(POST) if body.get("thread_ts")]


def lines(reply):
    """What its lines say; before each stands when, to the second and in the order in which it happened."""
    parts = [WHEN.fullmatch(line) for line in reply["text"].split("\n")]
    moments = [int(part["at"]) for part in parts]
    assert moments == sorted(moments)
    return [part["said"] for part in parts]


def test_that_the_person_is_asked_the_card_says_itself(question, peer):
    question.delivered()
    assert replies(peer) == []


def test_what_has_happened_is_one_reply_under_the_card(decided, peer):
    ask = decided.delivered()
    [reply] = replies(peer)
    assert (reply["channel"], reply["thread_ts"]) == ("D0000001", "1795513262.000001")
    assert lines(reply) == [
        "Maria Okafor is asked, as the agent's owner.",
        "Maria Okafor decided to revoke it. Reason: Nobody needs it since May.",
    ]
    assert reply["metadata"]["event_payload"] == {"ask": ask.pk, "log": 1}
    assert ask.state == "closed"


def test_nothing_is_said_twice(decided, peer):
    decided.delivered()
    Ask.objects.update(state="outdated")
    decided.delivered()
    assert len(replies(peer)) == 1
    assert len(peer.told("chat.update")) == 2


def test_what_came_since_is_said_in_a_reply_of_its_own(decided, peer):
    decided.delivered()
    undoing.undo(
        decision=decided.item.decision, by=decided.person, via=Via(surface="slack", assurance="simulated"), reason=""
    )
    decided.delivered()
    first, second = replies(peer)
    assert lines(second) == ["Maria Okafor took the decision back."]
    assert second["metadata"]["event_payload"]["log"] > first["metadata"]["event_payload"]["log"]


def test_a_reply_whose_answer_was_lost_is_not_said_twice(decided, peer):
    lose(decided, peer)
    ask = decided.delivered()
    assert len(replies(peer)) == 1
    assert len(peer.told("chat.update")) == 1, "the card was rendered already"
    assert ask.state == "closed"


def test_a_reply_that_never_arrived_is_said(decided, peer):
    lose(decided, peer)
    peer.kept.pop()
    decided.delivered()
    assert len(replies(peer)) == 2


def test_without_room_for_the_reply_the_card_is_rendered_once_and_the_reply_comes_later(decided, peer):
    for bucket in pacing.calls(decided.workspace, POST):
        pacing.close(bucket, wait=pacing.MINUTE)
    assert decided.delivered().state == "outdated"
    assert replies(peer) == []
    Pace.objects.all().delete()
    Ask.objects.update(next_at=None)
    assert decided.delivered().state == "closed"
    assert (len(replies(peer)), len(peer.told("chat.update"))) == (1, 1)


def test_a_card_that_is_gone_and_over_is_not_posted_again(decided, peer):
    decided.delivered()
    questions.outdate(decided.review)
    peer.will("chat.update", ok=False, error="message_not_found")
    assert decided.delivered().state == "closed"
    assert len(peer.told(POST)) == 2


def test_a_new_card_has_the_whole_log_again(question, peer):
    question.delivered()
    Review.objects.update(reminded_at=timezone.now())
    questions.outdate(question.review)
    question.delivered()
    peer.will("chat.update", ok=False, error="message_not_found")
    questions.outdate(question.review)
    question.delivered()
    first, second = replies(peer)
    assert first["text"] == second["text"]
    assert first["thread_ts"] != second["thread_ts"]


def test_names_are_text(question, peer):
    question.delivered()
    hostile = PersonFactory(name="<!channel> *Eve* https://evil.example")
    questions.unassign(question.review, because="governance chose <@U1>", at=clock.now())
    questions.assign(question.review, Candidate(hostile, "chosen", "because"), at=clock.now())
    question.delivered()
    [reply] = replies(peer)
    assert "&lt;!channel&gt;" in reply["text"]
    assert "&lt;@U1&gt;" in reply["text"]
    assert "*Eve*" not in reply["text"]
    [shown] = [block["text"] for block in reply["blocks"]]
    assert shown == {"type": "mrkdwn", "text": reply["text"], "verbatim": True}, "a bare address stays text"


def test_a_copy_that_was_not_sent_has_no_thread(question, peer):
    questions.unassign(question.review, because="away", at=timezone.now())
    question.delivered()
    assert peer.heard == []


def test_who_is_not_linked_any_more_is_told_nothing(decided, peer):
    decided.person.identities.all().delete()
    assert decided.delivered().state == "closed"
    assert replies(peer) == []


def test_who_was_asked_before_is_offered_no_undo(question, peer):
    question.delivered()
    other = PersonFactory(name="Jon Bell")
    SlackIdentityFactory(person=other, issuer=question.workspace.team_id, value="U0JON")
    seen = {"external_id": "D0000009:1.000001", "shown": {"team": question.workspace.team_id}}
    his = AskFactory(person=other, review=question.review, state="sent", **seen)
    decide(question)
    question.delivered()
    question.delivered()
    both = {body["channel"]: str(body["blocks"]) for body in peer.told("chat.update")}
    assert "'action_id': 'undo'" in both["D0000001"]
    assert "'action_id': 'undo'" not in both["D0000009"]
    assert Ask.objects.get(pk=his.pk).state == "closed"


def test_a_failure_is_said_and_what_the_system_wrote_is_text(decided, peer):
    act = Remediation.objects.get()
    act.move(Step.CLAIMED)
    revoking.fail(act, revoking.begin(act), Transient("<!channel> *busy*"))
    decided.delivered()
    [reply] = replies(peer)
    assert lines(reply)[-1].startswith("Failed: Transient: &lt;!channel&gt;")
    assert lines(reply)[-1].endswith("Trying again.")
    assert "*busy*" not in reply["text"]
