"""
Slack's classic blocks, as they go over the wire: header, section, context, actions, input, divider.

Each keeps Slack's limits by itself.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from reviews.slack.plain import folded, marked, plain

Block: TypeAlias = dict[str, Any]

HEADER, SECTION, FIELD, CONTEXT, BUTTON = 150, 3000, 2000, 1000, 75
CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON = 100, 300, 30
OPTION, PLACEHOLDER = 75, 150
MESSAGE = 50  # blocks
NOTHING = "—"  # Slack refuses an empty text
LABEL, VALUE = 60, 400  # of a fact: six of them are read on a phone
TITLE = 24  # of a modal, and of its buttons


def words(text: str, *, limit: int, ending: str = "") -> Block:
    """Plain text; nothing in it is read as markup. `ending` is a sentence of ours, which no long text cuts off."""
    said = f"{plain(text, limit=limit - len(ending) - 1)} {ending}".strip() if ending else plain(text, limit=limit)
    return {"type": "plain_text", "text": said or NOTHING, "emoji": False}


def markup(text: str) -> Block:
    """Markup of ours. What others wrote in it has passed `plain.marked`; links stay text."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def field(label: str, text: str) -> Block:
    """A label above its value."""
    return markup(f"*{marked(label, limit=LABEL)}*\n{marked(text, limit=VALUE) or NOTHING}")


def header(text: str) -> Block:
    """A heading."""
    return {"type": "header", "text": words(text, limit=HEADER)}


def section(text: Block | None = None, *, fields: Sequence[Block] = ()) -> Block:
    """A paragraph, with up to ten fields in two columns."""
    block: Block = {"type": "section"}
    if text is not None:
        block["text"] = text
    if fields:
        block["fields"] = list(fields)
    return block


def context(*elements: Block) -> Block:
    """Small print; ten elements at most."""
    return {"type": "context", "elements": list(elements)}


def actions(buttons: Iterable[Block]) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(buttons)}


def button(action: str, text: str, *, label: str, value: str = "", url: str = "") -> Block:
    """
    A button in the ordinary style; `label` says to a screen reader what it is about.

    With `url` it opens a page of ours; Slack tells us of it too.
    """
    made = {
        "type": "button",
        "action_id": action,
        "text": words(text, limit=BUTTON),
        "accessibility_label": folded(label, limit=BUTTON),
    }
    return made | {name: given for name, given in (("value", value), ("url", url)) if given}


def option(text: str, value: str, *, url: str = "", description: str = "") -> Block:
    """One of several to choose from."""
    made: Block = {"text": words(text, limit=OPTION), "value": value}
    if description:
        made["description"] = words(description, limit=OPTION)
    return {**made, "url": url} if url else made


def overflow(action: str, options: Sequence[Block]) -> Block:
    """A menu behind three dots; five options at most."""
    return {"type": "overflow", "action_id": action, "options": list(options)}


def select(action: str, options: Sequence[Block], *, chosen: str = "", placeholder: str) -> Block:
    """One of up to a hundred."""
    made: Block = {
        "type": "static_select",
        "action_id": action,
        "options": list(options),
        "placeholder": words(placeholder, limit=PLACEHOLDER),
    }
    initial = next((each for each in options if each["value"] == chosen), None)
    return {**made, "initial_option": initial} if initial else made


def radios(action: str, options: Sequence[Block]) -> Block:
    """One of up to ten, all in view; none is chosen beforehand."""
    return {"type": "radio_buttons", "action_id": action, "options": list(options)}


def checkboxes(action: str, options: Sequence[Block]) -> Block:
    """Some of up to ten; none is chosen beforehand."""
    return {"type": "checkboxes", "action_id": action, "options": list(options)}


def people(action: str, *, placeholder: str, chosen: str = "") -> Block:
    """Somebody of the workspace."""
    made: Block = {"type": "users_select", "action_id": action, "placeholder": words(placeholder, limit=PLACEHOLDER)}
    return {**made, "initial_user": chosen} if chosen else made


def typed(action: str, *, most: int, focus: bool = False) -> Block:
    """A text of several lines. How short it may be is checked by us: our words say why it matters."""
    return {
        "type": "plain_text_input",
        "action_id": action,
        "multiline": True,
        "max_length": most,
        "focus_on_load": focus,
    }


def entry(label: str, element: Block, *, hint: str = "", optional: bool = False) -> Block:
    """A field of a form; its block has the element's name, so that an error can stand at it."""
    made: Block = {
        "type": "input",
        "block_id": element["action_id"],
        "label": words(label, limit=FIELD),
        "element": element,
        "optional": optional,
    }
    return {**made, "hint": words(hint, limit=FIELD)} if hint else made


def danger(pressed: Block, *, title: str, text: Block, confirm: str) -> Block:
    """The same in red, asking once more and saying what will happen."""
    asks = {
        "title": words(title, limit=CONFIRM_TITLE),
        "text": text,
        "confirm": words(confirm, limit=CONFIRM_BUTTON),
        "deny": words("Cancel", limit=CONFIRM_BUTTON),
        "style": "danger",
    }
    return {**pressed, "style": "danger", "confirm": asks}


def numbered(blocks: Sequence[Block], *, prefix: str) -> list[Block]:
    """Name every block anew: with an old name Slack would keep what was typed or pressed in it."""
    return [{**block, "block_id": f"{prefix}.{number}"} for number, block in enumerate(blocks)]


def modal(callback: str, *, title: str, submit: str, blocks: list[Block]) -> Block:
    """A form of its own; what it carries is added where it is opened (`known.bound`)."""
    return {
        "type": "modal",
        "callback_id": callback,
        "title": words(title, limit=TITLE),
        "submit": words(submit, limit=TITLE),
        "close": words("Cancel", limit=TITLE),
        "blocks": blocks,
    }
