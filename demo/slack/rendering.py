"""Blocks, messages and views made ready for the templates: text is HTML already, and every choice has its field."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from demo.slack import fields, mrkdwn, rich, state
from demo.slack.blocks import elements_of
from demo.slack.mrkdwn import Reader
from demo.slack.records import Message, View

Json = dict[str, Any]
TITLED = re.compile(r"\A\*([^*\n]+)\*\n(?=.)")
NOTHING = SafeString("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option; the form sends its value. `opens`: it leads elsewhere besides telling the app."""

    text: SafeString
    value: str
    opens: bool = False
    chosen: bool = False
    description: SafeString = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A button, a menu, a select or an input. `id` is its own on the page, `name` its field in the form."""

    kind: str
    id: str
    name: str
    text: SafeString = NOTHING
    label: str = ""
    style: str = ""
    opens: bool = False  # it leads elsewhere besides telling the app
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
    id: str
    text: SafeString = NOTHING
    facts: tuple[Fact, ...] = ()
    notes: tuple[SafeString, ...] = ()
    controls: tuple[Control, ...] = ()
    hint: SafeString = NOTHING
    optional: bool = False
    dispatches: bool = False  # what is entered is sent at once
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
    def summary(self) -> SafeString:
        """What it is about, in one line: its header, or its words."""
        return next((block.text for block in self.blocks if block.kind == "header"), self.text)

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
        blocks=blocks_of(shown, reader),
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


def blocks_of(source: Message | View, reader: Reader) -> tuple[Block, ...]:
    """Make blocks ready; they hold what was chosen and entered, and what is wrong with it."""
    place = source.id if isinstance(source, View) else source.ts.replace(".", "-")
    errors = source.errors if isinstance(source, View) else {}
    kept = state.values(source)
    return tuple(
        block(one, reader, place=f"{place}-{number}", kept=kept.get(one["block_id"], {}), error=errors)
        for number, one in enumerate(source.blocks)
    )


def words(content: Json | None, reader: Reader) -> SafeString:
    """Make a text object ready."""
    if content is None:
        return NOTHING
    if content["type"] == "mrkdwn":
        return mrkdwn.html(content["text"], reader)
    return mrkdwn.lines(content["text"])


def block(content: Json, reader: Reader, *, place: str, kept: Json, error: Mapping[str, str]) -> Block:
    """Make a block ready. `kept` is the state of its elements."""
    at = content["block_id"]
    said = content.get("label", content.get("text"))
    return Block(
        kind=content["type"],
        id=f"b-{place}",
        text=words(said, reader),
        facts=tuple(fact(one, reader) for one in content.get("fields", [])),
        notes=notes(content, reader),
        controls=tuple(
            control(one, reader, id=f"c-{place}-{number}", name=fields.name(at, one["action_id"]), kept=kept)
            for number, one in enumerate(elements_of(content))
        ),
        hint=words(content.get("hint"), reader),
        optional=content.get("optional", False),
        dispatches=content.get("dispatch_action", False),
        error=error.get(at, ""),
    )


def notes(content: Json, reader: Reader) -> tuple[SafeString, ...]:
    """Make ready what stands side by side in a context block, or the paragraphs of rich text."""
    if content["type"] == "rich_text":
        return tuple(rich.paragraph(one, reader) for one in content["elements"])
    if content["type"] == "context":
        return tuple(words(one, reader) for one in content["elements"])
    return ()


def fact(content: Json, reader: Reader) -> Fact:
    """Make a field ready: its first line is the label if it is bold and something follows."""
    titled = TITLED.match(content["text"]) if content["type"] == "mrkdwn" else None
    if titled is None:
        return Fact(label=NOTHING, text=words(content, reader))
    rest = {**content, "text": content["text"][titled.end() :]}
    return Fact(label=mrkdwn.inline(titled[1], reader), text=words(rest, reader))


def control(content: Json, reader: Reader, *, id: str, name: str, kept: Json) -> Control:  # noqa: A002 - HTML's word
    """Make an element ready."""
    entered = state.bare(kept[content["action_id"]]) if content["action_id"] in kept else None
    return Control(
        kind=content["type"],
        id=id,
        name=name,
        text=words(content.get("text"), reader),
        label=content.get("accessibility_label", ""),
        style=content.get("style", ""),
        opens=bool(content.get("url")),
        choices=tuple(choices(content, reader, name=name, entered=entered)),
        value=entered if isinstance(entered, str) else "",
        placeholder=content.get("placeholder", {}).get("text", ""),
        multiline=content.get("multiline", False),
        focus=content.get("focus_on_load", False),
    )


def choices(content: Json, reader: Reader, *, name: str, entered: Any) -> Iterator[Choice]:
    """Yield what can be chosen: the options, or everybody."""
    chosen = set(entered) if isinstance(entered, list) else {entered}
    if content["type"] == "users_select":
        for user_id, real_name in reader.names.items():
            yield Choice(text=mrkdwn.plain(real_name), value=user_id, chosen=user_id in chosen)
    for option in content.get("options", []):
        value = option["value"]
        yield Choice(
            text=words(option["text"], reader),
            value=fields.name(*fields.read(name), value) if content["type"] == "overflow" else value,
            opens=bool(option.get("url")),
            chosen=value in chosen,
            description=words(option.get("description"), reader),
        )
