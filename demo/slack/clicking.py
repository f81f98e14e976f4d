"""A click on a button, menu or select: the payload `block_actions`, and what the person is told when it fails."""

from dataclasses import dataclass
from typing import Any

from demo.slack import state
from demo.slack.blocks import find
from demo.slack.delivering import Courier, trouble
from demo.slack.directory import Person
from demo.slack.records import Delivery, Kind, Message, View
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
    """What is pressed: an element of a message or view; of a menu or select, what was chosen; of an input, the text."""

    source: Message | View
    action_id: str
    block_id: str = ""
    value: str | list[str] = ""
    confirmed: bool = False

    def element(self) -> tuple[Json, Json]:
        """Return the block and the element. Raises NotThere, Unconfirmed."""
        found = find(self.source.blocks, action_id=self.action_id, block_id=self.block_id)
        if found is None or not acts(found[0]):
            raise NotThere("This button is not on the message any more.")
        if "confirm" in found[1] and not self.confirmed:
            raise Unconfirmed
        return found


def acts(block: Json) -> bool:
    """Whether an element tells the app at once; inputs do so only if they are to."""
    return block["type"] != "input" or block.get("dispatch_action", False) is True


def click(courier: Courier, *, user: Person, press: Press) -> Delivery:
    """Send a click to the app. Raises NotThere, Unconfirmed."""
    workspace = courier.workspace
    block, element = press.element()
    source = entered(workspace, press, block=block, element=element)
    action = {**chosen(element, value=press.value), "block_id": block["block_id"], "action_ts": workspace.stamp()}
    payload = {
        "type": "block_actions",
        **asking(workspace, user=user),
        **source_of(workspace, user=user, source=source),
        "actions": [action],
    }
    return clicked(courier, payload, user=user)


def clicked(courier: Courier, payload: Json, *, user: Person) -> Delivery:
    """Deliver a click, and say to the person what went wrong."""
    workspace = courier.workspace
    name = f"block_actions: {payload['actions'][0]['action_id']}"
    delivery = courier.send(payload, kind=Kind.INTERACTION, name=name)
    workspace.tell(user.id, trouble(delivery, app=workspace.app.name))
    return delivery


def click_anew(courier: Courier) -> Delivery:
    """Click once more what was clicked last, as a screen would that still shows it. Raises NotThere."""
    workspace, last = courier.workspace, courier.workspace.last
    if last is None or last.payload.get("type") != "block_actions":
        raise NotThere("Nothing was clicked yet.")
    user = workspace.people[last.payload["user"]["id"]]
    (action,) = last.payload["actions"]
    fresh = {**asking(workspace, user=user), "actions": [{**action, "action_ts": workspace.stamp()}]}
    return clicked(courier, {**last.payload, **fresh}, user=user)


def entered(workspace: Workspace, press: Press, *, block: Json, element: Json) -> Message | View:
    """Keep what was chosen or written, and return the message or view with it. Raises NotThere."""
    if element["type"] not in state.STATEFUL:
        return press.source
    return keep(workspace, press.source, {block["block_id"]: {element["action_id"]: press.value}})


def keep(workspace: Workspace, source: Message | View, given: state.Entered) -> Message | View:
    """Remember what a person entered into a message or view. Raises NotThere: no such option."""
    try:
        fresh = state.enter(source, given)
    except state.NoSuchChoice as error:
        raise NotThere(str(error)) from error
    if isinstance(fresh, View):
        workspace.stage.keep(fresh)
        return fresh
    return fresh if fresh == source else workspace.put(fresh)


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
        "state": {"values": state.values(source)},
        "response_url": f"{workspace.base_url}/response/{ticket}",
    }
    return place if source.ephemeral else {**place, "message": workspace.wire(source)}


def chosen(element: Json, *, value: str | list[str]) -> Json:
    """Return the element's part of an action. Raises NotThere: no such option."""
    action = {"action_id": element["action_id"], "type": element["type"]}
    if element["type"] == "button":
        given = value or element.get("value")
        action |= {"text": element["text"], **({"value": given} if given else {})}
        return action | ({"style": element["style"]} if "style" in element else {})
    try:
        return action | state.value_of(element, value)
    except state.NoSuchChoice as error:
        raise NotThere(str(error)) from error


def message_for(workspace: Workspace, *, ts: str, user_id: str = "") -> Message:
    """Return a message by its time, of this person or of anybody. Raises NotThere."""
    with workspace.lock:
        found = [one for one in workspace.messages.values() if one.ts == ts]
    channel = workspace.channel_of(user_id)
    for message in found:
        if not user_id or message.channel == channel:
            return message
    raise NotThere("This message is not there any more.")
