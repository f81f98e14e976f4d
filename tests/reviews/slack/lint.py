"""What Slack would refuse in a message or a form, and what we refuse ourselves."""

from collections.abc import Iterator
from typing import Any

from reviews.slack.plain import units

LIMITS = {"header": 150, "section": 3000, "button": 75, "confirm": 300, "field": 2000, "context": 3000}


def problems(text: str, blocks: list[dict[str, Any]]) -> list[str]:
    """Everything that is wrong with a message."""
    found = [] if text.strip() else ["no text"]
    found += ["text is too long"] * (units(text) > 4000)
    found += ["too many blocks"] * (len(blocks) > 50)
    names = [block.get("block_id", "") for block in blocks]
    found += ["block_id is missing or not unique"] * (len(set(names)) != len(names) or "" in names)
    found += ["block_id is too long"] * any(len(name) > 255 for name in names)
    for block in blocks:
        found += of_block(block)
    found += [f"raw markup: {each!r}" for each in [text, *texts(blocks)] if raw(each)]
    return found


def of_block(block: dict[str, Any]) -> Iterator[str]:
    """What is wrong with one block."""
    check = CHECKS.get(block["type"])
    yield from check(block) if check else [f"{block['type']} is no classic block"]


def of_header(block: dict[str, Any]) -> Iterator[str]:
    yield from of_text(block["text"], LIMITS["header"], kind="plain_text")


def of_section(block: dict[str, Any]) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield "an empty section"
    if "text" in block:
        yield from of_text(block["text"], LIMITS["section"])
    fields = block.get("fields", [{"type": "plain_text", "text": "none"}])
    yield from ["a wrong number of fields"] * (not 1 <= len(fields) <= 10)
    for each in fields:
        yield from of_text(each, LIMITS["field"])


def of_context(block: dict[str, Any]) -> Iterator[str]:
    yield from ["a wrong number of elements"] * (not 1 <= len(block["elements"]) <= 10)
    for each in block["elements"]:
        yield from of_text(each, LIMITS["context"])


def of_actions(block: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a row of buttons."""
    buttons = block["elements"]
    yield from ["a wrong number of buttons"] * (not 1 <= len(buttons) <= 25)
    yield from ["action_id is not unique"] * (len({each["action_id"] for each in buttons}) != len(buttons))
    for each in buttons:
        yield from of_text(each["text"], LIMITS["button"], kind="plain_text")
        yield from ["a button without a label"] * (not 1 <= units(each.get("accessibility_label", "")) <= 75)
        yield from ["a value is too long"] * (len(each["value"]) > 2000)
        yield from ["a green button"] * (each.get("style") == "primary")
        if asked := each.get("confirm"):
            yield from of_text(asked["title"], 100, kind="plain_text")
            yield from of_text(asked["text"], 300)
            yield from of_text(asked["confirm"], 30, kind="plain_text")
            yield from of_text(asked["deny"], 30, kind="plain_text")


def of_text(text: dict[str, Any], limit: int, *, kind: str = "") -> Iterator[str]:
    """What is wrong with one text."""
    yield from [f"{text['type']} where {kind} is wanted"] * bool(kind and text["type"] != kind)
    yield from [f"{units(text['text'])} of {limit} characters"] * (not 1 <= units(text["text"]) <= limit)
    yield from ["markup that Slack may turn into links"] * (text["type"] == "mrkdwn" and not text.get("verbatim"))


CHECKS = {"header": of_header, "section": of_section, "context": of_context, "actions": of_actions}


def texts(value: Any) -> Iterator[str]:
    """Every text in it, but the values of buttons."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner) if name != "value" else ()
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def raw(text: str) -> bool:
    """Whether Slack would read something as an address, a link or a call that is not a date of ours."""
    return "<" in text.replace("<!date^", "")
