"""
The fields of the pages' forms. Each message, view and modal is one form; its fields are named by block and action.

A name is a JSON array, so that any ids fit in: `["why","text"]`. What is pressed is the field `press`, whose value is
the name of the element, and for an option of a menu a third item: its value.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from demo.slack.clicking import NotThere, Press
from demo.slack.records import Message, View
from demo.slack.state import holders

Form = Mapping[str, Sequence[str]]
PRESS = "press"
LEAST = 2  # items of a name


def name(*parts: str) -> str:
    """Return the name of an element, or of one of its options."""
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def read(given: str) -> list[str]:
    """Return block, action and perhaps an option. Raises NotThere: it is no name."""
    try:
        parts = json.loads(given)
    except ValueError:
        parts = None
    if not isinstance(parts, list) or len(parts) < LEAST or not all(isinstance(part, str) for part in parts):
        raise NotThere("This button is not on the message any more.")
    return parts


def entered(source: Message | View, form: Form) -> dict[str, dict[str, Any]]:
    """Return what was entered, by block and action. A box that nobody ticked is not in a form, and is empty."""
    found: dict[str, dict[str, Any]] = {}
    for block, element in holders(source.blocks):
        given = list(form.get(name(block["block_id"], element["action_id"]), []))
        value = given if element["type"] == "checkboxes" else "".join(given[:1]).replace("\r\n", "\n")
        found.setdefault(block["block_id"], {})[element["action_id"]] = value
    return found


def pressed(source: Message | View, form: Form) -> Press:
    """Return which button was pressed, or what was chosen. Raises NotThere."""
    block_id, action_id, *option = read("".join(form.get(PRESS, [])[:1]))
    chosen = entered(source, form).get(block_id, {}).get(action_id, "")
    return Press(
        source=source,
        block_id=block_id,
        action_id=action_id,
        value=option[0] if option else chosen,
        confirmed=list(form.get("confirmed", [])) == ["yes"],
    )
