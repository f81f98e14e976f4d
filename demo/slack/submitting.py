"""A modal that is sent or closed: `view_submission`, `view_closed`, and the app's answer to it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from demo.slack import state
from demo.slack.blocks import view_faults
from demo.slack.clicking import NotThere, asking
from demo.slack.delivering import HELD, Courier, trouble
from demo.slack.records import Delivery, Kind, View
from demo.slack.showing import wire
from demo.slack.stage import ViewRefused
from demo.slack.workspace import Workspace

Json = dict[str, Any]


def submit(courier: Courier, *, view: View, entered: state.Entered) -> Delivery | dict[str, str]:
    """
    Send a modal to the app and do what it answers.

    Where something is missing or too short, nothing is sent: the sentences are returned, by block. Raises NotThere.
    """
    workspace = courier.workspace
    typed = filled(view, entered)
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
    delivery = courier.send(payload, kind=Kind.INTERACTION, name=name)
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
        **{name: value for name, value in asking(workspace, user=user).items() if name != "trigger_id"},
        "view": wire(workspace, view),
        "is_cleared": False,
    }
    courier.send(payload, kind=Kind.INTERACTION, name=f"view_closed: {view.content.get('callback_id', '')}")


# what was entered


def filled(view: View, entered: state.Entered) -> View:
    """Return a view with what was entered, and with what Slack itself says to it. Raises NotThere: no such option."""
    try:
        typed = state.enter(view, entered)
    except state.NoSuchChoice as error:
        raise NotThere(str(error)) from error
    return replace(typed, errors=dict(faults_of(view.blocks, state.values(typed))), trouble="")


def faults_of(blocks: list[Json], values: Json) -> Iterator[tuple[str, str]]:
    """Yield what Slack itself would not send, by block."""
    for block in blocks:
        if block["type"] != "input":
            continue
        given = state.bare(next(iter(values[block["block_id"]].values())))
        if sentence := fault_of(block, given):
            yield block["block_id"], sentence


def fault_of(block: Json, given: Any) -> str:
    """Say what is missing or too short or too long."""
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
    """Close the modal, change it, or say what went wrong. What is held back stays open."""
    if delivery.error == HELD:
        return
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
