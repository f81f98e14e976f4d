"""A click on a button, menu or select: the payload `block_actions`, and what the person is told when it fails."""

from dataclasses import dataclass
from typing import Any

from demo.slack.blocks import find
from demo.slack.delivering import Courier, trouble
from demo.slack.directory import Person
from demo.slack.records import Delivery, Message, View
from demo.slack.showing import wire
from demo.slack.workspace import Workspace

Json = dict[str, Any]
VERIFICATION = "simulated"  # the deprecated verification token; nobody should look at it


class NotThere(Exception):
    """There is no such message, button or choice, or not any more."""


class Unconfirmed(Exception):
    """The button asks once more, and the person has not answered yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What is pressed: an element of a message or view; of a menu or select, the value that was chosen."""

    source: Message | View
    action_id: str
    block_id: str = ""
    value: str = ""
    confirmed: bool = False

    def element(self) -> tuple[Json, Json]:
        """Return the block and the element. Raises NotThere, Unconfirmed."""
        found = find(self.source.blocks, action_id=self.action_id, block_id=self.block_id)
        if found is None:
            raise NotThere("This button is not on the message any more.")
        if "confirm" in found[1] and not self.confirmed:
            raise Unconfirmed
        return found


def click(courier: Courier, *, user: Person, press: Press) -> Delivery:
    """Send a click to the app. Raises NotThere, Unconfirmed."""
    workspace = courier.workspace
    block, element = press.element()
    action = {**chosen(element, value=press.value), "block_id": block["block_id"], "action_ts": workspace.stamp()}
    payload = {
        "type": "block_actions",
        **asking(workspace, user=user),
        **source_of(workspace, user=user, source=press.source),
        "actions": [action],
    }
    delivery = courier.deliver(courier.signed(payload, name=f"block_actions: {press.action_id}"))
    workspace.tell(user.id, trouble(delivery, app=workspace.app.name))
    return delivery


def asking(workspace: Workspace, *, user: Person) -> Json:
    """Return what every interaction says of who and where."""
    return {
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": workspace.app.id,
        "token": VERIFICATION,
        "trigger_id": workspace.triggers.give(user_id=user.id, prefix=f"{int(workspace.clock())}."),
        "team": {"id": workspace.team.id, "domain": workspace.team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def source_of(workspace: Workspace, *, user: Person, source: Message | View) -> Json:
    """Return where it was clicked. A view has no message and no response URL; an ephemeral message is not repeated."""
    if isinstance(source, View):
        return {"container": {"type": "view", "view_id": source.id}, "view": wire(workspace, source)}
    about = (source.channel, source.ts)
    ticket = workspace.response_urls.give(user_id=user.id, about=about)
    place = {
        "container": {
            "type": "message",
            "message_ts": source.ts,
            "channel_id": source.channel,
            "is_ephemeral": source.ephemeral,
        },
        "channel": {"id": source.channel, "name": "directmessage"},
        "state": {"values": {}},
        "response_url": f"{workspace.base_url}/response/{ticket}",
    }
    return place if source.ephemeral else {**place, "message": workspace.wire(source)}


def chosen(element: Json, *, value: str) -> Json:
    """Return the element's part of an action. Raises NotThere: no such option."""
    action = {"action_id": element["action_id"], "type": element["type"]}
    match element["type"]:
        case "button":
            given = value or element.get("value")
            action |= {"text": element["text"], **({"value": given} if given else {})}
            return action | ({"style": element["style"]} if "style" in element else {})
        case "users_select":
            return action | {"selected_user": value}
        case _:
            return action | {"selected_option": option_of(element, value)}


def option_of(element: Json, value: str) -> Json:
    """Return the option of this value. Raises NotThere."""
    options: list[Json] = element["options"]
    for option in options:
        if option["value"] == value:
            return option
    raise NotThere("This choice is not on the message any more.")


def message_for(workspace: Workspace, *, ts: str, user_id: str = "") -> Message:
    """Return a message by its time, of this person or of anybody. Raises NotThere."""
    with workspace.lock:
        found = [one for one in workspace.messages.values() if one.ts == ts]
    channel = workspace.channel_of(user_id)
    for message in found:
        if not user_id or message.channel == channel:
            return message
    raise NotThere("This message is not there any more.")
