"""Slack is away: the question goes by e-mail, the deadline stands, and what Slack missed is said when it is back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from governance.sweeping import sweep
from reviews import asking, lapsing, questions, reminding
from reviews.mail.delivering import deliver_waiting
from reviews.models import Ask, Decision, Pace, Remediation, Review
from reviews.slack.delivering import deliver
from tests.reviews.factories import AskFactory, AssignmentFactory, ReviewFactory
from tests.reviews.scene import again, aged, where_it_is
from tests.reviews.slack.conftest import Question, asked
from tests.reviews.slack.peer import Peer, listening

POST = "chat.postMessage"
Refusal = tuple[int, dict[str, str], dict[str, Any]]
DOWN: Refusal = (503, {}, {"ok": False, "error": "service_unavailable"})


@dataclass
class Failing(Peer):
    """It refuses everything, until it is back."""

    away: bool = True
    refusal: Refusal = DOWN

    def answer(self, method: str, body: dict[str, Any]) -> Refusal:
        return self.refusal if self.away else super().answer(method, body)


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
    """So much time passes: every row that waits for its next try, or for its turn to speak, may have it."""
    Pace.objects.all().delete()
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


def second(question: Question) -> Review:
    """Another question of hers, that waits behind the first."""
    review = ReviewFactory(campaign=question.review.campaign)
    AssignmentFactory(review=review, person=question.person)
    AskFactory(person=question.person, review=review)
    return review


def digest(question: Question) -> Review:
    """A routine one, that asking puts into a digest."""
    now = timezone.now()
    days = {"opened_at": now - timedelta(days=3), "remind_at": now + timedelta(days=3)}
    review = ReviewFactory(
        campaign=question.review.campaign, escalate_at=now + timedelta(days=4), due_at=now + timedelta(days=6), **days
    )
    assignment = AssignmentFactory(review=review, person=question.person)
    assert asking.digest(review, assignment=assignment, at=now).purpose == "digest"
    return review


def outdated(question: Question) -> Review:
    """The first: something about it has changed before it could be said."""
    questions.outdate(question.review)
    return question.review


@pytest.mark.parametrize("more", [second, digest, outdated])
def test_everything_that_slack_does_not_take_goes_by_email_once(question, slack, mailoutbox, more):
    review = more(question)
    for _ in range(4):
        later(minutes=8)
    waiting = Ask.objects.filter(surface="slack")
    letters = Ask.objects.filter(surface="email", state="sent")
    assert (len(mailoutbox), letters.filter(reviews=review).count()) == (waiting.count(), 1)
    slack.away = False
    for _ in range(3):
        later(minutes=1)
    assert (len(mailoutbox), len(posted(slack))) == (waiting.count(), waiting.count()), "nothing is said twice"
    assert set(waiting.values_list("state", flat=True)) == {"sent"}


def test_a_slack_that_always_says_later_leaves_nobody_unasked(question, slack, mailoutbox):
    second(question)
    slack.refusal = (429, {"Retry-After": "60"}, {"ok": False, "error": "ratelimited"})
    for _ in range(4):
        later(minutes=8)
    assert len(mailoutbox) == 2
    assert set(Ask.objects.filter(surface="slack").values_list("attempts", flat=True)) == {0}


def test_a_reminder_waits_for_slack_and_comes_into_its_thread(question, slack):
    where_it_is(12, question.person)
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
