"""Inputs, choices and links on messages, in the App Home and in modals: what is entered stays, and is told."""

import html

import pytest

from demo.slack.client import Unwilling
from tests.demo.slack.cards import OPTIONS, actions, button, modal, plain, section

BOXES = {"type": "checkboxes", "action_id": "which", "options": OPTIONS}
RADIO = {"type": "radio_buttons", "action_id": "task", "options": OPTIONS, "initial_option": OPTIONS[0]}
PEOPLE = {"type": "users_select", "action_id": "who"}
SEARCH = {
    "type": "input",
    "block_id": "search",
    "dispatch_action": True,
    "label": plain("Find an agent"),
    "element": {"type": "plain_text_input", "action_id": "find"},
}
SILENT = {**SEARCH, "block_id": "silent", "dispatch_action": False}
LINK = {"text": plain("Open the full record"), "value": "record", "url": "http://127.0.0.1:8000/reviews/1"}
MENU = {"type": "overflow", "action_id": "more", "options": [*OPTIONS, LINK]}
BLOCKS = [
    actions(BOXES, RADIO, button("go"), block_id="choices"),
    {**section("Reassign"), "block_id": "owner", "accessory": PEOPLE},
    SEARCH,
    SILENT,
]


@pytest.fixture(params=["message", "home", "modal"])
def place(request, web, workspace, maria):
    """Where the blocks are: what a click needs to find them."""
    match request.param:
        case "message":
            return {"ts": web.chat_postMessage(channel="U0MARIA", text="x", blocks=BLOCKS)["ts"]}
        case "home":
            view = web.views_publish(user_id="U0MARIA", view={"type": "home", "blocks": BLOCKS})
        case _:
            trigger = workspace.triggers.give(user_id="U0MARIA")
            view = web.views_open(trigger_id=trigger, view=modal(blocks=BLOCKS))
    return {"ts": "", "view_id": view["view"]["id"]}


def pressed(maria, place, action_id, **more):
    maria.click("U0MARIA", action_id=action_id, **place, **more)


def state(app):
    return app.last.get("state", app.last.get("view", {}).get("state"))["values"]


def test_what_is_chosen_is_told_with_all_that_was_chosen_before(app, maria, place):
    pressed(maria, place, "which", value=["reassign", "snooze"])
    assert [one["value"] for one in app.last["actions"][0]["selected_options"]] == ["reassign", "snooze"]
    pressed(maria, place, "task", value="snooze")
    assert app.last["actions"][0]["selected_option"]["value"] == "snooze"
    pressed(maria, place, "who", value="U0JON")
    assert app.last["actions"][0]["selected_user"] == "U0JON"
    pressed(maria, place, "find", value="airline")
    assert (app.last["actions"][0]["type"], app.last["actions"][0]["value"]) == ("plain_text_input", "airline")
    values = state(app)
    assert len(values["choices"]["which"]["selected_options"]) == 2
    assert values["choices"]["task"]["selected_option"]["value"] == "snooze"
    assert values["owner"]["who"]["selected_user"] == "U0JON"
    assert values["search"]["find"]["value"] == "airline"


def test_an_initial_choice_counts(app, maria, place):
    pressed(maria, place, "go")
    assert state(app)["choices"]["task"]["selected_option"]["value"] == "reassign"
    assert state(app)["search"]["find"]["value"] is None


def test_an_input_that_does_not_dispatch_is_not_pressed(maria, place):
    with pytest.raises(Unwilling, match="not on the message"):
        pressed(maria, place, "find", block_id="silent", value="x")


def test_a_view_says_so_and_a_message_has_itself(app, maria, place):
    pressed(maria, place, "go")
    if place["ts"]:
        assert app.last["message"]["ts"] == place["ts"]
        assert "view" not in app.last
    else:
        assert app.last["view"]["id"] == app.last["container"]["view_id"] == place["view_id"]
        assert not {"message", "channel", "response_url", "state"} & app.last.keys()


def test_the_page_keeps_what_was_typed_when_something_else_is_pressed(app, browser, place):
    name = '["search","find"]'
    form = {name: "half a word", '["choices","which"]': ["snooze"], "press": '["choices","go"]'}
    browser.post("/as/U0MARIA/click", data={**form, **{key: value for key, value in place.items() if value}})
    assert state(app)["search"]["find"]["value"] == "half a word"
    page = browser.get("/as/U0MARIA/home/" if "home" in str(app.last.get("view")) else "/as/U0MARIA/").text
    assert 'value="half a word"' in page
    assert f'name="{html.escape(name)}"' in page


def test_a_changed_message_forgets_what_blocks_with_other_names_held(app, maria, web):
    ts = web.chat_postMessage(channel="U0MARIA", text="x", blocks=BLOCKS)["ts"]
    maria.click("U0MARIA", ts, "find", value="airline")
    maria.click("U0MARIA", ts, "who", value="U0JON")
    web.chat_update(channel="DU0MARIA", ts=ts, text="x", blocks=[*BLOCKS[:2], {**SEARCH, "block_id": "anew"}])
    maria.click("U0MARIA", ts, "go")
    assert state(app)["anew"]["find"]["value"] is None
    assert state(app)["owner"]["who"]["selected_user"] == "U0JON"


def test_an_option_with_an_address_is_told_and_leads_there(app, browser, web):
    blocks = [actions(MENU, button("open", "Open", url="http://127.0.0.1:8000/agents/1"))]
    ts = web.chat_postMessage(channel="U0MARIA", text="x", blocks=blocks)["ts"]
    page = browser.post("/as/U0MARIA/click", data={"ts": ts, "press": '["verbs","more","record"]'}).text
    assert app.last["actions"][0]["selected_option"]["url"] == LINK["url"]
    assert f'content="0; url={LINK["url"]}"' in page
    page = browser.post("/as/U0MARIA/click", data={"ts": ts, "press": '["verbs","open"]'}).text
    assert app.last["actions"][0]["action_id"] == "open"
    assert 'href="http://127.0.0.1:8000/agents/1"' in page


def test_an_address_that_is_none_leads_nowhere(browser, web):
    ts = web.chat_postMessage(channel="U0MARIA", text="x", blocks=[actions(button("x", url="javascript:alert(1)"))])[
        "ts"
    ]
    page = browser.post("/as/U0MARIA/click", data={"ts": ts, "press": '["verbs","x"]'}).text
    assert "javascript:" not in page.split('class="log"')[0]


def test_a_choice_that_asks_keeps_what_was_chosen(app, browser, web):
    confirm = {"title": plain("Sure?"), "text": plain("Think."), "confirm": plain("Yes, reassign"), "deny": plain("No")}
    blocks = [{**section("Reassign"), "block_id": "owner", "accessory": {**PEOPLE, "confirm": confirm}}]
    ts = web.chat_postMessage(channel="U0MARIA", text="x", blocks=blocks)["ts"]
    form = {"ts": ts, '["owner","who"]': "U0JON", "press": '["owner","who"]'}
    question = browser.post("/as/U0MARIA/click", data=form).text
    assert "Yes, reassign" in question
    assert app.heard == []
    browser.post("/as/U0MARIA/click", data={**form, "confirmed": "yes"})
    assert app.last["actions"][0]["selected_user"] == "U0JON"
