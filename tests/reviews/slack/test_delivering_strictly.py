"""Delivering to a workspace that is as strict as Slack: what it refuses, we would not notice elsewhere."""

import time

import pytest

from demo.slack.client import Simulation
from demo.slack.directory import company
from demo.slack.serving import running
from demo.slack.workspace import Workspace as SimulatedWorkspace
from reviews import deciding
from reviews.deciding import Said
from reviews.models import Ask, Verdict
from reviews.ruling import Via
from tests.reviews.factories import AskFactory, WorkspaceFactory
from tests.reviews.slack.conftest import asked
from tests.reviews.slack.test_simulated import COMPANY, MARIA

pytestmark = pytest.mark.django_db

TOKEN = "xoxb-simulated"  # noqa: S105
NOBODY = "http://127.0.0.1:9/"


@pytest.fixture
def question(settings, monkeypatch):
    monkeypatch.setenv("TEST_SLACK_BOT_TOKEN", TOKEN)
    simulated = SimulatedWorkspace(company(COMPANY, bot_token=TOKEN, signing_secret="s"), clock=time.time)
    with running(simulated, interactivity_url=NOBODY) as slack:
        settings.SLACK_API_BASE_URL = f"{slack.url}/api/"
        yield asked(workspace=WorkspaceFactory(team_id="T0SKYWAY"), user=MARIA)


@pytest.fixture
def messages(question, settings):
    """What Maria has in front of her."""
    with Simulation(settings.SLACK_API_BASE_URL.removesuffix("/api/")) as hands:
        yield lambda: hands.messages(MARIA)


def forget_the_answer(ask):
    """The worker was killed after the message had been posted and before it could say so."""
    Ask.objects.filter(pk=ask.pk).update(
        external_id="", state="pending", shown={**ask.shown, "since": int(time.time()), "unfinished": None}
    )


def test_what_a_killed_worker_had_posted_is_found_and_rendered_again(question, messages):
    ask = question.delivered()
    forget_the_answer(ask)
    again = question.delivered()
    assert again.external_id == ask.external_id
    [message] = messages()
    assert message["blocks"][0]["block_id"].endswith(f".{again.fence}.0")


def test_what_a_killed_worker_had_posted_in_a_thread_is_found(question, messages):
    question.delivered()
    AskFactory(person=question.person, review=question.review, purpose=Ask.Purpose.REMINDER)
    reminder = question.delivered()
    forget_the_answer(reminder)
    assert question.delivered().external_id == reminder.external_id
    assert len(messages()) == 2


def test_the_log_stands_in_the_thread_of_the_card(question, messages):
    ask = question.delivered()
    said = Said(verdict=Verdict.REVOKE, reason="Nobody needs it since May.")
    via = Via(surface="slack", assurance="simulated")
    deciding.decide(item=question.item, said=said, by=question.person, via=via)
    assert question.delivered().state == "closed"
    card, log = messages()
    assert log["thread_ts"] == card["ts"] == ask.external_id.partition(":")[2]
    assert "Maria Okafor decided to revoke it" in log["text"]


def test_a_deactivated_colleague_is_not_asked(question, messages, settings):
    with Simulation(settings.SLACK_API_BASE_URL.removesuffix("/api/")) as hands:
        hands.set_person(MARIA, deleted=True)
    assert question.delivered().trouble == "the Slack user is deactivated"
