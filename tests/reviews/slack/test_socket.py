"""Socket Mode, against a workspace that has a WebSocket: the same app behind it, and nothing half done when it ends."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event, Thread

import pytest
from celery import current_app
from django.conf import LazySettings
from django.db import connection, connections, transaction

from demo.slack.client import Simulation
from demo.slack.directory import company
from demo.slack.serving import Running, Ways, running
from demo.slack.workspace import Workspace as SimulatedWorkspace
from governance.models import Heartbeat
from reviews.models import Answer, Ask, Decision, Workspace
from reviews.slack.socket import Switchboard
from tests.config.processes import until
from tests.reviews.factories import WorkspaceFactory
from tests.reviews.slack.conftest import Question, asked

MARIA, TEAM, APP_TOKEN = "U0MARIA", "T0SKYWAY", "xapp-simulated"
COMPANY = {
    "team": {"id": TEAM, "domain": "skyway", "name": "Skyway Air"},
    "app": {"id": "A0COUNTER", "name": "Countersign", "bot_user": "B0COUNTER"},
    "users": [{"id": MARIA, "name": "maria", "real_name": "Maria Okafor"}],
}
NOWHERE = "http://127.0.0.1:9/api/"


@dataclass
class Scene:
    """Maria, whose workspace speaks by Socket Mode; its peer, and everybody's hands."""

    question: Question
    peer: Running
    hands: Simulation
    board: Switchboard

    @property
    def workspace(self):
        return self.question.workspace

    def connected(self):
        return self.hands.status()["connections"]

    def opened(self):
        """Open the line, and wait until Slack has greeted it."""
        self.board.tend()
        [line] = self.board.lines.values()
        until(lambda: line.heard_at > 0)
        return line


@pytest.fixture
def scene(committed: str, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("TEST_SLACK_BOT_TOKEN", "xoxb-simulated")
    monkeypatch.setenv("TEST_SLACK_APP_TOKEN", APP_TOKEN)
    current_app.connection_for_write().get_transport_cls()  # what the first hint imports takes its time
    settings.SLACK_SIGNING_SECRET, settings.SLACK_SIMULATED = "", True  # no door: all comes by the socket
    there = company(COMPANY, bot_token="xoxb-simulated", signing_secret="unused", app_token=APP_TOKEN)
    peer = running(
        SimulatedWorkspace(there, clock=time.time),
        interactivity_url="http://127.0.0.1:9/",
        ways=Ways(socket=True, again=(0.0,)),
    )
    board = Switchboard()
    with peer as slack, Simulation(slack.url) as hands:
        settings.SLACK_API_BASE_URL = f"{slack.url}/api/"
        workspace = WorkspaceFactory(team_id=TEAM, app_token="env:TEST_SLACK_APP_TOKEN")
        try:
            yield Scene(asked(workspace=workspace, user=MARIA), slack, hands, board)
        finally:
            board.drain()


def homes():
    return Ask.objects.filter(purpose="home").count()


def test_what_happens_comes_over_the_socket(scene):
    scene.opened()
    scene.hands.open(MARIA, "home")
    assert homes() == 1


def test_a_decision_is_committed_before_it_is_acknowledged(scene):
    scene.question.delivered()
    [message] = scene.hands.messages(MARIA)
    scene.opened()
    said = scene.hands.click(MARIA, message["ts"], "revoke", confirm=True)
    assert (said["status"], said["error"]) == (200, "")
    assert Answer.objects.get().assurance == "simulated"
    assert Decision.objects.get().verdict == "revoke"
    assert scene.hands.replay()["status"] == 200
    assert Answer.objects.count() == 1


@pytest.mark.parametrize("trick", ["other_team", "other_app"])
def test_what_names_another_workspace_is_not_taken(scene, trick):
    scene.question.delivered()
    [message] = scene.hands.messages(MARIA)
    scene.opened()
    scene.hands.arm(trick)
    assert scene.hands.click(MARIA, message["ts"], "revoke", confirm=True)["status"] == 0
    assert not Answer.objects.exists()


def waits_for_a_lock():
    with connection.cursor() as cursor:  # pg_stat_activity would show one moment all through a transaction
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]


