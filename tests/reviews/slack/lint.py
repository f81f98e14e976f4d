"""What we refuse ourselves in a message, a form or a page, beside what Slack's validator says of its shape."""

from collections.abc import Iterator
from typing import Any

from reviews.slack.plain import units

Json = dict[str, Any]

LIMITS = {"header": 150, "section": 3000, "button": 75, "confirm": 300, "field": 2000, "context": 3000, "option": 75}
PLAIN = "plain_text"
URLS = ("http://", "https://")


def problems(text: str, blocks: list[Json]) -> list[str]:
    """Everything that is wrong with a message."""
    found = [] if text.strip() else ["no text"]
    found += ["text is too long"] * (units(text) > 4000)
    found += ["too many blocks"] * (len(blocks) > 50)
    found += ["an input in a message"] * any(block["type"] == "input" for block in blocks)
    return [*found, *of_blocks(blocks), *of_names(blocks), *(["raw markup in the text"] * raw(text))]


def home_problems(view: Json) -> list[str]:
    """Everything that is wrong with a person's page."""
    blocks = view["blocks"]
    found = ["too many blocks"] * (len(blocks) > 100)
    return [*found, *of_blocks(blocks), *of_names(blocks)]


def modal_problems(view: Json) -> list[str]:
    """Everything that is wrong with a form."""
    found = [f"{name} is wrong" for name in ("title", "submit", "close") if name in view and too_long(view[name], 24)]
    found += ["it cannot be sent"] * any(one["type"] == "input" and "submit" not in view for one in view["blocks"])
    found += ["its data is too long"] * (len(view.get("private_metadata", "")) > 3000)
    named = [block["block_id"] for block in view["blocks"] if "block_id" in block]
    found += ["block_id is not unique"] * (len(set(named)) != len(named))
    return [*found, *of_blocks(view["blocks"])]


def of_names(blocks: list[Json]) -> Iterator[str]:
    """What is wrong with the names of blocks that are rendered again."""
    names = [block.get("block_id", "") for block in blocks]
    yield from ["block_id is missing or not unique"] * (len(set(names)) != len(names) or "" in names)
    yield from ["block_id is too long"] * any(len(name) > 255 for name in names)


def of_blocks(blocks: list[Json]) -> Iterator[str]:
    """What is wrong with each of them."""
    for block in blocks:
        check = CHECKS.get(block["type"])
        yield from check(block) if check else [f"{block['type']} is no classic block"]
    yield from (f"raw markup: {each!r}" for each in texts(blocks) if raw(each))


def of_header(block: Json) -> Iterator[str]:
    yield from of_text(block["text"], LIMITS["header"], kind=PLAIN)


def of_section(block: Json) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield "an empty section"
    if "text" in block:
        yield from of_text(block["text"], LIMITS["section"])
    fields = block.get("fields", [])
    yield from ["a wrong number of fields"] * ("fields" in block and not 1 <= len(fields) <= 10)
    for each in fields:
        yield from of_text(each, LIMITS["field"])


def of_context(block: Json) -> Iterator[str]:
    yield from ["a wrong number of elements"] * (not 1 <= len(block["elements"]) <= 10)
    for each in block["elements"]:
        yield from of_text(each, LIMITS["context"])


def of_actions(block: Json) -> Iterator[str]:
    """What is wrong with a row of buttons and menus."""
    elements = block["elements"]
    yield from ["a wrong number of elements"] * (not 1 <= len(elements) <= 25)
    yield from ["action_id is not unique"] * (len({each["action_id"] for each in elements}) != len(elements))
    for each in elements:
        yield from ELEMENTS[each["type"]](each)


def of_input(block: Json) -> Iterator[str]:
    """What is wrong with a field of a form."""
    yield from of_text(block["label"], 2000, kind=PLAIN)
    if "hint" in block:
        yield from of_text(block["hint"], 2000, kind=PLAIN)
    yield from ELEMENTS[block["element"]["type"]](block["element"])


