"""Who may come in by HTTP."""

import json
import logging
import time
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews.models import Answer, Ask, Preference
from reviews.slack.door import BYTES_AT_MOST
from tests.reviews.factories import WorkspaceFactory
from tests.reviews.slack.clicking import COMMANDS, EVENTS, PATH, event, posted, settle
from tests.reviews.slack.conftest import SECRET

pytestmark = pytest.mark.django_db

OTHERS = "the secret of another workspace's app"


def opened(question):
    """A person opens their home: what is heard leaves a row."""
    return event(question.workspace, {"type": "app_home_opened", "user": question.user, "tab": "home"})


def homes():
    return Ask.objects.filter(purpose="home").count()


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "another"},
        {"off": -301},
        {"off": 400},
        {"X-Slack-Signature": ""},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Signature": "v0=ü"},
        {"X-Slack-Request-Timestamp": "soon"},
    ],
    ids=["wrong secret", "old", "of the future", "no signature", "no time", "not ASCII", "no number"],
)
@pytest.mark.parametrize("path", [PATH, EVENTS, COMMANDS])
def test_it_turns_away_what_slack_did_not_sign_just_now(question, path, wrong, caplog):
    if "off" in wrong:
        wrong = {"at": time.time() + wrong["off"]}  # from now, not from when the tests were collected
    with caplog.at_level(logging.DEBUG), CaptureQueriesContext(connection) as queries:
        response = posted(opened(question), path=path, **wrong)
    assert response.status_code == 401
    assert all(query["sql"].startswith("SELECT") for query in queries)
    assert homes() == 0
    assert question.user not in caplog.text


def test_a_body_that_was_altered_is_turned_away(question):
    signed = {}

    def altered(body, headers):
        signed.update(headers)
        return body.replace("home", "messages", 1)

    assert posted(opened(question), path=EVENTS, altered=altered).status_code == 401
    assert signed["X-Slack-Signature"].startswith("v0=")
    assert homes() == 0


def test_what_slack_signed_just_now_is_heard(question):
    assert posted(opened(question), path=EVENTS, at=time.time() - 290).status_code == 200
    assert homes() == 1


def test_it_does_not_read_bytes_that_nobody_signed(question, client):
    headers = {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=00"}
    response = client.post(PATH, data=b"\xff\xfe", content_type="text/plain", headers=headers)
    assert response.status_code == 401


@pytest.mark.parametrize("path", [PATH, EVENTS, COMMANDS])
def test_a_huge_body_is_turned_away_unread(question, path):
    assert posted("x" * (BYTES_AT_MOST + 1), path=path).status_code == 413


def test_signed_nonsense_is_bad(question):
    assert posted("payload=%7Bnot-json").status_code == 400


@pytest.mark.parametrize("named", [{"team_id": "T0OTHER"}, {"api_app_id": "A0OTHER"}, {"team_id": ""}])
def test_what_names_another_workspace_or_app_is_turned_away(question, named, caplog):
    assert posted(opened(question) | named, path=EVENTS).status_code == 401
    assert homes() == 0
    assert "names another" in caplog.text
    assert question.user not in caplog.text


def test_another_workspaces_secret_opens_nothing_here(question, ring, monkeypatch):
    monkeypatch.setenv("OTHERS", OTHERS)
    other = WorkspaceFactory(signing_secret="env:OTHERS", app_id="A0OTHER")
    for body in (opened(question), opened(question) | {"api_app_id": "A0OTHER"}):
        assert posted(body, path=EVENTS, secret=OTHERS).status_code == 401
    assert (
        posted(event(other, {"type": "app_home_opened", "tab": "messages"}), path=EVENTS, secret=SECRET).status_code
        == 401
    )
    assert homes() == 0
    assert (
        posted(event(other, {"type": "app_home_opened", "tab": "messages"}), path=EVENTS, secret=OTHERS).status_code
        == 200
    )


def test_whose_user_it_is_is_not_read_beside_the_vouched_team(question, ring, monkeypatch):
    """An administrator there knows that app's secret, and may sign what they like: but not for us."""
    monkeypatch.setenv("OTHERS", OTHERS)
    other = WorkspaceFactory(signing_secret="env:OTHERS")
    payload = {
        "type": "block_actions",
        "team_id": other.team_id,
        "api_app_id": other.app_id,
        "user": {"id": question.user, "team_id": question.workspace.team_id},
        "view": {"app_installed_team_id": question.workspace.team_id},
        "actions": [{"action_id": "revoke", "block_id": "b", "value": "v"}],
    }
    assert posted(payload, secret=OTHERS).status_code == 200
    assert not Answer.objects.exists()


def test_without_a_secret_there_is_no_door(question, settings, ring):
    settings.SLACK_SIGNING_SECRET = ""
    assert posted(opened(question), path=EVENTS, secret="x").status_code == 404


def test_it_takes_posts_alone(question, client):
    assert client.get(PATH).status_code == 405


def test_slack_sees_that_somebody_is_here(question, client):
    greeting = json.dumps({"token": "old", "challenge": "3eZbrw1aBm2", "type": "url_verification"})
    answered = posted(greeting, path=EVENTS)
    assert (answered.status_code, answered.json()) == (200, {"challenge": "3eZbrw1aBm2"})
    assert posted(greeting, path=EVENTS, secret="another").status_code == 401
    checked = client.post(
        COMMANDS, data=urlencode({"ssl_check": 1, "token": "old"}), content_type="application/x-www-form-urlencoded"
    )
    assert (checked.status_code, checked.content) == (200, b"")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('{"text": "a&ssl_check=1&b"}', "application/json"),
        ("ssl_check=1", "application/json"),
        ("ssl_check=1", "text/plain"),
        ("ssl_check=1&payload=%7B%7D", "application/x-www-form-urlencoded"),
        ("ssl_check=1&command=%2Faccess", "application/x-www-form-urlencoded"),
        ("text=%26ssl_check%3D1%26", "application/x-www-form-urlencoded"),
    ],
)
def test_what_says_anything_beside_a_look_at_the_certificate_is_to_be_signed(question, client, body, content_type):
    assert client.post(EVENTS, data=body, content_type=content_type).status_code == 401


def test_an_event_about_a_look_at_the_certificate_is_heard(question):
    about = opened(question) | {"context": "a&ssl_check=1&b"}
    assert posted(about, path=EVENTS).status_code == 200
    assert homes() == 1


def test_a_button_that_we_never_made_does_nothing(question, caplog):
    payload = {
        "type": "block_actions",
        "team": {"id": question.workspace.team_id},
        "api_app_id": question.workspace.app_id,
        "user": {"id": question.user, "team_id": question.workspace.team_id},
        "actions": [{"action_id": "approve_everything", "block_id": "b", "value": "a secret value"}],
    }
    assert posted(payload).status_code == 404
    assert "a secret value" not in caplog.text
    assert not Answer.objects.exists()


def test_a_command_speaks_for_the_workspace_that_is_vouched_for(question, ring, monkeypatch, peer):
    """Its user is of the workspace whose secret signed it, whatever else stands in the body."""
    monkeypatch.setenv("OTHERS", OTHERS)
    other = WorkspaceFactory(signing_secret="env:OTHERS")
    payload = {
        "command": "/access",
        "text": "pause 3",
        "team": {"id": other.team_id},
        "team_id": question.workspace.team_id,
        "api_app_id": other.app_id,
        "user_id": question.user,
        "response_url": peer.response_url,
    }
    assert posted(payload, secret=OTHERS).status_code == 200
    settle()
    assert not Preference.objects.exists()
    assert "not linked" in peer.told("respond")[0]["text"]
