"""Who may speak for which workspace."""

import base64
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
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
    second.signing_secret = workspaces.stored(
        "the secret of the second", team_id=second.team_id, field="signing_secret"
    )
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


# The example of https://docs.slack.dev/authentication/verifying-requests-from-slack: made by Slack, and not by us.
EXAMPLE = Signed(
    body=b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    stamp="1531420618",
    signature="v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
)
EXAMPLE_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105  (Slack's own, in its documentation)


def test_slacks_own_example_has_the_signature_that_we_would_check(ring):
    made = SignatureVerifier(EXAMPLE_SECRET).generate_signature(timestamp=EXAMPLE.stamp, body=EXAMPLE.body)
    assert made == EXAMPLE.signature
    assert not EXAMPLE.by(EXAMPLE_SECRET), "years ago"


@given(place=st.integers(0, 10**6), changed=st.integers(1, 255), part=st.sampled_from(["body", "stamp", "signature"]))
def test_no_byte_of_what_was_signed_can_be_changed(place, changed, part):
    now = signed(ALL)
    assert now.by(ALL)
    raw = getattr(now, part) if part == "body" else getattr(now, part).encode()
    at = place % len(raw)
    altered = raw[:at] + bytes([raw[at] ^ changed]) + raw[at + 1 :]
    other = altered if part == "body" else altered.decode("latin-1")
    assert not replace(now, **{part: other}).by(ALL)
