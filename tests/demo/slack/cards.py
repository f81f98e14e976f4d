"""Blocks to post."""

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str) -> Json:
    return {"type": "section", "text": mrkdwn(text)}


def button(action_id: str, text: str = "Keep", **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(text), **more}


def actions(*elements: Json, block_id: str = "verbs") -> Json:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


CONFIRM = {
    "title": plain("Revoke refund_payment?"),
    "text": plain("It is gone within seconds."),
    "confirm": plain("Revoke it now"),
    "deny": plain("Cancel"),
    "style": "danger",
}
OPTIONS = [{"text": plain("Not mine"), "value": "reassign"}, {"text": plain("Later"), "value": "snooze"}]
CARD = [
    {"type": "header", "text": plain("Does airline-support still need refunds?")},
    {"type": "section", "fields": [mrkdwn("*Can do*\nRun `refund_payment`"), mrkdwn("*Last used*\nNever")]},
    actions(
        button("keep", value="cs1.opaque"),
        button("revoke", "Revoke", style="danger", confirm=CONFIRM, value="cs1.other"),
        {"type": "overflow", "action_id": "more", "options": OPTIONS},
    ),
    {"type": "context", "elements": [mrkdwn("CS-1042")]},
]


def modal(**more: Any) -> Json:
    why = {"type": "plain_text_input", "action_id": "text", "multiline": True, "min_length": 5}
    task = {"type": "radio_buttons", "action_id": "pick", "options": OPTIONS}
    who = {"type": "users_select", "action_id": "person"}
    return {
        "type": "modal",
        "callback_id": "reason",
        "title": plain("Keep for 90 days?"),
        "submit": plain("Keep"),
        "private_metadata": "opaque",
        "blocks": [
            section("*airline-support* keeps it"),
            {"type": "input", "block_id": "why", "label": plain("Why"), "element": why},
            {"type": "input", "block_id": "task", "label": plain("Task"), "element": task},
            {"type": "input", "block_id": "who", "label": plain("Who"), "element": who, "optional": True},
        ],
        **more,
    }
