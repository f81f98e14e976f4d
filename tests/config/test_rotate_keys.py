"""`manage.py rotate_keys`."""

from base64 import b64encode

import pytest
from django.core.management import CommandError

from governance import connecting
from governance.models import Entry, SystemSecret
from reviews.models import Workspace
from reviews.slack import workspaces
from tests.factories import SystemFactory
from tests.governance.commands import run
from tests.reviews.factories import WorkspaceFactory

pytestmark = pytest.mark.django_db
OLD, NEW = (b64encode(bytes([number]) * 32).decode() for number in (1, 2))


@pytest.fixture(autouse=True)
def stored(settings):
    """A secret of a system and two of a workspace, under the old key; one in the environment."""
    settings.ENCRYPTION_KEYS = {"old": OLD}
    connecting.seal(system=SystemFactory(), field="password", value="correct horse")
    sealed = {name: workspaces.stored(f"{name}-1", team_id="T1", field=name) for name in ("bot_token", "app_token")}
    WorkspaceFactory(team_id="T1", signing_secret="env:OURS", **sealed)


def test_the_old_key_may_go_and_all_opens_as_before(settings):
    settings.ENCRYPTION_KEYS = {"new": NEW, "old": OLD}
    code, said = run("rotate_keys")
    assert code == 0
    assert "3 secrets sealed again" in said
    assert "Nothing needs old any more" in said
    settings.ENCRYPTION_KEYS = {"new": NEW}
    workspace = Workspace.objects.get()
    assert connecting.unseal(SystemSecret.objects.get()) == "correct horse"
    assert (workspaces.bot_token(workspace), workspaces.app_token(workspace)) == ("bot_token-1", "app_token-1")
    assert workspaces.resealed(workspace, "signing_secret") is None, "it lies in the environment"


def test_each_secret_is_told_to_the_ledger_once_and_never_shown(settings):
    settings.ENCRYPTION_KEYS = {"new": NEW, "old": OLD}
    _, said = run("rotate_keys")
    _, again = run("rotate_keys")
    assert "0 secrets sealed again" in again
    told = Entry.objects.filter(act="secret.resealed")
    assert sorted(each.body["field"] for each in told) == ["app_token", "bot_token", "password"]
    assert all(each.body["key"] == "new" for each in told)
    for word in ("correct horse", "_token-1", NEW, OLD):
        assert word not in said + str(list(told.values()))


def test_nothing_is_changed_where_one_does_not_open(settings):
    before = bytes(SystemSecret.objects.get().sealed), Workspace.objects.get().bot_token
    Workspace.objects.update(app_token="sealed:" + b64encode(b"lost\0" + bytes(40)).decode())
    settings.ENCRYPTION_KEYS = {"new": NEW, "old": OLD}
    with pytest.raises(CommandError, match="workspace:T1:app_token was sealed with the key 'lost'"):
        run("rotate_keys")
    assert (bytes(SystemSecret.objects.get().sealed), Workspace.objects.get().bot_token) == before


@pytest.mark.parametrize("keys", [{}, {"new": "short"}])
def test_without_a_good_key_it_says_which_is_wrong(settings, keys):
    settings.ENCRYPTION_KEYS = keys
    with pytest.raises(CommandError, match="COUNTERSIGN_ENCRYPTION_KEYS"):
        run("rotate_keys")
