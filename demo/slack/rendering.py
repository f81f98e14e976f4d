"""Blocks, messages and views made ready for the templates: text is HTML already, and every choice has its field."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from demo.slack import mrkdwn
from demo.slack.mrkdwn import Reader
from demo.slack.records import Message, View

Json = dict[str, Any]
TITLED = re.compile(r"\A\*([^*\n]+)\*\n(?=.)")
NOTHING = SafeString("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option; the form sends its value."""

    text: SafeString
    value: str
    chosen: bool = False
    description: SafeString = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A button, a menu, a select or an input. `name` is its field in the form."""

    kind: str
    action_id: str
    name: str = ""
    text: SafeString = NOTHING
    label: str = ""
    style: str = ""
    url: str = ""
    choices: tuple[Choice, ...] = ()
    value: str = ""
    placeholder: str = ""
    multiline: bool = False
    focus: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A field of a section: a label and what it says, where its first line is bold."""

    label: SafeString
    text: SafeString


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block as a template shows it."""

    kind: str
    block_id: str
    text: SafeString = NOTHING
    facts: tuple[Fact, ...] = ()
    notes: tuple[SafeString, ...] = ()
    controls: tuple[Control, ...] = ()
    hint: SafeString = NOTHING
    optional: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message as a template shows it, with its thread."""

    ts: str
    at: datetime
    text: SafeString
    blocks: tuple[Block, ...] = ()
    ephemeral: bool = False
    edited: bool = False
    thread: tuple["Shown", ...] = ()

    @property
    def clock(self) -> str:
        """The time of day, as the feed shows it."""
        return f"{self.at:%H:%M}"


def message(shown: Message, reader: Reader, *, thread: tuple[Shown, ...] = ()) -> Shown:
    """Make a message ready."""
    return Shown(
        ts=shown.ts,
        at=datetime.fromtimestamp(float(shown.ts), tz=reader.zone),
        text=mrkdwn.html(shown.text, reader),
        blocks=tuple(block(one, reader) for one in shown.blocks),
        ephemeral=shown.ephemeral,
        edited=bool(shown.edited_ts),
        thread=thread,
    )


def conversation(messages: list[Message], reader: Reader) -> Iterator[Shown]:
    """Make messages ready, each with its thread; what answers a message that is gone stands alone."""
    roots = {one.ts for one in messages if not one.thread_ts}
    for one in messages:
        if one.thread_ts in roots:
            continue
        replies = (reply for reply in messages if reply.thread_ts == one.ts)
        yield message(one, reader, thread=tuple(message(reply, reader) for reply in replies))


def view_blocks(view: View, reader: Reader) -> tuple[Block, ...]:
    """Make a view's blocks ready; inputs hold what was typed, and what is wrong with it."""
    return tuple(
        entry(one, reader, view=view, number=number) if one["type"] == "input" else block(one, reader)
        for number, one in enumerate(view.blocks)
    )


def words(content: Json | None, reader: Reader) -> SafeString:
    """Make a text object ready."""
    if content is None:
        return NOTHING
    if content["type"] == "mrkdwn":
        return mrkdwn.html(content["text"], reader)
    return mrkdwn.lines(content["text"])


def block(content: Json, reader: Reader) -> Block:
    """Make a block ready that only shows, or is pressed."""
    elements = content.get("elements", [])
    is_context = content["type"] == "context"
    pressed = [] if is_context else [*elements, *([content["accessory"]] if "accessory" in content else [])]
    return Block(
        kind=content["type"],
        block_id=content["block_id"],
        text=words(content.get("text"), reader),
        facts=tuple(fact(one, reader) for one in content.get("fields", [])),
        notes=tuple(words(one, reader) for one in elements) if is_context else (),
        controls=tuple(control(one, reader) for one in pressed),
    )


def fact(content: Json, reader: Reader) -> Fact:
    """Make a field ready: its first line is the label if it is bold and something follows."""
    titled = TITLED.match(content["text"]) if content["type"] == "mrkdwn" else None
    if titled is None:
        return Fact(label=NOTHING, text=words(content, reader))
    rest = {**content, "text": content["text"][titled.end() :]}
    return Fact(label=mrkdwn.inline(titled[1], reader), text=words(rest, reader))


def control(content: Json, reader: Reader, *, name: str = "", entered: Any = None) -> Control:
    """Make an element ready."""
    url = str(content.get("url", ""))
    return Control(
        kind=content["type"],
        action_id=content["action_id"],
        name=name,
        text=words(content.get("text"), reader),
        label=content.get("accessibility_label", ""),
        style=content.get("style", ""),
        url=url if url.startswith(mrkdwn.LINKS) else "",
        choices=tuple(choices(content, reader, chosen=chosen_in(content, entered))),
        value=content.get("initial_value", "") if entered is None else str(entered or ""),
        placeholder=content.get("placeholder", {}).get("text", ""),
        multiline=content.get("multiline", False),
        focus=content.get("focus_on_load", False),
    )


def choices(content: Json, reader: Reader, *, chosen: set[str]) -> Iterator[Choice]:
    """Yield what can be chosen: the options, or everybody."""
    if content["type"] == "users_select":
        for user_id, name in reader.names.items():
            yield Choice(text=mrkdwn.plain(name), value=user_id, chosen=user_id in chosen)
    for option in content.get("options", []):
        yield Choice(
            text=words(option["text"], reader),
            value=option["value"],
            chosen=option["value"] in chosen,
            description=words(option.get("description"), reader),
        )


def chosen_in(content: Json, entered: Any) -> set[str]:
    """Return the values that are chosen now: what was entered before, else what the app proposes."""
    if entered is not None:
        return set(entered) if isinstance(entered, list) else {str(entered)}
    proposed = [content["initial_option"]] if "initial_option" in content else content.get("initial_options", [])
    return {option["value"] for option in proposed} | {content.get("initial_user", "")}


def entry(content: Json, reader: Reader, *, view: View, number: int) -> Block:
    """Make an input ready."""
    element = content["element"]
    state: Mapping[str, Any] = view.typed.get(content["block_id"], {}).get(element["action_id"], {})
    entered = next((value for key, value in state.items() if key != "type"), None) if state else None
    shown = control(element, reader, name=f"f{number}", entered="" if state and entered is None else bare(entered))
    return Block(
        kind="input",
        block_id=content["block_id"],
        text=words(content["label"], reader),
        controls=(shown,),
        hint=words(content.get("hint"), reader),
        optional=content.get("optional", False),
        error=view.errors.get(content["block_id"], ""),
    )


def bare(entered: Any) -> Any:
    """Return what was entered without Slack's wrapping: text, a value, or a list of values."""
    if isinstance(entered, list):
        return [one["value"] for one in entered]
    return entered["value"] if isinstance(entered, dict) else entered
