"""Block Kit's limits, one by one."""

import pytest

from demo.slack.blocks import completed, find, message_faults, view_faults
from tests.demo.slack.cards import CARD, CONFIRM, OPTIONS, actions, button, modal, mrkdwn, plain, section

WRONG = {
    "an unknown block": {"type": "markdown", "text": "x"},
    "no type": {"text": plain("x")},
    "a header in mrkdwn": {"type": "header", "text": mrkdwn("x")},
    "a header too long": {"type": "header", "text": plain("x" * 151)},
    "an empty text": section(""),
    "a section too long": section("x" * 3001),
    "a section that says nothing": {"type": "section"},
    "an unknown key": {**section("x"), "colour": "red"},
    "eleven fields": {"type": "section", "fields": [plain("x")] * 11},
    "a field too long": {"type": "section", "fields": [plain("x" * 2001)]},
    "eleven notes": {"type": "context", "elements": [plain("x")] * 11},
    "no elements": {"type": "actions", "elements": []},
    "26 elements": actions(*(button(f"a{number}") for number in range(26))),
    "a button too long": actions(button("a", "x" * 76)),
    "a value too long": actions(button("a", value="x" * 2001)),
    "an empty value": actions(button("a", value="")),
    "a label too long": actions(button("a", accessibility_label="x" * 76)),
    "an unknown style": actions(button("a", style="success")),
    "a button in mrkdwn": actions({**button("a"), "text": mrkdwn("x")}),
    "an action twice": actions(button("a"), button("a")),
    "a name too long": {**section("x"), "block_id": "x" * 256},
    "a question too long": actions(button("a", confirm={**CONFIRM, "text": plain("x" * 301)})),
    "a question without an answer": actions(button("a", confirm={"title": plain("x")})),
    "six options": actions({"type": "overflow", "action_id": "o", "options": OPTIONS * 3}),
    "an option's value too long": actions(
        {"type": "overflow", "action_id": "o", "options": [{"text": plain("x"), "value": "x" * 151}]}
    ),
    "an input in an input": {**modal()["blocks"][1], "element": modal()["blocks"][1]},
    "a menu's option in mrkdwn": actions(
        {"type": "overflow", "action_id": "o", "options": [{"text": mrkdwn("x"), "value": "x"}]}
    ),
    "a link behind a choice": actions(
        {"type": "checkboxes", "action_id": "o", "options": [{**OPTIONS[0], "url": "https://example.org"}]}
    ),
    "a first choice that is none": actions(
        {"type": "radio_buttons", "action_id": "o", "options": OPTIONS[:1], "initial_option": OPTIONS[1]}
    ),
    "an unknown dispatch": {
        **modal()["blocks"][1],
        "element": {"type": "plain_text_input", "dispatch_action_config": {"trigger_actions_on": ["on_sleep"]}},
    },
    "a style that rich text has not": {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "x", "style": {"huge": True}}]}
        ],
    },
}


@pytest.mark.parametrize("block", WRONG.values(), ids=WRONG)
def test_it_refuses(block):
    (sentence, *_) = message_faults([block])
    assert "[json-pointer:/blocks/0" in sentence


def test_it_takes_what_keeps_the_limits():
    assert message_faults(CARD) == []
    assert message_faults([section("x" * 3000)] * 50) == []
    assert view_faults(modal(), kinds=("modal",)) == []


def test_it_counts_blocks_and_their_names():
    assert "no more than 50" in message_faults([section("x")] * 51)[0]
    assert "already exists" in message_faults([actions(button("a")), actions(button("b"))])[0]
    assert message_faults("[]") == ["must provide an array [json-pointer:/blocks]"]


@pytest.mark.parametrize(
    "change", [{"title": plain("x" * 25)}, {"private_metadata": "x" * 3001}, {"blocks": [section("x")] * 101}, {"x": 1}]
)
def test_it_refuses_a_modal(change):
    assert len(view_faults(modal(**change), kinds=("modal",))) >= 1


def test_missing_names_are_filled_in_and_found_again():
    blocks = completed([{"type": "actions", "elements": [{"type": "button", "text": plain("x")}]}])
    element = blocks[0]["elements"][0]
    assert find(blocks, action_id=element["action_id"], block_id=blocks[0]["block_id"]) == (blocks[0], element)
    assert find(blocks, action_id="else") is None
