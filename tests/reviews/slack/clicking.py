"""Clicks, forms and events as Slack posts them: signed."""

import hashlib
import json
import time
from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import urlencode

import rfc8785
from django.test import Client
from slack_sdk.signature import SignatureVerifier

from reviews.models import Ask, Workspace
from reviews.slack import aside
from tests.reviews.slack.conftest import SECRET, Question

TRIGGERS = count(1)
PATH, EVENTS, COMMANDS = "/slack/interactivity", "/slack/events", "/slack/commands"
Altered = Callable[[str, dict[str, str]], str]


def unaltered(body: str, _headers: dict[str, str]) -> str:
    """Nobody in between."""
    return body


def posted(
    payload: dict[str, Any] | str,
    *,
    path: str = PATH,
    secret: str = SECRET,
    at: float | None = None,
    altered: Altered = unaltered,
    **headers: str,
) -> Any:
    """Post a payload with its signature; `altered` is done to it on its way."""
    body = payload if isinstance(payload, str) else written(payload, path)
    stamp = str(int(time.time() if at is None else at))
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body) or ""
    signed = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature, **headers}
    kind = "application/json" if path == EVENTS else "application/x-www-form-urlencoded"
    return Client(raise_request_exception=True).post(
        path, data=altered(body, signed), content_type=kind, headers=signed
    )


def written(payload: dict[str, Any], path: str) -> str:
    """The body of an event, a command or an interaction."""
    match path:
        case "/slack/events":
            return json.dumps(payload)
        case "/slack/commands":
            return urlencode(payload)
        case _:
            return urlencode({"payload": json.dumps(payload)})


def seen(view: dict[str, Any]) -> str:
    """The hash of what a form shows: all of it, without what it carries."""
    shown = {name: value for name, value in view.items() if name != "private_metadata"}
    return hashlib.sha256(rfc8785.dumps(shown)).hexdigest()


def event(workspace: Workspace, what: dict[str, Any]) -> dict[str, Any]:
    """What happened, in Slack's envelope."""
    return {
        "type": "event_callback",
        "team_id": workspace.team_id,
        "api_app_id": workspace.app_id,
        "event": what,
        "event_id": f"Ev{next(TRIGGERS)}",
        "event_time": int(time.time()),
        "authorizations": [{"team_id": workspace.team_id, "user_id": "U0BOT", "is_bot": True}],
    }


def settle() -> None:
    """Wait until all that is said to Slack beside the answers has been said."""
    for voice in (aside.FORMS, aside.SENTENCES):
        for _ in range(voice.waiting):
            voice.room.acquire()
        for _ in range(voice.waiting):
            voice.room.release()


def buttons(ask: Ask) -> dict[str, dict[str, Any]]:
    """What can be pressed in the message that is shown, by action; the block's name with it."""
    return pressable(ask.shown.get("blocks") or ask.shown["view"]["blocks"])


def pressable(blocks: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What can be pressed in these blocks, by action; the first of each, with its block's name."""
    found: dict[str, dict[str, Any]] = {}
    for block in blocks:
        for each in block["elements"] if block["type"] == "actions" else ():
            found.setdefault(each["action_id"], {**each, "block_id": block["block_id"]})
    return found


def click(question: Question, action: str, *, url: str = "", **user: Any) -> dict[str, Any]:
    """A press of a button that is shown, by the person who is asked or by somebody else."""
    ask = Ask.objects.get(pk=question.ask.pk)
    pressed = buttons(ask)[action]
    container = {"type": "message", "message_ts": ask.external_id.partition(":")[2]}
    return pressing(question, pressed, container=container, url=url, **user)


def pressing(
    question: Question, pressed: dict[str, Any], *, container: dict[str, Any], url: str = "", **user: Any
) -> dict[str, Any]:
    """A press of one element, in a message or on a page."""
    team = question.workspace.team_id
    chosen = {name: pressed[name] for name in ("value", "selected_option", "selected_user") if name in pressed}
    return {
        "type": "block_actions",
        "team": {"id": team, "domain": "skyway"},
        "user": {"id": question.user, "team_id": team, "username": "maria"} | user,
        "api_app_id": "A0COUNTER",
        "trigger_id": f"77.1795513262.{next(TRIGGERS)}",
        "response_url": url,
        "container": container,
        "actions": [
            {
                "type": pressed["type"],
                "action_id": pressed["action_id"],
                "block_id": pressed["block_id"],
                "action_ts": "1795513262.9",
                **chosen,
            }
        ],
    }


def choice(question: Question, verb: str, *, url: str = "", **user: Any) -> dict[str, Any]:
    """A choice from the menu behind the three dots."""
    payload = click(question, "more", url=url, **user)
    menu = buttons(Ask.objects.get(pk=question.ask.pk))["more"]
    option = next(each for each in menu["options"] if each["value"].startswith(f"{verb}:"))
    payload["actions"][0]["selected_option"] = option
    return payload


def on_home(question: Question, action: str, home: Ask, **chosen: Any) -> dict[str, Any]:
    """A press or a choice on the person's own page: Slack gives no address to answer to."""
    view = {"type": "view", "view_id": home.external_id}
    return pressing(question, {**buttons(home)[action], **chosen}, container=view)


def option(value: str) -> dict[str, Any]:
    """What was chosen from a menu."""
    return {"selected_option": {"text": {"type": "plain_text", "text": "as shown"}, "value": value}}


def command(question: Question, text: str, **more: Any) -> dict[str, Any]:
    """What Slack posts when somebody types /access."""
    return {
        "command": "/access",
        "api_app_id": "A0COUNTER",
        "text": text,
        "team_id": question.workspace.team_id,
        "user_id": question.user,
        "trigger_id": f"77.1795513262.{next(TRIGGERS)}",
        "response_url": "",
    } | more


def submission(question: Question, view: dict[str, Any], *, number: int = 1, **typed: dict[str, Any]) -> dict[str, Any]:
    """A form that is sent: what was typed, by block."""
    team = question.workspace.team_id
    return {
        "type": "view_submission",
        "team": {"id": team},
        "user": {"id": question.user, "team_id": team},
        "api_app_id": "A0COUNTER",
        "trigger_id": f"77.1795513262.{next(TRIGGERS)}",
        "view": {
            "id": f"V{number}",
            "hash": "156772938.1827394",
            "type": "modal",
            "callback_id": view["callback_id"],
            "private_metadata": view["private_metadata"],
            "state": {"values": {name: {name: each} for name, each in typed.items()}},
        },
    }
