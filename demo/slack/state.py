"""What a person chose or entered on a message or view, in the words of Slack's `state.values`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from demo.slack.blocks import elements_of
from demo.slack.records import Message, View

Json = dict[str, Any]
Entered = Mapping[str, Mapping[str, Any]]
"""By block and action: text, an option's value, a list of them, or a person's id."""
Source = TypeVar("Source", bound=Message | View)
STATEFUL = {"plain_text_input", "users_select", "radio_buttons", "checkboxes", "static_select"}


class NoSuchChoice(Exception):
    """The option is not offered, or not any more."""


def holders(blocks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield each block and element that holds a value."""
    for block in blocks:
        yield from ((block, element) for element in elements_of(block) if element["type"] in STATEFUL)


def values(source: Message | View) -> Json:
    """Return `state.values`: what was entered, else what the app proposed."""
    found: Json = {}
    for block, element in holders(source.blocks):
        at = block["block_id"], element["action_id"]
        kept = source.typed.get(at[0], {}).get(at[1])
        found.setdefault(at[0], {})[at[1]] = kept or state(element, proposed(element))
    return found


def enter(source: Source, entered: Entered) -> Source:
    """Return it with what was entered; what is not mentioned stays. Raises NoSuchChoice."""
    typed = {block_id: dict(kept) for block_id, kept in source.typed.items()}
    for block, element in holders(source.blocks):
        at = block["block_id"], element["action_id"]
        if at[1] in entered.get(at[0], {}):
            typed.setdefault(at[0], {})[at[1]] = state(element, entered[at[0]][at[1]])
    return replace(source, typed=typed)


def state(element: Json, given: Any) -> Json:
    """Return one element's state. Raises NoSuchChoice."""
    return {"type": element["type"], **value_of(element, given)}


def value_of(element: Json, given: Any) -> Json:
    """Return what was entered, in Slack's words for this kind of element. Raises NoSuchChoice."""
    match element["type"]:
        case "plain_text_input":
            return {"value": given or None}
        case "users_select":
            return {"selected_user": given or None}
        case "checkboxes":
            return {"selected_options": [option_of(element, one) for one in given or []]}
        case _:
            return {"selected_option": option_of(element, given) if given else None}


def proposed(element: Json) -> Any:
    """Return what is chosen or written at first."""
    match element["type"]:
        case "plain_text_input":
            return element.get("initial_value")
        case "users_select":
            return element.get("initial_user")
        case "checkboxes":
            return [option["value"] for option in element.get("initial_options", [])]
        case _:
            return element.get("initial_option", {}).get("value")


def bare(kept: Json) -> Any:
    """Return a state without Slack's wrapping: text, a value, or a list of values."""
    given = next(value for key, value in kept.items() if key != "type")
    if isinstance(given, list):
        return [one["value"] for one in given]
    return given["value"] if isinstance(given, dict) else given


def option_of(element: Json, value: str) -> Json:
    """Return the option of this value. Raises NoSuchChoice."""
    options: list[Json] = element["options"]
    for option in options:
        if option["value"] == value:
            return option
    raise NoSuchChoice("This choice is not on the message any more.")
