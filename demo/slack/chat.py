"""Web API methods for messages. The same rules hold for what the app sends to a response URL."""

import re
from dataclasses import replace
from typing import Any

from demo.slack.blocks import completed, message_faults
from demo.slack.calls import Args, Refused, faulty
from demo.slack.directory import Person
from demo.slack.history import sound_metadata
from demo.slack.records import Message
from demo.slack.workspace import Workspace

Json = dict[str, Any]
LONGEST = 40_000  # characters of a message's text
LONGEST_UPDATE = 4_000
RESPONSES = {"ephemeral", "in_channel"}  # to a response URL or a command
STAMP = re.compile(r"\d+\.\d{6}")


def post_message(workspace: Workspace, args: Args) -> Json:
    """Post into a person's direct messages; the channel may be the person's id."""
    reader = addressed(workspace, args.required("channel"))
    channel = workspace.channel_of(reader.id)
    if wait := workspace.limits.message(channel):
        raise Refused("ratelimited", wait=wait)
    message = workspace.put(
        Message(
            channel=channel,
            ts=workspace.stamp(),
            text=worded(args, most=LONGEST),
            blocks=blocks_of(args) or [],
            thread_ts=threaded(args),
            metadata=sound_metadata(args),
        )
    )
    return {"channel": channel, "ts": message.ts, "message": workspace.wire(message), **warned(message)}


def post_ephemeral(workspace: Workspace, args: Args) -> Json:
    """Say something that only this person sees, and that cannot be changed later."""
    reader = addressed(workspace, args.required("channel"))
    if args.required("user") != reader.id:
        raise Refused("user_not_in_channel")
    channel = workspace.channel_of(reader.id)
    if wait := workspace.limits.message(channel):
        raise Refused("ratelimited", wait=wait)
    text, blocks = worded(args, most=LONGEST), blocks_of(args) or []
    return {"message_ts": whisper(workspace, channel=channel, text=text, blocks=blocks).ts}


def update(workspace: Workspace, args: Args) -> Json:
    """Change a message. Blocks that are not given stay as they were."""
    reader = addressed(workspace, args.required("channel"))
    message = workspace.message(workspace.channel_of(reader.id), args.required("ts"))
    if message is None or message.ephemeral:
        raise Refused("message_not_found")
    metadata = sound_metadata(args)
    changed = edit(
        workspace,
        message if metadata is None else replace(message, metadata=metadata),
        text=worded(args, most=LONGEST_UPDATE),
        blocks=blocks_of(args),
    )
    shown = workspace.wire(changed)
    return {"channel": changed.channel, "ts": changed.ts, "text": changed.text, "message": shown, **warned(changed)}


def edit(workspace: Workspace, message: Message, *, text: str, blocks: list[Json] | None) -> Message:
    """Store a message's newer form and mark it as edited; what was entered stays in blocks that keep their id."""
    kept = message.blocks if blocks is None else blocks
    same = {block["block_id"] for block in kept} & message.typed.keys()
    typed = {block_id: message.typed[block_id] for block_id in same}
    return workspace.put(replace(message, text=text, blocks=kept, typed=typed, edited_ts=workspace.stamp()))


def whisper(workspace: Workspace, *, channel: str, text: str, blocks: list[Json]) -> Message:
    """Store a message that only one person sees."""
    return workspace.put(Message(channel=channel, ts=workspace.stamp(), text=text, blocks=blocks, ephemeral=True))


def addressed(workspace: Workspace, name: str) -> Person:
    """Return whose direct messages are meant. Raises Refused."""
    person = workspace.reader_of(name) or workspace.person(name)
    if person is None or person.deleted:
        raise Refused("channel_not_found")
    return person


def threaded(args: Args) -> str:
    """Return the message that is answered, if one is. Raises Refused."""
    ts = args.text("thread_ts")
    if ts and not STAMP.fullmatch(ts):
        raise Refused("invalid_thread_ts")
    return ts


def worded(args: Args, *, most: int) -> str:
    """Return the text. Raises Refused where there are neither words nor blocks, or too many words."""
    text = args.text("text")
    if not text and not args.given.get("blocks"):
        raise Refused("no_text")
    if len(text) > most:
        raise Refused("msg_too_long")
    return text


def blocks_of(args: Args) -> list[Json] | None:
    """Return the blocks with their ids filled in; None where none are given. Raises Refused."""
    blocks = args.content("blocks", word="invalid_blocks_format")
    if blocks is None:
        return None
    if faults := message_faults(blocks):
        raise faulty("invalid_blocks", faults)
    return completed(blocks)


def warned(message: Message) -> Json:
    """Warn where blocks come without the words that notifications and screen readers say."""
    if message.text:
        return {}
    return {"warning": "missing_text_in_message", "response_metadata": {"warnings": ["missing_text_in_message"]}}
