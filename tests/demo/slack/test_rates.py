"""How often the app may call: per channel, per workspace, per method."""

import pytest

from demo.slack.limits import Rates
from demo.slack.workspace import Workspace
from tests.demo.slack.calling import refusal


@pytest.fixture
def workspace(the_company, clock):
    return Workspace(the_company, clock=clock, rates=Rates(burst=3, workspace=4, tier3=2, tier4=0))


def test_the_workspace_has_a_limit_besides_each_channel(web, clock):
    for user in ("U0MARIA", "U0MARIA", "U0JON", "U0JON"):
        web.chat_postMessage(channel=user, text="x")
    answer = refusal(web.chat_postMessage, channel="U0OTHER", text="x")
    assert (answer.status_code, answer["error"], answer.headers["Retry-After"]) == (429, "ratelimited", "15")
    clock.ahead += 15
    web.chat_postMessage(channel="U0OTHER", text="x")


def test_updates_are_scarcer_than_posts(web, clock):
    ts = web.chat_postMessage(channel="U0MARIA", text="x")["ts"]
    for _ in range(2):
        web.chat_update(channel="DU0MARIA", ts=ts, text="y")
    answer = refusal(web.chat_update, channel="DU0MARIA", ts=ts, text="z")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    web.conversations_open(users="U0MARIA")
    clock.ahead += 30
    web.chat_update(channel="DU0MARIA", ts=ts, text="z")


def test_a_rate_of_nothing_sets_no_limit(web):
    for _ in range(5):
        web.users_info(user="U0MARIA")
