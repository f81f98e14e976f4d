"""Slash commands: typed into the compose box, told to the app, answered for the person alone."""

import json
from typing import Any

from demo.slack import chat
from demo.slack.calls import Args, Refused
from demo.slack.clicking import VERIFICATION, NotThere
from demo.slack.delivering import HELD, TOO_LATE, Courier
from demo.slack.directory import Person
from demo.slack.records import Delivery, Kind, Message
from demo.slack.workspace import Workspace

Json = dict[str, Any]


def type_in(courier: Courier, *, user: Person, line: str) -> Delivery:
    """Send what was typed: `/access list`. Raises NotThere: it is no command of the app."""
    workspace = courier.workspace
    command, _, text = line.strip().partition(" ")
    if not command.startswith("/"):
        raise NotThere(f"Only commands are sent from here: try {workspace.app.commands[0]}.")
    if command not in workspace.app.commands or "commands" not in workspace.app.scopes or workspace.gone:
        raise NotThere(f"{command} is not a valid command.")
    channel = workspace.channel_of(user.id)
    ticket = workspace.response_urls.give(user_id=user.id, about=(channel, ""))
    payload = {
        "token": VERIFICATION,
        "team_id": user.team_id,
        "team_domain": workspace.team.domain,
        "channel_id": channel,
        "channel_name": "directmessage",
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text.strip(),
        "api_app_id": workspace.app.id,
        "is_enterprise_install": "false",
        "response_url": f"{workspace.base_url}/response/{ticket}",
        "trigger_id": workspace.triggers.give(user_id=user.id, prefix=f"{int(workspace.clock())}."),
    }
    delivery = courier.send(payload, kind=Kind.COMMAND, name=f"{command} {text.strip()}".strip())
    workspace.tell(user.id, answered(workspace, delivery, command=command, channel=channel, ticket=ticket))
    return delivery


def answered(workspace: Workspace, delivery: Delivery, *, command: str, channel: str, ticket: str) -> str:
    """Show what the app answered; return what went wrong, or nothing."""
    if word := failure(delivery):
        return f"{command} failed with the error “{word}”."
    try:
        said = spoken(delivery.body)
        if said.given:
            message = workspace.put(worded(workspace, said, channel=channel))
            workspace.response_urls.point(ticket, about=(channel, message.ts))
    except (Refused, ValueError) as error:
        return f"{command} was answered with something that Slack does not know: {error}."
    return ""


def failure(delivery: Delivery) -> str:
    """Return Slack's word for a command that was not acknowledged."""
    if delivery.accepted or delivery.error == HELD:
        return ""
    return "operation_timeout" if delivery.error == TOO_LATE else "dispatch_failed"


def spoken(body: str) -> Args:
    """Return an immediate answer: words, or an object; nothing where the app only acknowledges. Raises ValueError."""
    if not body.strip():
        return Args({})
    if not body.lstrip().startswith("{"):
        return Args({"text": body})
    return Args(json.loads(body))


def worded(workspace: Workspace, said: Args, *, channel: str) -> Message:
    """Return the message of an answer. Raises Refused, ValueError."""
    kind = said.text("response_type") or "ephemeral"
    if kind not in chat.RESPONSES:
        raise ValueError(f"response_type {kind}")
    text, blocks = chat.worded(said, most=chat.LONGEST), chat.blocks_of(said) or []
    return Message(channel=channel, ts=workspace.stamp(), text=text, blocks=blocks, ephemeral=kind == "ephemeral")
