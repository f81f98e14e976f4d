"""Workspaces and their tokens."""

import base64

import pytest
from django.core.management import CommandError, call_command

from governance.errors import Invalid
from governance.models import Entry
from reviews.models import Workspace
from reviews.slack import identity, workspaces
from tests.factories import PersonFactory
from tests.reviews.factories import WorkspaceFactory


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
    sealed = workspaces.seal("xoxb-1", team_id="T1")
    assert "xoxb" not in sealed
    assert workspaces.bot_token(stored("T1", sealed)) == "xoxb-1"
    with pytest.raises(Invalid, match="does not open"):
        workspaces.bot_token(stored("T2", sealed))


@pytest.mark.django_db
def test_the_command_connects_and_links(keys, tmp_path, capsys):
    person = PersonFactory(email="maria@skyway.example")
    file = tmp_path / "token"
    file.write_text("xoxb-1\n")
    told = ["T1", "--app", "A1", "--name", "Skyway", "--token", str(file), "--link", "maria@skyway.example=U1"]
    call_command("connect_slack", *told)
    assert workspaces.bot_token(Workspace.objects.get()) == "xoxb-1"
    assert identity.linked(team_id="T1", user_id="U1") == person
    assert list(Entry.objects.order_by("pk").values_list("act", flat=True)) == ["system.connected", "identity.linked"]
    assert "xoxb" not in capsys.readouterr().out


@pytest.mark.django_db
def test_a_good_token_wakes_a_paused_workspace():
    workspace = WorkspaceFactory(team_id="T1", state="paused")
    call_command("connect_slack", "T1", "--app", "A1", "--name", "Skyway", "--token", "env:ANOTHER")
    workspace.refresh_from_db()
    assert (workspace.state, workspace.bot_token) == ("active", "env:ANOTHER")


@pytest.mark.django_db
def test_a_stranger_is_not_linked_and_nothing_else_happens():
    told = ["T1", "--app", "A1", "--name", "Skyway", "--token", "env:TOKEN", "--link", "nobody@skyway.example=U1"]
    with pytest.raises(CommandError, match="Nothing was connected"):
        call_command("connect_slack", *told)
    assert not Workspace.objects.exists()


@pytest.mark.django_db
def test_somebody_is_asked_where_the_app_works():
    person = PersonFactory()
    paused, active = WorkspaceFactory(state="paused"), WorkspaceFactory()
    for workspace in (paused, active):
        person.identities.create(scheme="slack", issuer=workspace.team_id, value="U1")
    assert identity.user_in(person) == (active, "U1")
