"""A workspace that answers over HTTP, an app behind it, and the real slack_sdk in between."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient

from demo.slack.client import Simulation
from demo.slack.directory import Company, company
from demo.slack.serving import Running, Ways, running
from demo.slack.workspace import Workspace
from tests.demo.slack.receiver import SECRET, Receiver, receiving

Json = dict[str, Any]
TOKEN = "xoxb-not-a-secret"  # noqa: S105 - it opens nothing
APP_TOKEN = "xapp-not-a-secret"  # noqa: S105 - nor does it
CONTENT: Json = {
    "team": {"id": "T0MERID", "domain": "meridian", "name": "Meridian Air"},
    "app": {"id": "A0CS", "name": "Countersign", "bot_user": "B0CS"},
    "users": [
        {"id": "U0MARIA", "name": "maria", "real_name": "Maria Okafor", "email": "maria@meridian.example"},
        {"id": "U0JON", "name": "jon", "real_name": "Jon Bell", "email": "jon@meridian.example"},
        {"id": "U0LEFT", "name": "left", "real_name": "Lea Left", "email": "lea@meridian.example", "deleted": True},
        {"id": "U0OTHER", "name": "other", "real_name": "Oskar Other", "team_id": "T0OTHER"},
    ],
}
CONTENT["users"][0]["tz"] = "Europe/Copenhagen"


@dataclass
class Clock:
    """The workspace's clock, which a test may put forward."""

    ahead: float = 0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def the_company() -> Company:
    return company(CONTENT, bot_token=TOKEN, signing_secret=SECRET, app_token=APP_TOKEN)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def workspace(the_company: Company, clock: Clock) -> Workspace:
    return Workspace(the_company, clock=clock)


@pytest.fixture
def ways() -> Ways:
    return Ways(socket=True, patience=30)


@pytest.fixture
def slack(workspace: Workspace, app: Receiver, ways: Ways) -> Iterator[Running]:
    with running(workspace, interactivity_url=app.url, ways=ways) as it:
        yield it


@pytest.fixture
def web(slack: Running) -> WebClient:
    return WebClient(TOKEN, base_url=f"{slack.url}/api/", retry_handlers=[])


@pytest.fixture
def maria(slack: Running) -> Iterator[Simulation]:
    with Simulation(slack.url) as simulation:
        yield simulation


@pytest.fixture
def browser(slack: Running) -> Iterator[httpx.Client]:
    """A browser without scripts."""
    with httpx.Client(base_url=slack.url, follow_redirects=True, trust_env=False) as client:
        yield client
