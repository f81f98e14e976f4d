"""Slash commands, typed into the compose box."""

import json

import pytest
from slack_sdk.webhook import WebhookClient

from demo.slack.client import Unwilling
from tests.demo.slack.cards import CARD, modal

LINE = "/access agent  airline-support"


def last(maria):
    return maria.messages("U0MARIA")[-1]


def test_a_command_arrives_as_a_form(app, maria, slack):
    assert maria.command("U0MARIA", LINE)["status"] == 200
    (form,) = app.commands
    assert {name: form[name] for name in ("command", "text", "user_id", "user_name", "team_id", "api_app_id")} == {
        "command": "/access",
        "text": "agent  airline-support",
        "user_id": "U0MARIA",
        "user_name": "maria",
        "team_id": "T0MERID",
        "api_app_id": "A0CS",
    }
    assert (form["channel_id"], form["channel_name"]) == ("DU0MARIA", "directmessage")
    assert form["response_url"].startswith(f"{slack.url}/response/")
    assert maria.messages("U0MARIA") == [], "a bare acknowledgement says nothing"


@pytest.mark.parametrize(
    ("body", "text", "blocks", "ephemeral"),
    [
        ("Nothing waits for you.", "Nothing waits for you.", 0, True),
        (json.dumps({"text": "Four", "blocks": CARD}), "Four", 4, True),
        (json.dumps({"text": "For all", "response_type": "in_channel"}), "For all", 0, False),
    ],
)
def test_its_answer_is_shown(app, maria, body, text, blocks, ephemeral):
    app.act = lambda _form: (200, body)
    maria.command("U0MARIA", "/access")
    message = last(maria)
    assert (message["text"], len(message["blocks"]), message["ephemeral"]) == (text, blocks, ephemeral)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (json.dumps({"text": "x", "blocks": [{"type": "carousel"}]}), "invalid_blocks"),
        (json.dumps({"text": "x", "response_type": "aloud"}), "response_type aloud"),
        ("{", "does not know"),
    ],
)
def test_a_wrong_answer_is_shown_as_such(app, maria, browser, body, sentence):
    app.act = lambda _form: (200, body)
    maria.command("U0MARIA", "/access")
    assert sentence in browser.get("/as/U0MARIA/").text
    assert maria.messages("U0MARIA") == []


def test_a_command_is_not_tried_again(app, maria, browser):
    app.act = lambda _form: (500, "")
    browser.post("/as/U0MARIA/say", data={"line": LINE})
    assert "/access failed with the error “dispatch_failed”." in browser.get("/as/U0MARIA/").text
    assert len(app.commands) == 1


def test_a_command_opens_a_modal_and_is_answered_later(app, maria, web):
    app.act = lambda form: (web.views_open(trigger_id=form["trigger_id"], view=modal()).status_code, "Wait…")
    maria.command("U0MARIA", "/access delegate")
    assert maria.modal("U0MARIA")["callback_id"] == "reason"
    hook = WebhookClient(app.commands[0]["response_url"])
    hook.send(text="Done", replace_original=True)
    assert [message["text"] for message in maria.messages("U0MARIA")] == ["Done"]
    hook.send(delete_original=True)
    assert maria.messages("U0MARIA") == []


@pytest.mark.parametrize(("line", "why"), [("hello", "Only commands"), ("/else", "/else is not a valid command")])
def test_what_is_no_command_is_not_sent(app, maria, browser, line, why):
    with pytest.raises(Unwilling, match=why):
        maria.command("U0MARIA", line)
    assert why in browser.post("/as/U0MARIA/say", data={"line": line}).text
    assert app.commands == []
