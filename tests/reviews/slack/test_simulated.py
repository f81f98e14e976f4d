"""The whole way through a strict workspace, by HTTP and by Socket Mode: a real database, people who read and click."""

import time
from dataclasses import dataclass

import pytest
from django.db import transaction

from demo.slack.client import Simulation, Unwilling
from demo.slack.directory import company
from demo.slack.serving import Ways, running
from demo.slack.workspace import Workspace as SimulatedWorkspace
from governance import clock
from governance.models import Entry
from reviews import asking, lapsing, questions, rerouting
from reviews.models import Answer, Ask, Undo
from reviews.models.decision import Task
from reviews.routing import Candidate
from reviews.slack.socket import Switchboard
from tests.config.processes import until
from tests.factories import PersonFactory
from tests.reviews.factories import SlackIdentityFactory, WorkspaceFactory
from tests.reviews.scene import aged
from tests.reviews.slack.clicking import PATH
from tests.reviews.slack.conftest import SECRET, Question, asked
from tests.reviews.slack.test_handlers import REASON, needing_a_reason

MARIA, JON, GUEST = "U0MARIA", "U0JON", "U0GUEST"
NOWHERE, PATIENCE = "http://127.0.0.1:9/", 30.0
COMPANY = {
    "team": {"id": "T0SKYWAY", "domain": "skyway", "name": "Skyway Air"},
    "app": {"id": "A0COUNTER", "name": "Countersign", "bot_user": "B0COUNTER"},
    "users": [
        {"id": MARIA, "name": "maria", "real_name": "Maria Okafor", "tz": "Europe/Copenhagen"},
        {"id": JON, "name": "jon", "real_name": "Jon Bell"},
        {"id": GUEST, "name": "guest", "real_name": "Guest", "team_id": "T0OTHER"},
    ],
}


@dataclass
class Scene:
    """Maria's question in the workspace, and everybody's hands."""

    question: Question
    slack: Simulation

    def messages(self, user=MARIA):
        """What stands in the conversation itself; the log is in its threads."""
        shown = [message for message in self.slack.messages(user) if not message["ephemeral"]]
        return [message for message in shown if not message.get("thread_ts")]

    def whispers(self, user=MARIA):
        return [message["text"] for message in self.slack.messages(user) if message["ephemeral"]]

    def opened(self, action):
        """Press until the form is there: where three seconds were too short, the app says to press again."""
        while (form := self.slack.modal(MARIA)) is None:
            self.press(action, told=len(self.whispers()))
        return form

    def press(self, action, *, told):
        assert self.click(action)["status"] == 200
        until(lambda: self.slack.modal(MARIA) is not None or len(self.whispers()) > told)

    def click(self, action, *, user=MARIA, confirm=False):
        [message] = self.messages()
        return self.slack.click(user, message["ts"], action, confirm=confirm)


@pytest.fixture
def by_http(live_server, settings):
    """Slack posts to our site."""
    settings.SLACK_SIGNING_SECRET = SECRET
    return f"{live_server.url}{PATH}"


@pytest.fixture
def by_socket(committed):
    """We call Slack, and there is no door."""
    return NOWHERE


@pytest.fixture(params=["by_http", "by_socket"])
def scene(request, committed, settings, monkeypatch):
    app_url, socket = request.getfixturevalue(request.param), request.param == "by_socket"
    monkeypatch.setenv("TEST_SLACK_BOT_TOKEN", "xoxb-simulated")
    monkeypatch.setenv("TEST_SLACK_APP_TOKEN", "xapp-simulated")
    settings.SLACK_SIMULATED = True
    there = company(COMPANY, bot_token="xoxb-simulated", signing_secret=SECRET, app_token="xapp-simulated")
    simulated, ways = SimulatedWorkspace(there, clock=time.time), Ways(socket=socket, patience=PATIENCE)
    with running(simulated, interactivity_url=app_url, ways=ways) as slack, Simulation(slack.url) as hands:
        settings.SLACK_API_BASE_URL = f"{slack.url}/api/"
        team = WorkspaceFactory(team_id="T0SKYWAY", app_token="env:TEST_SLACK_APP_TOKEN" if socket else "")
        board = Switchboard()
        if socket:
            board.tend()
        question = asked(workspace=team, user=MARIA)
        question.delivered()
        yield Scene(question, hands)
        board.drain()


