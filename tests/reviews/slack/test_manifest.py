"""docs/how-to/slack-manifest.yaml asks for what the code uses, no more and no less."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings
from django.urls import resolve
from slack_sdk import WebClient

from reviews.slack import commands, events
from reviews.slack.door import enter

MANIFEST = settings.BASE_DIR / "docs/how-to/slack-manifest.yaml"
SLACK = settings.BASE_DIR / "reviews/slack"
METHODS = [name for name, each in vars(WebClient).items() if callable(each) and "_" in name.strip("_")]
CALLED = re.compile(rf"\.({'|'.join(METHODS)})\b")

# What Slack's pages of the methods say that each needs; none where a token is enough.
SCOPES = {
    "apps_connections_open": None,
    "auth_test": None,
    "chat_postMessage": "chat:write",
    "chat_postEphemeral": "chat:write",
    "chat_update": "chat:write",
    "conversations_history": "im:history",
    "conversations_open": "im:write",
    "conversations_replies": "im:history",
    "users_info": "users:read",
    "views_open": None,
    "views_publish": None,
    "views_push": None,
    "views_update": None,
}


@pytest.fixture
def manifest():
    return yaml.safe_load(MANIFEST.read_text())


def source():
    return "\n".join(file.read_text() for file in sorted(SLACK.glob("*.py")))


def test_it_asks_for_the_scopes_that_our_calls_need(manifest):
    needed = {SCOPES[method] for method in CALLED.findall(source())} - {None}
    by_what_we_read = {"users:read.email"}  # the profile's address, in users.info
    by_feature = {"commands"}
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == needed | by_what_we_read | by_feature
    assert '"email"' in (SLACK / "linking.py").read_text()


def test_it_subscribes_to_the_events_that_we_hear(manifest):
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == set(events.REACTIONS)


def test_its_command_is_ours(manifest):
    [command] = manifest["features"]["slash_commands"]
    assert command["command"] == commands.NAME
    words = re.findall(r"[a-z]+", command["usage_hint"])
    assert set(commands.COMMANDS) - {""} <= set(words), "each is in the hint"
    assert command["should_escape"], "a colleague is named by id"


def test_its_addresses_are_doors(manifest):
    urls = re.findall(r"https://\S+", Path(MANIFEST).read_text().partition("display_information")[2])
    assert len(urls) == 3
    for url in urls:
        assert resolve(urlsplit(url).path).func is enter


def test_nobody_could_be_asked_or_answer_without_these(manifest):
    assert manifest["features"]["app_home"]["messages_tab_enabled"]
    assert manifest["features"]["app_home"]["home_tab_enabled"]
    assert manifest["settings"]["interactivity"]["is_enabled"]


def test_it_is_what_slack_takes(manifest):
    """https://docs.slack.dev/reference/app-manifest: lengths."""
    card = manifest["display_information"]
    assert len(card["name"]) <= 35
    assert len(card["description"]) <= 140
    [command] = manifest["features"]["slash_commands"]
    assert len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000
