"""
Block Kit as far as Countersign uses it: header, section, context, actions, divider, input and rich_text, with limits.

https://docs.slack.dev/reference/block-kit. What is not listed here is refused, so that a typing error cannot pass.
"""

import secrets
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from demo.slack.rich import RICH_TEXT
from demo.slack.shapes import Check, anything, boolean, fault, items, one_of, record, string, together, typed, whole

Json = dict[str, Any]

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
NAME = string(most=255)
DISPATCHES = ("on_enter_pressed", "on_character_entered")
URL = string(most=3000)


def text(*, most: int, kinds: Sequence[str] = ("plain_text",)) -> Check:
    """Return a check for a text object of so many characters."""
    required = {"text": string(most=most)}
    known = {
        "plain_text": record(required, {"emoji": boolean}),
        "mrkdwn": record(required, {"verbatim": boolean}),
    }
    return typed({kind: known[kind] for kind in kinds})


EITHER = ("plain_text", "mrkdwn")
PLAIN_75 = text(most=75)
CONFIRM = record(
    {
        "title": text(most=100),
        "text": text(most=300, kinds=EITHER),
        "confirm": text(most=30),
        "deny": text(most=30),
    },
    {"style": one_of("primary", "danger")},
)
OPTION = record({"text": PLAIN_75, "value": string(most=150)}, {"description": PLAIN_75})
OPENING = record({"text": PLAIN_75, "value": string(most=150)}, {"description": PLAIN_75, "url": URL})
RICH_OPTION = record(
    {"text": text(most=75, kinds=EITHER), "value": string(most=150)}, {"description": text(most=75, kinds=EITHER)}
)
PRESSED: dict[str, Check] = {"action_id": NAME, "confirm": CONFIRM}
CHOSEN: dict[str, Check] = {**PRESSED, "focus_on_load": boolean}
PICKED: dict[str, Check] = {**CHOSEN, "placeholder": text(most=150)}

BUTTON = record(
    {"text": PLAIN_75},
    {
        **PRESSED,
        "value": string(most=2000),
        "url": URL,
        "style": one_of("primary", "danger"),
        "accessibility_label": string(most=75),
    },
)
OVERFLOW = record({"options": items(OPENING, most=5)}, PRESSED)
SELECT = record({"options": items(OPTION, most=100)}, {**PICKED, "initial_option": OPTION})
PEOPLE = record({}, {**PICKED, "initial_user": NAME})
RADIO = record({"options": items(RICH_OPTION, most=10)}, {**CHOSEN, "initial_option": RICH_OPTION})
CHECKBOXES = record(
    {"options": items(RICH_OPTION, most=10)}, {**CHOSEN, "initial_options": items(RICH_OPTION, most=10)}
)
TYPED_TEXT = record(
    {},
    {
        "action_id": NAME,
        "placeholder": text(most=150),
        "initial_value": string(most=3000, least=0),
        "multiline": boolean,
        "min_length": whole(least=0, most=3000),
        "max_length": whole(least=1, most=3000),
        "focus_on_load": boolean,
        "dispatch_action_config": record({"trigger_actions_on": items(one_of(*DISPATCHES), most=2)}, {}),
    },
)


def own_initial(value: Any, at: str) -> Iterator[str]:
    """Check that what is chosen at first can be chosen."""
    if not isinstance(value, dict) or not isinstance(value.get("options"), list):
        return
    first = [value["initial_option"]] if "initial_option" in value else value.get("initial_options", [])
    for option in first if isinstance(first, list) else []:
        if option not in value["options"]:
            yield fault("initial_option must be one of the options", at)


CHOOSERS: dict[str, Check] = {
    "static_select": together(SELECT, own_initial),
    "users_select": PEOPLE,
    "radio_buttons": together(RADIO, own_initial),
    "checkboxes": together(CHECKBOXES, own_initial),
}
PRESSABLE: dict[str, Check] = {"button": BUTTON, "overflow": OVERFLOW, **CHOOSERS}


def words_or_fields(value: Any, at: str) -> Iterator[str]:
    """Check that a section says something."""
    if not {"text", "fields"} & value.keys():
        yield fault("missing required field: text", at)


def own_action_ids(value: Any, at: str) -> Iterator[str]:
    """Check that no two elements of a block share an action_id."""
    elements = value.get("elements")
    names = [one["action_id"] for one in elements if isinstance(one, dict) and "action_id" in one] if elements else []
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield fault(f"`action_id` is already in use within the block: {name}", f"{at}/elements")


