"""A modal that is sent or closed: `view_submission`, `view_closed`, and the app's answer to it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from demo.slack.blocks import view_faults
from demo.slack.clicking import asking, option_of
from demo.slack.delivering import Courier, trouble
from demo.slack.records import Delivery, View
from demo.slack.showing import wire
from demo.slack.stage import ViewRefused
from demo.slack.workspace import Workspace

Json = dict[str, Any]
Entered = Mapping[str, Mapping[str, Any]]
"""By block and action: text, an option's value, a list of them, or a person's id."""


def submit(courier: Courier, *, view: View, entered: Entered) -> Delivery | dict[str, str]:
    """
    Send a modal to the app and do what it answers.

    Where something is missing or too short, nothing is sent: the sentences are returned, by block. Raises NotThere.
    """
    workspace = courier.workspace
    values = {block["block_id"]: state_of(block, entered) for block in view.blocks if block["type"] == "input"}
    typed = replace(view, typed=values, errors=dict(faults_of(view.blocks, values)), trouble="")
    workspace.stage.keep(typed)
    workspace.changed()
    if typed.errors:
        return dict(typed.errors)
    user = workspace.people[view.user_id]
    payload = {
        "type": "view_submission",
        **asking(workspace, user=user),
        "view": wire(workspace, typed),
        "response_urls": [],
    }
    name = f"view_submission: {view.content.get('callback_id', '')}"
    delivery = courier.deliver(courier.signed(payload, name=name))
    answered(workspace, view=typed, delivery=delivery)
    workspace.changed()
    return delivery


def close(courier: Courier, *, view: View) -> None:
    """Close a modal; the app hears of it if it asked to."""
    workspace = courier.workspace
    workspace.stage.pop(view)
    workspace.changed()
    if not view.content.get("notify_on_close"):
        return
    user = workspace.people[view.user_id]
    payload = {
        "type": "view_closed",
        **asking(workspace, user=user),
        "view": wire(workspace, view),
        "is_cleared": False,
    }
    courier.deliver(courier.signed(payload, name=f"view_closed: {view.content.get('callback_id', '')}"))


# what was entered


def state_of(block: Json, entered: Entered) -> Json:
    """Return one input's part of `state.values`. Raises NotThere: no such option."""
    element = block["element"]
    given = entered.get(block["block_id"], {}).get(element["action_id"])
    return {element["action_id"]: {"type": element["type"], **value_of(element, given)}}


def value_of(element: Json, given: Any) -> Json:
    """Return what was entered, in Slack's words for this kind of element."""
    match element["type"]:
        case "plain_text_input":
            return {"value": given or None}
        case "users_select":
            return {"selected_user": given or None}
        case "checkboxes":
            return {"selected_options": [option_of(element, one) for one in given or []]}
        case _:
            return {"selected_option": option_of(element, given) if given else None}


def faults_of(blocks: list[Json], values: Json) -> Iterator[tuple[str, str]]:
    """Yield what Slack itself would not send, by block."""
    for block in blocks:
        if block["type"] != "input":
            continue
        state = next(iter(values[block["block_id"]].values()))
        if sentence := fault_of(block, state):
            yield block["block_id"], sentence


def fault_of(block: Json, state: Json) -> str:
    """Say what is missing or too short or too long."""
    given = next(value for key, value in state.items() if key != "type")
    if not given:
        return "" if block.get("optional") else "Please complete this required field."
    if block["element"]["type"] != "plain_text_input":
        return ""
    least, most = block["element"].get("min_length", 0), block["element"].get("max_length", 3000)
    if len(given) < least:
        return f"{len(given)} of at least {least} characters."
    return f"{len(given)} of at most {most} characters." if len(given) > most else ""


# what the app answered


def answered(workspace: Workspace, *, view: View, delivery: Delivery) -> None:
    """Close the modal, change it, or say what went wrong."""
    sentence = trouble(delivery, app=workspace.app.name)
    try:
        action = {} if sentence or not delivery.body.strip() else json.loads(delivery.body)
        if not sentence:
            act(workspace, view=view, action=action)
    except (ValueError, AttributeError, KeyError, ViewRefused) as error:
        sentence = f"{workspace.app.name} answered with something that Slack does not know: {error}"
    if sentence:
        workspace.stage.keep(replace(view, trouble=sentence))


def act(workspace: Workspace, *, view: View, action: Json) -> None:
    """Do what `response_action` says. Raises ValueError, KeyError, ViewRefused where it says it wrongly."""
    stage = workspace.stage
    match action.get("response_action"):
        case None:
            stage.pop(view)
        case "clear":
            stage.clear(view.user_id)
        case "errors":
            stage.keep(replace(view, errors=named(action["errors"], view=view)))
        case "update":
            stage.change(view=view, content=sound(action["view"]))
        case "push":
            stage.push(user_id=view.user_id, content=sound(action["view"]))
        case other:
            raise ValueError(f"response_action {other}")


def named(errors: Mapping[str, str], *, view: View) -> dict[str, str]:
    """Return errors whose blocks exist. Raises ValueError."""
    strange = errors.keys() - {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if strange or not errors:
        raise ValueError(f"errors for blocks that are no inputs: {', '.join(sorted(strange)) or 'none named'}")
    return dict(errors)


def sound(content: Any) -> Json:
    """Return a view that Slack would show. Raises ValueError."""
    if faults := view_faults(content, kinds=("modal",)):
        raise ValueError("; ".join(faults))
    view: Json = content
    return view
