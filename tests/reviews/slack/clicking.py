"""Clicks as Slack posts them: signed, as a form."""

import json
import time
from itertools import count
from typing import Any

from django.test import Client
from slack_sdk.signature import SignatureVerifier

from reviews.models import Ask
from tests.reviews.slack.conftest import SECRET, Question

TRIGGERS = count(1)
PATH = "/slack/interactivity"


def posted(payload: dict[str, Any] | str, *, secret: str = SECRET, at: float | None = None, **headers: str) -> Any:
    """Post a payload with its signature."""
    body = payload if isinstance(payload, str) else form(payload)
    stamp = str(int(time.time() if at is None else at))
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body) or ""
    signed = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature, **headers}
    return Client(raise_request_exception=True).post(
        PATH, data=body, content_type="application/x-www-form-urlencoded", headers=signed
    )


def form(payload: dict[str, Any]) -> str:
    """The body of an interaction."""
    from urllib.parse import urlencode  # noqa: PLC0415

    return urlencode({"payload": json.dumps(payload)})


def buttons(ask: Ask) -> dict[str, dict[str, Any]]:
    """What can be pressed in the message that is shown, by action; the block's name with it."""
    return {
        each["action_id"]: {**each, "block_id": block["block_id"]}
        for block in ask.shown["blocks"]
        if block["type"] == "actions"
        for each in block["elements"]
    }


def click(question: Question, action: str, *, url: str = "", **user: Any) -> dict[str, Any]:
    """A press of a button that is shown, by the person who is asked or by somebody else."""
    ask = Ask.objects.get(pk=question.ask.pk)
    pressed = buttons(ask)[action]
    team = question.workspace.team_id
    return {
        "type": "block_actions",
        "team": {"id": team, "domain": "skyway"},
        "user": {"id": question.user, "team_id": team, "username": "maria"} | user,
        "api_app_id": "A0COUNTER",
        "trigger_id": f"77.1795513262.{next(TRIGGERS)}",
        "response_url": url,
        "container": {"type": "message", "message_ts": ask.external_id.partition(":")[2]},
        "actions": [
            {
                "type": "button",
                "action_id": action,
                "block_id": pressed["block_id"],
                "value": pressed["value"],
                "action_ts": "1795513262.9",
            }
        ],
    }


def submission(question: Question, view: dict[str, Any], *, number: int = 1, **typed: dict[str, str]) -> dict[str, Any]:
    """A form that is sent: what was typed, by block."""
    team = question.workspace.team_id
    return {
        "type": "view_submission",
        "team": {"id": team},
        "user": {"id": question.user, "team_id": team},
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