BLOCK_ID: dict[str, Check] = {"block_id": NAME}
BLOCKS: dict[str, Check] = {
    "header": record({"text": text(most=150)}, BLOCK_ID),
    "divider": record({}, BLOCK_ID),
    "section": together(
        record(
            {},
            {
                **BLOCK_ID,
                "text": text(most=3000, kinds=EITHER),
                "fields": items(text(most=2000, kinds=EITHER), most=10),
                "accessory": typed(PRESSABLE),
                "expand": boolean,
            },
        ),
        words_or_fields,
    ),
    "context": record({"elements": items(text(most=3000, kinds=EITHER), most=10)}, BLOCK_ID),
    "rich_text": record({"elements": RICH_TEXT}, BLOCK_ID),
    "actions": together(record({"elements": items(typed(PRESSABLE), most=25)}, BLOCK_ID), own_action_ids),
    "input": record(
        {"label": text(most=2000), "element": typed({"plain_text_input": TYPED_TEXT, **CHOOSERS})},
        {**BLOCK_ID, "hint": text(most=2000), "optional": boolean, "dispatch_action": boolean},
    ),
}
KEPT: dict[str, Check] = {"private_metadata": string(most=3000, least=0), "callback_id": NAME, "external_id": NAME}
IN_VIEW = items(typed(BLOCKS), most=VIEW_BLOCKS)
MODAL = record(
    {"title": text(most=24), "blocks": IN_VIEW},
    {**KEPT, "submit": text(most=24), "close": text(most=24), "clear_on_close": boolean, "notify_on_close": boolean},
)
HOME = record({"blocks": IN_VIEW}, KEPT)


def own_block_ids(value: Any, at: str) -> Iterator[str]:
    """Check that no two blocks share a block_id."""
    names = [block["block_id"] for block in value if isinstance(block, dict) and "block_id" in block]
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield fault(f"`block_id` already exists: {name}", at)


def submit_for_inputs(value: Any, at: str) -> Iterator[str]:
    """Check that what can be entered can be sent."""
    blocks = value.get("blocks")
    inputs = isinstance(blocks, list) and any(isinstance(one, dict) and one.get("type") == "input" for one in blocks)
    if inputs and "submit" not in value:
        yield fault("missing required field: submit (the view has an input)", at)


def message_faults(blocks: Any) -> list[str]:
    """Return what is wrong with a message's blocks; an empty list is right, and none may be given."""
    if not isinstance(blocks, list):
        return [fault("must provide an array", "/blocks")]
    found = items(typed(BLOCKS), most=MESSAGE_BLOCKS, least=0)(blocks, "/blocks")
    return [*found, *own_block_ids(blocks, "/blocks")]


def view_faults(view: Any, *, kinds: tuple[str, ...]) -> list[str]:
    """Return what is wrong with a view that must be of one of these kinds (modal, home)."""
    known = {"modal": together(MODAL, submit_for_inputs), "home": HOME}
    faults = list(typed({kind: known[kind] for kind in kinds})(view, "/view"))
    blocks = view.get("blocks") if isinstance(view, dict) else None
    return [*faults, *(own_block_ids(blocks, "/view/blocks") if isinstance(blocks, list) else anything(None, ""))]


def completed(blocks: Sequence[Json]) -> list[Json]:
    """Fill in the ids that were left out, as Slack does: every block and every element can then be named."""
    return [_named(block) for block in blocks]


def _named(block: Json) -> Json:
    named = {**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)}
    if block["type"] == "actions":
        named["elements"] = [_acting(element) for element in block["elements"]]
    for key in {"accessory", "element"} & block.keys():
        named[key] = _acting(block[key])
    return named


def _acting(element: Json) -> Json:
    return {**element, "action_id": element.get("action_id") or secrets.token_urlsafe(4)}


def elements_of(block: Json) -> Iterator[Json]:
    """Yield what can be pressed or chosen in a block."""
    if block["type"] == "actions":
        yield from block["elements"]
    yield from (block[key] for key in ("accessory", "element") if key in block)


def find(blocks: Sequence[Json], *, action_id: str, block_id: str = "") -> tuple[Json, Json] | None:
    """Return the block and the element of this action; the first where no block is named."""
    named = (block for block in blocks if block_id in ("", block["block_id"]))
    pairs = chain.from_iterable(((block, element) for element in elements_of(block)) for block in named)
    return next((pair for pair in pairs if pair[1]["action_id"] == action_id), None)
