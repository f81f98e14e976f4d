"""Slack is away: the question goes by e-mail, the deadline stands, and what Slack missed is said when it is back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import F

from governance.sweeping import sweep
from reviews import asking, lapsing, reminding
from reviews.mail.delivering import deliver_waiting
from reviews.models import Ask, Decision, Remediation, Review
from reviews.slack.delivering import deliver
from tests.reviews.scene import again, aged
from tests.reviews.slack.conftest import Question, asked
from tests.reviews.slack.peer import Peer, listening

POST = "chat.postMessage"


@dataclass
class Failing(Peer):
    """It answers with 503 to everything, until it is back."""

    away: bool = True

    def answer(self, method: str, body: dict[str, Any]) -> tuple[int, dict[str, str], dict[str, Any]]:
        return (503, {}, {"ok": False, "error": "service_unavailable"}) if self.away else super().answer(method, body)


@pytest.fixture
def slack(db, settings, monkeypatch) -> Iterator[Failing]:
    """A Slack that is away, beside mail that is set up."""
    monkeypatch.setenv("TEST_SLACK_BOT_TOKEN", "xoxb-of-the-tests")
    settings.EMAIL_SET_UP, settings.DEFAULT_FROM_EMAIL = True, "countersign@skyway.example"
    failing = Failing()
    with listening(failing):
        settings.SLACK_API_BASE_URL = failing.api
        yield failing


@pytest.fixture
def question(slack) -> Question:
    """Maria's."""
    return asked()


def posted(slack: Peer) -> list[Any]:
    """What stands in Slack."""
    return [message["thread_ts"] for message in slack.kept]


def later(**span: float) -> None:
    """So much time passes: every row that waits for its next try may have it."""
    Ask.objects.update(next_at=None, made_at=F("made_at") - timedelta(**span))
    sweep(partial(Ask.objects.claim_pending, "slack"), deliver)
    asking.ask_people()
    deliver_waiting()


def test_the_question_goes_by_email_and_comes_to_slack_when_it_is_back(question, slack, mailoutbox):
    later(minutes=1)
    assert (again(question.ask).state, again(question.ask).attempts) == ("pending", 1)
    assert (posted(slack), mailoutbox) == ([], []), "a minute is no reason to write"
    later(minutes=15)
    [letter] = mailoutbox
    assert letter.to == [question.person.email]
    assert again(question.review).due_at == question.review.due_at
    slack.away = False
    later(minutes=1)
    assert again(question.ask).state == "sent"
    assert (len(posted(slack)), len(mailoutbox)) == (1, 1), "once each"
    assert again(question.review).due_at == question.review.due_at


def test_a_reminder_waits_for_slack_and_comes_into_its_thread(question, slack):
    slack.away = False
    later(minutes=1)
    slack.away = True
    aged(question.review, days=1.1)
    assert reminding.remind_people() == 1
    later(minutes=1)
    assert len(posted(slack)) == 1
    slack.away = False
    later(minutes=1)
    assert posted(slack) == [None, slack.kept[0]["ts"]]
    assert reminding.remind_people() == 0


def test_silence_ends_at_its_time_whatever_slack_does(question, slack, mailoutbox):
    later(minutes=16)
    later(minutes=1)
    aged(question.review, days=3.1)
    assert lapsing.lapse_reviews() == 1
    assert Decision.objects.get().verdict == "suspend"
    assert Remediation.objects.get().hold is None, "she was asked by e-mail"
    assert Review.objects.get().state != "open"
    slack.away = False
    later(minutes=1)
    assert posted(slack) == [], "nobody is asked what is over"