def test_what_has_begun_is_finished_and_acknowledged_before_it_ends(scene):
    scene.opened()
    scene.hands.open(MARIA, "home")
    opening = Thread(target=scene.hands.open, args=(MARIA, "home"))
    drain = Thread(target=scene.board.drain)
    with transaction.atomic():
        home = Ask.objects.select_for_update().get(purpose="home")
        Ask.objects.filter(pk=home.pk).update(state="sent")
        opening.start()
        until(waits_for_a_lock)
        drain.start()
        until(lambda: all(line.client.closed for line in scene.board.lines.values()))
        assert scene.connected() == 1
    opening.join()
    drain.join()
    told = [entry for entry in scene.hands.log() if "app_home_opened" in entry["name"]]
    assert [(entry["status"], entry["remark"]) for entry in told] == [(200, ""), (200, "")]
    assert Ask.objects.get(purpose="home").state == "outdated"
    until(lambda: scene.connected() == 0)


def test_it_comes_again_when_slack_asks_it_to(scene):
    line = scene.opened()
    first = line.client.session_id()
    assert scene.hands.disconnect() == 1
    until(lambda: line.client.session_id() != first and scene.connected() == 1)
    scene.hands.open(MARIA, "home")
    assert homes() == 1


def test_it_beats_only_when_slack_has_spoken(scene):
    line = scene.opened()
    scene.board.tend()
    assert list(Heartbeat.objects.values_list("name", flat=True)) == [f"slack_socket.{scene.workspace.pk}"]
    Heartbeat.objects.all().delete()
    scene.board.tend()
    assert not Heartbeat.objects.exists(), "nothing was heard since"
    line.heard_at += 1
    scene.board.tend()
    assert Heartbeat.objects.exists()


def test_where_slack_is_away_it_tries_again(scene, settings, caplog):
    there, settings.SLACK_API_BASE_URL = settings.SLACK_API_BASE_URL, NOWHERE
    scene.board.tend()
    assert "a socket could not be opened" in caplog.text
    assert not Heartbeat.objects.exists()
    [line] = scene.board.lines.values()
    line.client.web_client.base_url = there
    scene.opened()
    assert scene.connected() == 1


def test_a_token_that_slack_refuses_is_said_and_is_not_shown(scene, monkeypatch, caplog):
    monkeypatch.setenv("TEST_SLACK_APP_TOKEN", "xapp-wrong")
    scene.board.tend()
    assert "a socket could not be opened" in caplog.text
    assert "xapp" not in caplog.text


def test_a_token_that_is_not_to_be_had_stops_no_other_workspace(scene, monkeypatch, caplog):
    WorkspaceFactory(app_token="env:NOT_SET_AT_ALL")
    scene.opened()
    assert "an app token is missing" in caplog.text
    assert scene.connected() == 1


def test_it_follows_the_workspaces(scene):
    scene.opened()
    [first] = scene.board.lines
    Workspace.objects.update(app_token="")
    scene.board.tend()
    assert scene.board.lines == {}
    until(lambda: scene.connected() == 0)
    Workspace.objects.update(app_token="env:TEST_SLACK_APP_TOKEN", state="paused")
    scene.opened()
    assert list(scene.board.lines) == [first], "its people still decide"
    scene.hands.install("uninstalled")
    scene.board.tend()
    assert scene.board.lines == {}
    until(lambda: scene.connected() == 0)


def test_it_hears_only_the_workspaces_that_it_was_told(scene):
    other = Switchboard(teams=frozenset({"T0OTHER"}))
    other.tend()
    assert other.lines == {}


def test_it_attends_until_it_is_told_to_stop(scene):
    stopping = Event()

    def attend():
        scene.board.attend(stopping)
        connections.close_all()

    attending = Thread(target=attend)
    attending.start()
    until(lambda: scene.connected() == 1)
    stopping.set()
    attending.join()
    until(lambda: scene.connected() == 0)


def test_the_command_runs_until_sigterm(scene, start, settings, monkeypatch):
    monkeypatch.setenv("SLACK_API_BASE_URL", settings.SLACK_API_BASE_URL)
    monkeypatch.setenv("COUNTERSIGN_SECRET_KEY", settings.SECRET_KEY)
    process = start("manage", "slack_socket", "--team", TEAM)
    until(lambda: scene.connected() == 1 or process.poll() is not None)
    scene.hands.open(MARIA, "home")
    assert homes() == 1
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(30) == 0
    until(lambda: scene.connected() == 0)
