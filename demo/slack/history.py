"""Web API methods that read a conversation: what was posted, with its metadata where that is asked for."""

from collections.abc import Callable
from typing import Any

from demo.slack.calls import Args, Refused, faulty
from demo.slack.records import Message
from demo.slack.workspace import Workspace

Json = dict[str, Any]
USUAL, MOST = 100, 999  # messages in one answer


def conversations_history(workspace: Workspace, args: Args) -> Json:
    """List what was posted, the newest first; what lies in threads is not repeated."""
    roots = [one for one in posted(workspace, args) if not one.thread_ts]
    return listed(workspace, args, sorted(roots, key=lambda one: one.ts, reverse=True))


def conversations_replies(workspace: Workspace, args: Args) -> Json:
    """List a message and what answers it, the oldest first."""
    ts, everything = args.required("ts"), posted(workspace, args)
    root = next((one for one in everything if one.ts == ts), None)
    if root is None:
        raise Refused("thread_not_found")
    return listed(workspace, args, [root, *(one for one in everything if one.thread_ts == ts)])


def posted(workspace: Workspace, args: Args) -> list[Message]:
    """Return what stands in the channel, without ephemeral messages. Raises Refused."""
    reader = workspace.reader_of(args.required("channel"))
    if reader is None:
        raise Refused("channel_not_found")
    return [one for one in workspace.messages_of(reader.id) if not one.ephemeral]


def listed(workspace: Workspace, args: Args, messages: list[Message]) -> Json:
    """Return one page of them. Raises Refused."""
    limit = args.whole("limit", usual=USUAL)
    if not 1 <= limit <= MOST:
        raise Refused("invalid_limit")
    start, within = args.whole("cursor", usual=0), span(args)
    found = [one for one in messages if within(float(one.ts))]
    more = len(found) > start + limit
    shown = [told(workspace, one, metadata=args.flag("include_all_metadata")) for one in found[start : start + limit]]
    cursor = str(start + limit) if more else ""
    return {"messages": shown, "has_more": more, "pin_count": 0, "response_metadata": {"next_cursor": cursor}}


def span(args: Args) -> Callable[[float], bool]:
    """Return whether a time lies between `oldest` and `latest`; on the border with `inclusive`. Raises Refused."""
    oldest, latest = args.moment("oldest", 0.0), args.moment("latest", float("inf"))
    if args.flag("inclusive"):
        return lambda at: oldest <= at <= latest
    return lambda at: oldest < at < latest


def told(workspace: Workspace, message: Message, *, metadata: bool) -> Json:
    """Return a message as a listing shows it."""
    shown = workspace.wire(message)
    if not metadata:
        shown.pop("metadata", None)
    replies = [one for one in workspace.messages_of(message.channel[1:]) if one.thread_ts == message.ts]
    if replies:
        shown |= {"thread_ts": message.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
    return shown


def sound_metadata(args: Args) -> Json | None:
    """Return the metadata of a message. Raises Refused: it has an `event_type` and an `event_payload`, or is none."""
    metadata = args.content("metadata", word="invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or metadata.keys() != {"event_type", "event_payload"}:
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata["event_type"], str) or not isinstance(metadata["event_payload"], dict):
        raise faulty("invalid_metadata_format", ["event_type is a string, event_payload an object"])
    return metadata
