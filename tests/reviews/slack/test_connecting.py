"""`manage.py connect_slack`, against a workspace that answers."""

import base64
import time

import pytest
from django.core.management import CommandError, call_command

from demo.slack.directory import company
from demo.slack.serving import Ways, running
from demo.slack.workspace import Workspace as SimulatedWorkspace
from governance.models import Entry
from reviews.models import Workspace
from reviews.slack import identity, workspaces
from tests.factories import PersonFactory
from tests.reviews.factories import WorkspaceFactory

pytestmark = pytest.mark.django_db

TEAM, GOOD, APP = "T0SKYWAY", "xoxb-good", "xapp-good"
COMPANY = {
    "team": {"id": TEAM, "domain": "skyway", "name": "Skyway Air"},
    "app": {"id": "A0COUNTER", "name": "Countersign", "bot_user": "B0COUNTER"},
    "users": [{"id": "U0MARIA", "name": "maria", "real_name": "Maria Okafor"}],
}


@pytest.fixture
def slack(settings, monkeypatch):
    """A workspace whose app has the good token, which the environment names."""
    settings.ENCRYPTION_KEYS = {"first": base64.b64encode(b"k" * 32).decode()}
    monkeypatch.setenv("SKYWAY_TOKEN", GOOD)
    people = company(COMPANY, bot_token=GOOD, signing_secret="s" * 20, app_token=APP)
    there = SimulatedWorkspace(people, clock=time.time)
    with running(there, interactivity_url="http://127.0.0.1:1/", ways=Ways(socket=True)) as it:
        settings.SLACK_API_BASE_URL = f"{it.url}/api/"
        yield it


def connect(*more, team=TEAM, token="env:SKYWAY_TOKEN"):  # noqa: S107 - the name of a variable
    call_command("connect_slack", team, "--app", "A0COUNTER", "--name", "Skyway Air", "--token", token, *more)


def refused(*more, **given):
    """What the command says when it refuses; nothing is stored then."""
    with pytest.raises(CommandError, match="Nothing was connected") as refusal:
        connect(*more, **given)
    assert not Workspace.objects.exists()
    assert not Entry.objects.exists()
    said = str(refusal.value)
    assert "xoxb-bad" not in said
    assert GOOD not in said
    return said


def test_it_connects_and_links_with_a_token_from_a_file(slack, tmp_path, capsys):
    person = PersonFactory(email="maria@skyway.example")
    file = tmp_path / "token"
    file.write_text(f"{GOOD}\n")
    connect("--link", "maria@skyway.example=U0MARIA", token=str(file))
    stored = Workspace.objects.get()
    assert GOOD not in stored.bot_token
    assert workspaces.bot_token(stored) == GOOD
    assert identity.colleague(team_id=TEAM, user_id="U0MARIA") == person
    assert list(Entry.objects.order_by("pk").values_list("act", flat=True)) == ["system.connected", "identity.linked"]
    assert GOOD not in capsys.readouterr().out


def test_a_workspace_gets_its_own_secrets_and_keeps_those_that_are_not_named(slack, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SKYWAY_APP_TOKEN", APP)
    file = tmp_path / "secret"
    file.write_text("what it signs with\n")
    connect("--signing-secret", str(file), "--app-token", "env:SKYWAY_APP_TOKEN")
    assert "`manage.py slack_socket` must run" in capsys.readouterr().out
    connect()
    stored = Workspace.objects.get()
    assert "signs with" not in stored.signing_secret
    assert workspaces.signing_secret(stored) == "what it signs with"
    assert workspaces.app_token(stored) == APP


def test_several_workspaces_have_an_app_each(slack):
    connect()
    WorkspaceFactory(team_id="T0OTHER", app_id="A0OTHER")
    connect()
    assert list(Workspace.objects.order_by("pk").values_list("team_id", "app_id")) == [
        (TEAM, "A0COUNTER"),
        ("T0OTHER", "A0OTHER"),
    ]


@pytest.mark.parametrize(
    ("option", "given", "says"),
    [
        ("--app-token", "env:SKYWAY_TOKEN", "not_allowed_token_type). Make an App-Level Token"),
        ("--app-token", "env:NOT_SET_HERE", "has no NOT_SET_HERE in its environment"),
        ("--signing-secret", "env:NOT_SET_HERE", "has no NOT_SET_HERE in its environment"),
        ("--signing-secret", "in-plain-text", "--signing-secret is neither env:NAME nor a file"),
        ("--signing-secret", "/dev/null", "is neither env:NAME nor a file"),
    ],
)
def test_a_bad_secret_is_refused_with_what_to_do(slack, option, given, says):
    assert says in refused(option, given)


def test_an_empty_file_is_no_secret(slack, tmp_path):
    (tmp_path / "empty").write_text("\n")
    assert "is empty" in refused("--signing-secret", str(tmp_path / "empty"))


def test_a_good_token_wakes_a_paused_workspace(slack):
    workspace = WorkspaceFactory(team_id=TEAM, state="paused")
    connect()
    workspace.refresh_from_db()
    assert (workspace.state, workspace.bot_token) == ("active", "env:SKYWAY_TOKEN")


def test_a_bad_token_is_refused_with_what_to_do(slack, tmp_path):
    file = tmp_path / "token"
    file.write_text("xoxb-bad")
    said = refused(token=str(file))
    assert "Slack refuses the token (invalid_auth)." in said
    assert "Copy the Bot User OAuth Token" in said


def test_another_workspaces_token_is_refused_by_its_name(slack):
    assert "belongs to Skyway Air (T0SKYWAY), not to T0OTHER" in refused(team="T0OTHER")


def test_a_persons_token_is_refused(peer, monkeypatch):
    monkeypatch.setenv("SKYWAY_TOKEN", "xoxp-mine")
    peer.will("auth.test", ok=True, team_id=TEAM, team="Skyway Air", user_id="U0MARIA")
    assert "speaks for a person and not for the app" in refused()


def test_a_slack_that_does_not_answer_is_named(slack, settings):
    settings.SLACK_API_BASE_URL = "http://127.0.0.1:1/api/"
    assert "http://127.0.0.1:1/api/ does not answer" in refused()


def test_a_token_that_this_process_does_not_have_is_named(slack):
    assert "has no NOT_SET_HERE in its environment" in refused(token="env:NOT_SET_HERE")


def test_neither_a_file_nor_a_name_is_refused(slack):
    assert "neither env:NAME nor a file" in refused(token="xoxb-bad-in-plain-text")


def test_a_stranger_is_not_linked_and_nothing_else_happens(slack):
    with pytest.raises(CommandError, match="a person whom we know"):
        connect("--link", "nobody@skyway.example=U0MARIA")
    assert not Workspace.objects.exists()
