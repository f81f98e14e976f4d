"""Workspaces and their tokens."""

import base64

import pytest
from django.utils import timezone

from governance.errors import Invalid
from governance.models import Entry
from reviews.models import Workspace
from reviews.slack import identity, workspaces
from reviews.slack.workspaces import Secrets
from tests.factories import PersonFactory
from tests.reviews.factories import WorkspaceFactory
from tests.reviews.slack.connecting import connect


@pytest.fixture
def keys(settings):
    settings.ENCRYPTION_KEYS = {"first": base64.b64encode(b"k" * 32).decode()}


def stored(team_id, bot_token):
    return Workspace(team_id=team_id, bot_token=bot_token)


def test_a_token_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("SKYWAY_TOKEN", "xoxb-1")
    assert workspaces.bot_token(stored("T1", "env:SKYWAY_TOKEN")) == "xoxb-1"


@pytest.mark.parametrize("given", ["xoxb-in-plain-text", "env:NOT_SET_AT_ALL", "sealed:AAAA", "sealed:?"])
def test_a_token_that_is_not_to_be_had_is_named_without_being_shown(keys, given):
    with pytest.raises(Invalid) as refusal:
        workspaces.bot_token(stored("T1", given))
    assert "xoxb" not in str(refusal.value)


def test_a_sealed_token_opens_in_its_own_workspace_alone(keys):
    sealed = workspaces.stored("xoxb-1", team_id="T1", field="bot_token")
    assert "xoxb" not in sealed
    assert workspaces.bot_token(stored("T1", sealed)) == "xoxb-1"
    with pytest.raises(Invalid, match="does not open"):
        workspaces.bot_token(stored("T2", sealed))


def test_a_sealed_secret_opens_in_its_own_field_alone(keys):
    sealed = workspaces.stored("xapp-1", team_id="T1", field="app_token")
    assert workspaces.app_token(Workspace(team_id="T1", app_token=sealed)) == "xapp-1"
    with pytest.raises(Invalid, match="workspace:T1:signing_secret does not open"):
        workspaces.signing_secret(Workspace(team_id="T1", signing_secret=sealed))


def test_a_workspace_needs_no_secrets_of_its_own_but_a_bot_token():
    assert workspaces.signing_secret(stored("T1", "")) == workspaces.app_token(stored("T1", "")) == ""
    with pytest.raises(Invalid, match="has no bot token"):
        workspaces.bot_token(stored("T1", ""))


@pytest.mark.django_db
def test_a_workspace_is_taken_out_once_and_its_tokens_are_thrown_away():
    workspace = WorkspaceFactory(signing_secret="env:OURS", app_token="env:SOCKET")
    for _ in range(2):
        workspaces.uninstall(workspace, because="the app was uninstalled", at=timezone.now())
    workspace.refresh_from_db()
    assert (workspace.state, workspace.bot_token, workspace.app_token) == ("uninstalled", "", "")
    assert (workspace.signing_secret, workspace.trouble) == ("env:OURS", "the app was uninstalled")
    assert Entry.objects.get().body == {"state": "uninstalled", "because": "the app was uninstalled"}


def test_secrets_are_not_printed():
    secrets = Secrets(bot_token="xoxb-1", signing_secret="signs", app_token="xapp-1")
    assert not [each for each in ("xoxb-1", "signs", "xapp-1") if each in f"{secrets!r} {secrets}"]


@pytest.mark.django_db
def test_a_refusal_of_the_token_before_pauses_nothing():
    old = WorkspaceFactory()
    connect(old)
    assert workspaces.pause(old, because="token_revoked") is False
    now = Workspace.objects.get()
    assert now.state == "active"
    assert workspaces.pause(now, because="token_revoked") is True
    assert Workspace.objects.get().state == "paused"


@pytest.mark.django_db
def test_somebody_is_asked_where_the_app_works():
    person = PersonFactory()
    paused, active = WorkspaceFactory(state="paused"), WorkspaceFactory()
    for workspace in (paused, active):
        person.identities.create(scheme="slack", issuer=workspace.team_id, value="U1")
    assert identity.user_in(person) == (active, "U1")
