"""Workspaces and their tokens."""

import base64

import pytest

from governance.errors import Invalid
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
def test_somebody_is_asked_where_the_app_works():
    person = PersonFactory()
    paused, active = WorkspaceFactory(state="paused"), WorkspaceFactory()
    for workspace in (paused, active):
        person.identities.create(scheme="slack", issuer=workspace.team_id, value="U1")
    assert identity.user_in(person) == (active, "U1")
