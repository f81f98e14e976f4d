"""Socket Mode, spoken by slack_sdk's own client and by Bolt."""

import json
from contextlib import contextmanager
from queue import Queue
from socket import SHUT_RDWR
from threading import Event

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from demo.slack.serving import Ways
from tests.demo.slack.cards import CARD, modal
from tests.demo.slack.conftest import APP_TOKEN, TOKEN

GOOD = {"why": {"text": "needed in February"}, "task": {"pick": "snooze"}}


@pytest.fixture
def ts(web):
    return web.chat_postMessage(channel="U0MARIA", text="Keep it?", blocks=CARD)["ts"]


class Ear:
    """A client that notes what it hears and acknowledges it, with what `answer` returns."""

    def __init__(self, url, *, silent=False):
        self.heard = Queue()
        self.hello, self.silent = Event(), silent
        self.answer = lambda _request: None
        self.client = SocketModeClient(APP_TOKEN, web_client=WebClient(APP_TOKEN, base_url=f"{url}/api/"))
        self.client.auto_reconnect_enabled = True
        self.client.on_message_listeners.append(self.greeted)
        self.client.socket_mode_request_listeners.append(self.take)

    def greeted(self, message):
        if json.loads(message).get("type") == "hello":
            self.hello.set()

    def take(self, client, request):
        self.heard.put(request)
        if not self.silent:
            client.send_socket_mode_response(
                SocketModeResponse(envelope_id=request.envelope_id, payload=self.answer(request))
            )


def hang_up(client):
    """Close it, without waiting until the thread that listens looks up."""
    client.current_session_state.terminated = True
    if client.current_session.sock:
        client.current_session.sock.shutdown(SHUT_RDWR)
    client.close()


@contextmanager
def listening(url, **more):
    ear = Ear(url, **more)
    ear.client.connect()
    try:
        assert ear.hello.wait(10)
        yield ear
    finally:
        hang_up(ear.client)


def test_what_happens_goes_to_the_socket_and_not_to_the_address(slack, maria, app, ts):
    with listening(slack.url) as ear:
        assert maria.click("U0MARIA", ts, "keep")["status"] == 200
        click = ear.heard.get(timeout=10)
        assert (click.type, click.payload["actions"][0]["action_id"]) == ("interactive", "keep")
        maria.open("U0MARIA")
        event = ear.heard.get(timeout=10)
        assert (event.type, event.payload["event"]["type"]) == ("events_api", "app_home_opened")
        ear.answer = lambda _request: {"text": "Four wait for you."}
        maria.command("U0MARIA", "/access list")
        command = ear.heard.get(timeout=10)
        assert (command.type, command.payload["command"], command.payload["text"]) == (
            "slash_commands",
            "/access",
            "list",
        )
        assert maria.messages("U0MARIA")[-1]["text"] == "Four wait for you."
    assert app.raw == []


def test_a_form_is_answered_by_the_acknowledgement(slack, maria, workspace):
    workspace.stage.push(user_id="U0MARIA", content=modal())
    view = maria.modal("U0MARIA")
    with listening(slack.url) as ear:
        ear.answer = lambda _request: {"response_action": "errors", "errors": {"why": "Name the task."}}
        maria.submit("U0MARIA", view["id"], GOOD)
    assert maria.modal("U0MARIA")["errors"] == {"why": "Name the task."}


class TestLate:
    @pytest.fixture
    def ways(self):
        return Ways(socket=True, patience=0.2)

    def test_what_is_not_acknowledged_is_too_late(self, slack, maria, ts):
        with listening(slack.url, silent=True):
            assert maria.click("U0MARIA", ts, "keep")["error"] == "no answer within 3 s"


def test_several_are_connected_and_each_payload_goes_to_one(slack, maria, ts):
    with listening(slack.url) as one, listening(slack.url) as two:
        assert maria.status()["connections"] == 2
        for _ in range(4):
            maria.click("U0MARIA", ts, "keep")
        assert one.heard.qsize() + two.heard.qsize() == 4
        assert min(one.heard.qsize(), two.heard.qsize()) == 2


def test_a_connection_comes_again_when_asked_to(slack, maria, ts):
    with listening(slack.url) as ear:
        ear.hello.clear()
        assert maria.disconnect() == 1
        assert ear.hello.wait(20)
        assert maria.click("U0MARIA", ts, "keep")["status"] == 200
        assert ear.heard.get(timeout=10).payload["type"] == "block_actions"


def test_who_has_just_gone_is_not_asked_to_come_again(slack):
    for _ in range(20):  # sometimes it has been noticed already
        address = slack.workspace.socket_url()
        with connect(address) as connection:
            connection.recv()
            connection.socket.shutdown(SHUT_RDWR)
            slack.director.sockets.refresh()


def test_without_a_connection_the_address_is_used_again(slack, maria, app, ts):
    with listening(slack.url):
        pass
    with maria_sees(maria, connections=0):
        maria.click("U0MARIA", ts, "keep")
    assert app.last["type"] == "block_actions"


@contextmanager
def maria_sees(maria, *, connections):
    """Wait until the workspace has noticed."""
    pause = Event()
    while maria.status()["connections"] != connections:
        pause.wait(0.02)
    yield


def test_a_ticket_serves_for_one_connection(slack):
    app = WebClient(APP_TOKEN, base_url=f"{slack.url}/api/")
    url = app.apps_connections_open(app_token=APP_TOKEN)["url"]
    with connect(url) as connection:
        assert json.loads(connection.recv())["type"] == "hello"
    with pytest.raises(InvalidStatus, match="403"):
        connect(url)
    with pytest.raises(InvalidStatus, match="403"):
        connect(url.partition("?")[0])


def test_bolt_speaks_to_it(slack, maria, ts):
    clicked = Queue()
    bolt = App(token=TOKEN, client=WebClient(TOKEN, base_url=f"{slack.url}/api/"), process_before_response=True)

    @bolt.action("keep")
    def keep(ack, body, respond):
        respond(text="Kept")
        clicked.put(body["user"]["id"])
        ack()

    handler = SocketModeHandler(bolt, APP_TOKEN, web_client=WebClient(APP_TOKEN, base_url=f"{slack.url}/api/"))
    handler.connect()
    try:
        with maria_sees(maria, connections=1):
            assert maria.click("U0MARIA", ts, "keep")["status"] == 200
        assert clicked.get(timeout=10) == "U0MARIA"
        assert maria.messages("U0MARIA")[-1]["text"] == "Kept"
    finally:
        hang_up(handler.client)
