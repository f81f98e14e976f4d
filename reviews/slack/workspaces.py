"""
Workspaces: their secrets, and a client that speaks to Slack or to the simulated workspace.

A secret is `env:NAME`, or sealed and bound to its workspace and its field: pasted elsewhere it does not open.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from ssl import SSLContext, create_default_context

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from governance import ledger, sealing
from governance.errors import Invalid
from reviews.models import Ask, Workspace

SEND_SECONDS = 10
CLICK_SECONDS = 2  # a click is answered within three
SEALED = "sealed:"
SECRETS = ("bot_token", "signing_secret", "app_token")  # the columns that hold one
TROUBLE = 200  # characters of Workspace.trouble
WHERE_IT_STANDS = "Copy the Bot User OAuth Token (xoxb-…) from the app's page Install App, and give that."
WHERE_THE_APPS_STANDS = "Make an App-Level Token (xapp-…) with connections:write on the app's page Basic Information."


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Secrets:
    """What a workspace's app proves itself with: each as it is, or `env:NAME`; "" leaves what there is."""

    bot_token: str
    signing_secret: str = ""
    app_token: str = ""

    def stored(self, *, team_id: str) -> dict[str, str]:
        """As they are stored, by column; those that were not given are left out."""
        given = {each.name: str(getattr(self, each.name)) for each in fields(self)}
        return {name: stored(value, team_id=team_id, field=name) for name, value in given.items() if value}


def bot_token(workspace: Workspace) -> str:
    """The token with which we speak; raise Invalid naming what is missing."""
    if not workspace.bot_token:
        raise Invalid(f"workspace {workspace.team_id} has no bot token: run manage.py connect_slack.")
    return opened(workspace, "bot_token")


def signing_secret(workspace: Workspace) -> str:
    """What its requests are signed with; "" where it has none of its own. Raises Invalid naming what is missing."""
    return opened(workspace, "signing_secret") if workspace.signing_secret else ""


def app_token(workspace: Workspace) -> str:
    """What opens its WebSocket; "" where it has none. Raises Invalid naming what is missing."""
    return opened(workspace, "app_token") if workspace.app_token else ""


def opened(workspace: Workspace, field: str) -> str:
    """A secret of a workspace; raise Invalid naming what is missing."""
    kept = str(getattr(workspace, field))
    if kept.startswith(SEALED):
        return sealing.unseal(raw(kept), to=place(workspace.team_id, field))
    return sealing.from_environment(place(workspace.team_id, field), kept)


def stored(given: str, *, team_id: str, field: str) -> str:
    """A secret as it is stored: `env:NAME` as it is, everything else sealed."""
    return given if sealing.named(given) else text(sealing.seal(given, to=place(team_id, field)))


def reseal(*, actor: ledger.Actor) -> int:
    """
    Seal again, with the first key, whatever another key has sealed; return how many.

    Raises Invalid for one that does not open: nothing is changed then.
    """
    done = 0
    with transaction.atomic():
        for workspace in Workspace.objects.select_for_update():
            again = {name: new for name in SECRETS if (new := resealed(workspace, name))}
            for name, (sealed, key) in again.items():
                Workspace.objects.filter(pk=workspace.pk).update(**{name: sealed})
                body = {"field": name, "key": key}
                ledger.record(act=ledger.Act.SECRET_RESEALED, actor=actor, subjects=[workspace], body=body)
            done += len(again)
    return done


def resealed(workspace: Workspace, field: str) -> tuple[str, str] | None:
    """A secret under the first key, and that key's name; None where there is nothing to do. Raises Invalid."""
    kept = str(getattr(workspace, field))
    if not kept.startswith(SEALED):
        return None
    again = sealing.reseal(raw(kept), to=place(workspace.team_id, field))
    return None if text(again) == kept else (text(again), sealing.key_name(again))


def sealed_with() -> set[str]:
    """The names of the keys that workspaces' secrets are sealed with. Raises Invalid."""
    kept = (str(each) for row in Workspace.objects.values_list(*SECRETS) for each in row)
    return {sealing.key_name(raw(each)) for each in kept if each.startswith(SEALED)}


def text(sealed: bytes) -> str:
    """What was sealed, as its column holds it."""
    return SEALED + b64encode(sealed).decode()


def raw(kept: str) -> bytes:
    """What a column holds, as it was sealed. Raises Invalid."""
    try:
        return b64decode(kept.removeprefix(SEALED), validate=True)
    except NotBase64 as error:
        raise Invalid("A workspace's secret does not open: its column was changed.") from error


def place(team_id: str, field: str) -> str:
    """Say what a secret belongs to."""
    return f"workspace:{team_id}:{field}"


def client(workspace: Workspace) -> WebClient:
    """A client that never tries again by itself: a post whose reply was lost may have arrived; sweeps decide."""
    return speaking(bot_token(workspace))


