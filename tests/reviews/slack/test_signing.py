"""Who may speak for which workspace."""

import base64
import time

import pytest
from slack_sdk.signature import SignatureVerifier

from reviews.slack import workspaces
from reviews.slack.signing import Ring, Sender, Signed
from tests.reviews.factories import WorkspaceFactory

pytestmark = pytest.mark.django_db

ALL = "the secret of those that have none"


@pytest.fixture
def ring(settings, monkeypatch):
    settings.SLACK_SIGNING_SECRET = ALL
    settings.ENCRYPTION_KEYS = {"first": base64.b64encode(b"k" * 32).decode()}
    monkeypatch.setenv("OURS", "the secret of the first")
    return Ring()


def signed(secret, body=b"payload=%7B%7D", *, ago=0):
    stamp = str(int(time.time() - ago))
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    return Signed(body=body, stamp=stamp, signature=signature)


def test_each_workspace_is_vouched_for_by_its_own_secret(ring):
    first = Sender.of(WorkspaceFactory(signing_secret="env:OURS"))
    second = WorkspaceFactory()
    second.signing_secret = workspaces.seal("the secret of the second", team_id=second.team_id, field="signing_secret")
    second.save()
    shared = {Sender.of(WorkspaceFactory()), Sender.of(WorkspaceFactory())}
    assert ring.vouches(signed("the secret of the first")) == {first}
    assert ring.vouches(signed("the secret of the second")) == {Sender.of(second)}
    assert ring.vouches(signed(ALL)) == shared
    assert ring.vouches(signed("another")) == set()


@pytest.mark.parametrize("ago", [301, -301])
def test_only_what_was_signed_within_five_minutes_counts(ring, ago):
    WorkspaceFactory()
    assert ring.vouches(signed(ALL, ago=ago)) == set()


def test_a_secret_that_is_not_to_be_had_leaves_its_workspace_out(ring, caplog):
    WorkspaceFactory(signing_secret="env:NOT_SET_AT_ALL")
    assert ring.secrets() == {}
    assert ring.vouches(signed(ALL)) == set(), "it does not fall back to the secret for all"
    assert "a signing secret is missing" in caplog.text


def test_a_workspace_that_was_connected_just_now_is_heard(ring):
    WorkspaceFactory()
    ring.vouches(signed(ALL))
    ring.read_at -= 2  # seconds
    new = Sender.of(WorkspaceFactory(signing_secret="env:OURS"))
    assert ring.vouches(signed("the secret of the first")) == {new}


def test_a_flood_of_what_nobody_signed_does_not_reach_the_database(ring, django_assert_num_queries):
    WorkspaceFactory()
    ring.vouches(signed(ALL))
    ring.read_at += 60  # read in the future: whatever this machine is busy with meanwhile
    with django_assert_num_queries(0):
        for _ in range(100):
            ring.vouches(signed("another"))
