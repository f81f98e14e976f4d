"""What the workspace remembers: messages, views, notices to a person, and the log of requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """
    A message of the app in one person's direct messages. Times are Slack's: seconds with six digits, as text.

    `typed` is what the person chose or entered in it, by block and action.
    """

    channel: str
    ts: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    ephemeral: bool = False
    edited_ts: str = ""
    thread_ts: str = ""
    metadata: Json | None = None
    typed: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A modal or an App Home. `typed` and `errors` are by block: what the person entered, what the app said to it."""

    id: str
    user_id: str
    hash: str
    content: Json
    previous_id: str = ""
    root_id: str = ""
    typed: Json = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""

    @property
    def blocks(self) -> list[Json]:
        """Its blocks, with every id filled in."""
        blocks: list[Json] = self.content["blocks"]
        return blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What went wrong with the last click, said to the one who clicked."""

    text: str
    at: float  # seconds since the epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request in the log. `to_app` is a click or a submission; else the app called the workspace."""

    at: float  # seconds since the epoch
    to_app: bool
    name: str
    status: int  # 0: no answer
    ms: int
    remark: str = ""
    request: str = ""
    response: str = ""


class Kind(StrEnum):
    """What goes to the app, in Socket Mode's words."""

    INTERACTION = "interactive"
    EVENT = "events_api"
    COMMAND = "slash_commands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A request to the app as it goes over the wire: the same bytes can be delivered again."""

    kind: Kind
    name: str
    payload: Json
    body: bytes
    headers: Mapping[str, str]
    attempt: int = 0  # of an event: 0 is the first, then 1 to 3
    reason: str = ""  # why an event is tried again


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How the app answered. `status` 0 and `error` mean that it did not, in time."""

    status: int
    body: str
    ms: int
    error: str = ""
    no_retry: bool = False  # the app asked for an event not to be tried again

    @property
    def accepted(self) -> bool:
        """Slack is content with nothing but 200."""
        return self.status == HTTPStatus.OK