def speaking(token: str, *, seconds: int = SEND_SECONDS) -> WebClient:
    """A client with this token, that waits so long for an answer."""
    return WebClient(token=token, base_url=settings.SLACK_API_BASE_URL, timeout=seconds, ssl=trust(), retry_handlers=[])


@cache
def trust() -> SSLContext:
    """Whom we believe to be Slack. Read once: the client would read all certificates again at every call."""
    return create_default_context()


def check(*, team_id: str, token: str) -> None:
    """
    Ask Slack whose token this is, so that a wrong one is found before the first question waits for it.

    `token` may be `env:NAME`. Raises Invalid with what to do: it is refused, no bot's, another workspace's, or Slack
    does not answer.
    """
    speaker = speaking(value("bot_token", token))
    said = asked(speaker.auth_test, otherwise=WHERE_IT_STANDS)
    if not said.get("bot_id"):
        raise Invalid(f"This token speaks for a person and not for the app. {WHERE_IT_STANDS}")
    if said["team_id"] != team_id:
        raise Invalid(f"This token belongs to {said.get('team')} ({said['team_id']}), not to {team_id}.")


def check_app_token(token: str) -> None:
    """Ask Slack whether this token, which may be `env:NAME`, opens a WebSocket. Raises Invalid with what to do."""
    given = value("app_token", token)
    asked(lambda: speaking(given).apps_connections_open(app_token=given), otherwise=WHERE_THE_APPS_STANDS)


def asked(call: Callable[[], SlackResponse], *, otherwise: str) -> SlackResponse:
    """What Slack says; raise Invalid where it refuses the token, with what to do, or does not answer."""
    try:
        return call()
    except SlackApiError as error:
        word = error.response.get("error", error.response.status_code)
        raise Invalid(f"Slack refuses the token ({word}). {otherwise}") from error
    except (SlackClientError, OSError) as error:
        raise Invalid(f"{settings.SLACK_API_BASE_URL} does not answer. Try again when it does.") from error


def value(field: str, given: str) -> str:
    """A secret that was given, or what `env:NAME` names. Raises Invalid."""
    return sealing.from_environment(field, given) if sealing.named(given) else given


def connect(*, team_id: str, app_id: str, name: str, secrets: Secrets, actor: ledger.Actor) -> Workspace:
    """Know a workspace, or give it other secrets; it is active again."""
    known = {"app_id": app_id, "name": name, "state": Workspace.State.ACTIVE, "trouble": ""}
    given = {**known, **secrets.stored(team_id=team_id), "connected_at": timezone.now()}
    with transaction.atomic():
        workspace, new = Workspace.objects.update_or_create(team_id=team_id, enterprise_id=None, defaults=given)
        Ask.objects.waiting().filter(surface="slack").update(next_at=None)  # what waited for a good token
        act = ledger.Act.SYSTEM_CONNECTED if new else ledger.Act.SYSTEM_CHANGED
        ledger.record(act=act, actor=actor, subjects=[workspace], body={"team": team_id, "app": app_id})
    return workspace


def pause(workspace: Workspace, *, because: str) -> bool:
    """
    Stop sending there until somebody has given a good token.

    False where it is not active, or where it was connected since `workspace` was read: that token is another one.
    """
    as_read = Workspace.objects.filter(pk=workspace.pk, connected_at=workspace.connected_at)
    active = as_read.filter(state=Workspace.State.ACTIVE)
    with transaction.atomic():
        if not active.update(state=Workspace.State.PAUSED, trouble=because[:TROUBLE]):
            return False
        changed(workspace, step="delivering", state="paused", because=because)
    return True


def uninstall(workspace: Workspace, *, because: str, at: datetime) -> None:
    """
    Our app was taken out there `at` this moment: its tokens are thrown away, and nothing is sent any more.

    The signing secret stays, so that a late click is told why it does not count. Twice is once; and what Slack tells
    again after the workspace was connected anew is over.
    """
    here = Workspace.objects.filter(pk=workspace.pk, connected_at__lte=at).exclude(state=Workspace.State.UNINSTALLED)
    with transaction.atomic():
        if here.update(state=Workspace.State.UNINSTALLED, trouble=because[:TROUBLE], bot_token="", app_token=""):
            changed(workspace, step="slack", state="uninstalled", because=because)


def changed(workspace: Workspace, *, step: str, state: str, because: str) -> None:
    """Enter that a workspace can't be used as before."""
    ledger.record(
        act=ledger.Act.SYSTEM_CHANGED,
        actor=ledger.Actor.step(step),
        subjects=[workspace],
        body={"state": state, "because": because},
    )


def assurance() -> str:
    """How sure we are that a click was this person's: linked once in the browser, or a simulation of it."""
    return "simulated" if settings.SLACK_SIMULATED else "slack_linked"
