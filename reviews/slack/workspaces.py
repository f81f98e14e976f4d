"""Workspaces: their bot tokens, and a client that speaks to Slack or to the simulated workspace."""

import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from governance import connecting, ledger
from governance.errors import Invalid
from reviews.models import Workspace

SEND_SECONDS = 10
CLICK_SECONDS = 2  # a click is answered within three
SEALED = "sealed:"
WHERE_IT_STANDS = "Copy the Bot User OAuth Token (xoxb-…) from the app's page Install App, and give that."


def bot_token(workspace: Workspace) -> str:
    """The token with which we speak; raise Invalid naming what is missing."""
    stored = workspace.bot_token
    if stored.startswith(SEALED):
        return unseal(stored.removeprefix(SEALED), team_id=workspace.team_id)
    return connecting.from_environment("bot_token", stored)


def seal(token: str, *, team_id: str) -> str:
    """A bot token as it is stored: encrypted with the first key, and bound to its workspace."""
    key_id, key = next(iter(connecting.keys().items()))
    nonce = os.urandom(connecting.NONCE_BYTES)
    hidden = AESGCM(key).encrypt(nonce, token.encode(), bound_to(team_id, key_id))
    return SEALED + b64encode(key_id.encode() + b"\0" + nonce + hidden).decode()


def unseal(stored: str, *, team_id: str) -> str:
    """Open a stored token; raise Invalid where it was changed, is another workspace's, or its key is missing."""
    try:
        key_id, nonce, hidden = connecting.parts(b64decode(stored, validate=True))
        return AESGCM(connecting.keys()[key_id]).decrypt(nonce, hidden, bound_to(team_id, key_id)).decode()
    except (InvalidTag, KeyError, NotBase64) as error:
        raise Invalid(f"workspace {team_id}: its bot token does not open with COUNTERSIGN_ENCRYPTION_KEYS.") from error


def bound_to(team_id: str, key_id: str) -> bytes:
    """Say what a token belongs to."""
    return f"workspace:{team_id}:bot_token:{key_id}".encode()


def client(workspace: Workspace) -> WebClient:
    """A client that never tries again by itself: a post whose reply was lost may have arrived; sweeps decide."""
    return speaking(bot_token(workspace))


def speaking(token: str) -> WebClient:
    """A client with this token."""
    return WebClient(token=token, base_url=settings.SLACK_API_BASE_URL, timeout=SEND_SECONDS, retry_handlers=[])


def check(*, team_id: str, token: str) -> None:
    """
    Ask Slack whose token this is, so that a wrong one is found before the first question waits for it.

    `token` may be `env:NAME`. Raises Invalid with what to do: it is refused, no bot's, another workspace's, or Slack
    does not answer.
    """
    named = token.startswith(connecting.FROM_ENVIRONMENT)
    given = connecting.from_environment("bot_token", token) if named else token
    try:
        said = speaking(given).auth_test()
    except SlackApiError as error:
        word = error.response.get("error", error.response.status_code)
        raise Invalid(f"Slack refuses the token ({word}). {WHERE_IT_STANDS}") from error
    except (SlackClientError, OSError) as error:
        raise Invalid(f"{settings.SLACK_API_BASE_URL} does not answer. Try again when it does.") from error
    if not said.get("bot_id"):
        raise Invalid(f"This token speaks for a person and not for the app. {WHERE_IT_STANDS}")
    if said["team_id"] != team_id:
        raise Invalid(f"This token belongs to {said.get('team')} ({said['team_id']}), not to {team_id}.")


def connect(*, team_id: str, app_id: str, name: str, token: str, actor: ledger.Actor) -> Workspace:
    """Know a workspace, or give it another token; it is active again. A token that is not `env:NAME` is sealed."""
    stored = token if token.startswith(connecting.FROM_ENVIRONMENT) else seal(token, team_id=team_id)
    with transaction.atomic():
        workspace, new = Workspace.objects.update_or_create(
            team_id=team_id,
            enterprise_id=None,
            defaults={"app_id": app_id, "name": name, "bot_token": stored, "state": Workspace.State.ACTIVE},
        )
        act = ledger.Act.SYSTEM_CONNECTED if new else ledger.Act.SYSTEM_CHANGED
        ledger.record(act=act, actor=actor, subjects=[workspace], body={"team": team_id, "app": app_id})
    return workspace


def pause(workspace: Workspace, *, because: str) -> None:
    """Stop sending there until somebody has given a good token."""
    with transaction.atomic():
        active = Workspace.objects.filter(pk=workspace.pk, state=Workspace.State.ACTIVE)
        if active.update(state=Workspace.State.PAUSED):
            ledger.record(
                act=ledger.Act.SYSTEM_CHANGED,
                actor=ledger.Actor.step("delivering"),
                subjects=[workspace],
                body={"state": "paused", "because": because},
            )


def assurance() -> str:
    """How sure we are that a click was this person's: linked once in the browser, or a simulation of it."""
    return "simulated" if settings.SLACK_SIMULATED else "slack_linked"
