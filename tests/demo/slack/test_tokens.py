"""Whose token opens what."""

from dataclasses import replace

import httpx
import pytest
from slack_sdk import WebClient

from tests.demo.slack.calling import refusal
from tests.demo.slack.conftest import APP_TOKEN, TOKEN


@pytest.fixture
def narrow(workspace):
    """An app that may only write."""
    workspace.app = replace(workspace.app, scopes=("chat:write",))


def test_a_scope_that_is_missing_is_named(narrow, web):
    answer = refusal(web.users_info, user="U0MARIA")
    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "users:read", "chat:write")
    assert answer.headers["X-OAuth-Scopes"] == "chat:write"
    assert refusal(web.conversations_history, channel="DU0MARIA")["needed"] == "im:history"
    assert refusal(web.conversations_open, users="U0MARIA")["needed"] == "im:write"
    assert web.chat_postMessage(channel="U0MARIA", text="still allowed")["ok"]
    assert web.auth_test()["ok"]


def test_an_address_is_for_those_who_may_know_it(workspace, web):
    assert web.users_info(user="U0MARIA")["user"]["profile"]["email"] == "maria@meridian.example"
    workspace.app = replace(workspace.app, scopes=("users:read",))
    assert "email" not in web.users_info(user="U0MARIA")["user"]["profile"]
    assert refusal(web.users_lookupByEmail, email="maria@meridian.example")["needed"] == "users:read.email"


def test_a_connection_is_opened_by_the_apps_own_token_alone(slack, web):
    app = WebClient(APP_TOKEN, base_url=f"{slack.url}/api/")
    assert app.apps_connections_open(app_token=APP_TOKEN)["url"].startswith("ws://127.0.0.1:")
    assert refusal(web.apps_connections_open, app_token=TOKEN)["error"] == "not_allowed_token_type"
    assert refusal(web.apps_connections_open, app_token="xapp-else")["error"] == "invalid_auth"
    assert refusal(app.chat_postMessage, channel="U0MARIA", text="x")["error"] == "not_allowed_token_type"
    in_the_body = httpx.post(f"{slack.url}/api/apps.connections.open", data={"token": APP_TOKEN})
    assert in_the_body.json()["error"] == "not_authed"


@pytest.mark.parametrize(("state", "word"), [("revoked", "token_revoked"), ("uninstalled", "account_inactive")])
def test_a_token_ends_and_begins_again(web, maria, state, word):
    maria.install(state)
    assert refusal(web.auth_test)["error"] == word
    maria.install("installed")
    assert web.auth_test()["ok"]