def test_a_person_revokes_and_takes_it_back(scene):
    with pytest.raises(Unwilling, match="asks once more"):
        scene.click("revoke")
    assert scene.click("revoke", confirm=True)["status"] == 200
    assert Answer.objects.get().assurance == "simulated"
    assert scene.question.delivered().state == "closed"
    [message] = scene.messages()
    assert "Maria Okafor decided to revoke it" in str(message["blocks"])
    assert scene.click("undo")["status"] == 200
    assert Undo.objects.get().by == scene.question.person
    scene.question.delivered()
    assert "Taken back by Maria Okafor" in str(scene.messages()[0]["blocks"])


def test_the_same_bytes_again_change_nothing(scene):
    scene.click("revoke", confirm=True)
    assert scene.slack.replay()["status"] == 200
    assert Answer.objects.count() == 1
    assert scene.whispers() == []


def test_a_keep_asks_for_words_and_says_which(scene):
    needing_a_reason(scene.question)
    form = scene.opened("keep_because")
    task = {"task": {"task": Task.CURRENT}}
    scene.slack.submit(MARIA, form["id"], {**task, "reason": {"reason": "needed"}})
    assert scene.slack.modal(MARIA)["errors"]["reason"].startswith("6 of at least 15 characters.")
    scene.slack.submit(MARIA, form["id"], {**task, "reason": {"reason": REASON["value"]}})
    assert scene.slack.modal(MARIA) is None
    assert Answer.objects.get().reason == REASON["value"]


def test_strangers_are_refused_where_they_clicked(scene):
    SlackIdentityFactory(issuer="T0SKYWAY", value=JON, person=PersonFactory(name="Jon Bell"))
    assert scene.click("revoke", user=JON, confirm=True)["status"] == 200
    assert scene.click("revoke", user=GUEST, confirm=True)["status"] == 200
    refused = [entry.body["because"] for entry in Entry.objects.filter(act="answer.refused")]
    assert refused == ["NotAllowed", "NotAllowed"]
    assert not Answer.objects.exists()
    until(lambda: any("Only Maria Okafor can decide this now." in text for text in scene.whispers()))


def test_who_was_made_a_guest_is_refused_where_nobody_else_is_left(scene):
    scene.slack.set_person(MARIA, is_ultra_restricted=True)
    until(lambda: scene.question.person.identities.exclude(outside_since=None).exists())
    assert scene.click("revoke", confirm=True)["status"] == 200
    until(lambda: any("guests and bots cannot decide" in text for text in scene.whispers()))
    assert rerouting.reroute_reviews() == 1
    assert scene.question.review.assignment is None
    assert not Answer.objects.exists()


def test_a_click_that_was_on_its_way_until_policy_had_decided_is_refused(scene):
    scene.slack.arm("hold")
    assert scene.click("revoke", confirm=True)["status"] == 0
    aged(scene.question.review, days=4)
    assert lapsing.lapse_reviews() == 1
    assert [delivery["status"] for delivery in scene.slack.release()] == [200]
    until(lambda: any("suspended" in text for text in scene.whispers()))
    assert Entry.objects.get(act="answer.refused").body == {"because": "Conflict", "action": "revoke"}
    assert not Answer.objects.exists()
    scene.question.delivered()
    assert "'action_id': 'revoke'" not in str(scene.messages()[0]["blocks"])


def test_who_comes_back_to_slack_and_is_chosen_again_is_asked_again(scene):
    review, maria = scene.question.review, scene.question.person
    scene.slack.set_person(MARIA, deleted=True)
    Ask.objects.update(state="pending", external_id="")
    assert scene.question.delivered().state == "failed"
    scene.slack.set_person(MARIA, deleted=False)
    for person in (PersonFactory(name="Jon Bell"), maria):
        with transaction.atomic():
            questions.unassign(review, because="governance chose somebody else", at=clock.now())
            questions.assign(review, Candidate(person, "chosen", "because Priya chose you."), at=clock.now())
        assert asking.ask_people() == 1
    before = len(scene.messages())
    assert scene.question.delivered().state == "sent"
    assert len(scene.messages()) == before + 1
    assert "because Priya chose you" in str(scene.messages()[-1]["blocks"])


def test_somebody_who_was_deactivated_is_not_asked(scene):
    scene.slack.set_person(MARIA, deleted=True)
    Ask.objects.update(state="pending", external_id="")
    assert scene.question.delivered().state == "failed"