def of_button(button: Json) -> Iterator[str]:
    yield from of_text(button["text"], LIMITS["button"], kind=PLAIN)
    yield from ["a button without a label"] * (not 1 <= units(button.get("accessibility_label", "")) <= 75)
    yield from ["neither a value nor an address"] * (not {"value", "url"} & button.keys())
    yield from ["a value is wrong"] * (not 1 <= len(button.get("value", "v")) <= 2000)
    yield from ["an address is wrong"] * (not button.get("url", URLS[0]).startswith(URLS))
    yield from ["a green button"] * (button.get("style") == "primary")
    yield from ["a red button that does not ask"] * (button.get("style") == "danger" and "confirm" not in button)
    if asked := button.get("confirm"):
        yield from of_text(asked["title"], 100, kind=PLAIN)
        yield from of_text(asked["text"], LIMITS["confirm"])
        yield from of_text(asked["confirm"], 30, kind=PLAIN)
        yield from of_text(asked["deny"], 30, kind=PLAIN)


def of_options(element: Json, *, most: int) -> Iterator[str]:
    """What is wrong with what can be chosen."""
    options = element["options"]
    values = [each["value"] for each in options]
    yield from ["a wrong number of options"] * (not 1 <= len(options) <= most)
    yield from ["options with the same value"] * (len(set(values)) != len(values))
    yield from ["a value is wrong"] * (not all(1 <= len(each) <= 150 for each in values))
    for each in options:
        yield from of_text(each["text"], LIMITS["option"], kind=PLAIN)
        if "description" in each:
            yield from of_text(each["description"], LIMITS["option"], kind=PLAIN)
    yield from ["what is chosen at first is no option"] * (element.get("initial_option", options[0]) not in options)


def of_overflow(menu: Json) -> Iterator[str]:
    yield from of_options(menu, most=5)


def of_select(menu: Json) -> Iterator[str]:
    yield from of_options(menu, most=100)
    yield from of_text(menu["placeholder"], 150, kind=PLAIN)


def of_ticks(element: Json) -> Iterator[str]:
    """Nothing is chosen beforehand: that would be our answer and not the person's."""
    yield from of_options(element, most=10)
    yield from ["chosen beforehand"] * bool({"initial_option", "initial_options"} & element.keys())


def of_people(menu: Json) -> Iterator[str]:
    yield from of_text(menu["placeholder"], 150, kind=PLAIN)


def of_typed(element: Json) -> Iterator[str]:
    yield from ["a wrong length"] * (not 1 <= element["max_length"] <= 3000)
    yield from ["typed beforehand"] * ("initial_value" in element)


def of_text(text: Json, limit: int, *, kind: str = "") -> Iterator[str]:
    """What is wrong with one text."""
    yield from [f"{text['type']} where {kind} is wanted"] * bool(kind and text["type"] != kind)
    yield from [f"{units(text['text'])} of {limit} characters"] * too_long(text, limit)
    yield from ["markup that Slack may turn into links"] * (text["type"] == "mrkdwn" and not text.get("verbatim"))
    yield from ["emoji are made of its colons"] * (text["type"] == PLAIN and text.get("emoji") is not False)


def too_long(text: Json, limit: int) -> bool:
    """Whether it is longer than Slack allows, or empty."""
    return not 1 <= units(text["text"]) <= limit


CHECKS = {
    "header": of_header,
    "section": of_section,
    "context": of_context,
    "actions": of_actions,
    "input": of_input,
    "divider": lambda _block: iter(()),
}
ELEMENTS = {
    "button": of_button,
    "overflow": of_overflow,
    "static_select": of_select,
    "users_select": of_people,
    "radio_buttons": of_ticks,
    "checkboxes": of_ticks,
    "plain_text_input": of_typed,
}


def texts(value: Any) -> Iterator[str]:
    """Every text in it, but the values of buttons and of options."""
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
