"""Starting, stopping, and what is kept in between."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from demo.slack.client import Simulation
from demo.slack.directory import BadWorkspace, read
from demo.slack.serving import running
from demo.slack.web import NotLocal
from demo.slack.workspace import Workspace
from tests.demo.slack.cards import CARD, modal
from tests.demo.slack.conftest import APP_TOKEN, CONTENT, TOKEN
from tests.demo.slack.receiver import SECRET

URL = "http://127.0.0.1:9/slack/interactivity"
SECRETS = {"COUNTERSIGN_SLACK_SIM_TOKEN": TOKEN, "SIGNING": SECRET}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "workspace.json"
    path.write_text(json.dumps(CONTENT))
    return path


def start(file, *more, **environ):
    command = [sys.executable, "-m", "demo.slack", "--interactivity-url", URL, "--workspace", str(file)]
    return subprocess.Popen(
        [*command, "--signing-secret-env", "SIGNING", *more],
        env={**os.environ, "COUNTERSIGN_DEMO": "1", **SECRETS, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )


def test_it_keeps_everything_over_a_restart(the_company, tmp_path, clock):
    state = tmp_path / "state" / "slack.json"
    first = Workspace(the_company, clock=clock)
    with running(first, interactivity_url=URL, state=state) as slack, Simulation(slack.url) as people:
        call = {"token": TOKEN, "channel": "U0MARIA", "text": "Keep it?", "blocks": json.dumps(CARD)}
        httpx.post(f"{slack.url}/api/chat.postMessage", data=call)
        first.stage.push(user_id="U0MARIA", content=modal())
        people.set_person("U0JON", away="away until 2 Dec")
        before = people.messages("U0MARIA"), people.modal("U0MARIA")
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    second = Workspace(the_company, clock=clock)
    with running(second, interactivity_url=URL, state=state) as slack, Simulation(slack.url) as people:
        assert (people.messages("U0MARIA"), people.modal("U0MARIA")) == before
        assert second.people["U0JON"].away == "away until 2 Dec"


def test_it_starts_says_where_and_stops_when_told(file):
    with start(file) as process:
        url = process.stdout.readline().strip().rpartition(" ")[2].rstrip("/")
        with Simulation(url) as people:
            assert people.messages("U0MARIA") == []
        for page in ("/", "/as/U0MARIA/", "/as/U0MARIA/home/", "/as/U0MARIA/requests/"):
            assert httpx.get(url + page).status_code == 200, "nobody has set Django up in this process"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def test_it_takes_addresses_rates_and_connections(file):
    elsewhere = ["--events-url", URL.replace("interactivity", "events"), "--again", "0", "0", "0"]
    few = ["--rate", "0", "--workspace-rate", "1", "--tier3", "1"]
    with start(file, *elsewhere, *few, "--socket", COUNTERSIGN_SLACK_SIM_APP_TOKEN=APP_TOKEN) as process:
        url = process.stdout.readline().strip().rpartition(" ")[2].rstrip("/")
        headers = {"Authorization": f"Bearer {APP_TOKEN}"}
        calls = [httpx.post(f"{url}/api/apps.connections.open", headers=headers) for _ in range(2)]
        with Simulation(url) as people:
            people.open("U0MARIA")
            told = next(entry for entry in people.log() if entry["to_app"])
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert calls[0].json()["url"].startswith("ws://127.0.0.1:")
    assert calls[1].status_code == 429
    assert told["request"].startswith("POST /slack/events\n")
    assert (process.returncode, err) == (0, "")


@pytest.mark.parametrize(
    ("more", "environ", "sentence"),
    [
        (["--host", "192.0.2.1"], {}, "192.0.2.1 is not an address of this machine alone"),
        (["--interactivity-url", "https://example.org/"], {}, "https://example.org/ is not on this machine"),
        (["--events-url", "https://example.org/"], {}, "https://example.org/ is not on this machine"),
        ([], {"COUNTERSIGN_DEMO": ""}, "this is a simulation"),
        ([], {"SIGNING": ""}, "no secrets"),
    ],
)
def test_it_refuses_to_start(file, more, environ, sentence):
    with start(file, *more, **environ) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err.startswith(f"demo.slack: {sentence}")
    assert TOKEN not in err


def test_it_names_a_taken_port(file):
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        start(file, "--port", str(taken.getsockname()[1])) as process,
    ):
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "in use" in err


def test_secrets_in_a_file_that_others_may_read_are_refused(file):
    file.write_text(json.dumps({**CONTENT, "app": {**CONTENT["app"], "bot_token": "x", "signing_secret": "y"}}))
    file.chmod(0o644)
    with pytest.raises(BadWorkspace, match="chmod 600"):
        read(file, environ={})
    file.chmod(0o600)
    card = read(file, environ={}).app
    assert (card.bot_token, card.signing_secret) == ("x", "y")
    assert "signing_secret" not in repr(card)


def test_it_listens_on_this_machine_alone(the_company):
    workspace = Workspace(the_company, clock=time.time)
    with pytest.raises(NotLocal), running(workspace, interactivity_url=URL, host="192.0.2.1"):
        pass
