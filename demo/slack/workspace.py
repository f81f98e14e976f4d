"""
The workspace itself: people, direct messages, views, and how far each person has read. One lock guards it all.

Nothing waits on the network while the lock is held. Every change raises `version`, by which pages notice.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from demo.slack.clock import Clock
from demo.slack.directory import Company, Person
from demo.slack.limits import Limits, Rates, response_urls, triggers
from demo.slack.mischief import Mischief
from demo.slack.records import Entry, Message, Notice, Parcel
from demo.slack.stage import Stage

Json = dict[str, Any]
LOG_LENGTH = 200


class Workspace:
    """All that is known about one simulated workspace."""

    def __init__(self, company: Company, *, clock: Callable[[], float], rates: Rates | None = None) -> None:
        self.team, self.app, self.clock = company.team, company.app, Clock(clock)
        self.lock = threading.RLock()
        self.people = {person.id: person for person in company.people}
        self.messages: dict[tuple[str, str], Message] = {}
        self.read: dict[str, str] = {}
        self.notices: dict[str, Notice] = {}
        self.log: deque[Entry] = deque(maxlen=LOG_LENGTH)
        self.last: Parcel | None = None
        self.tabs: dict[str, str] = {}  # by person: "messages" or "home", whichever is in front
        self.gone = ""  # why the app's token opens nothing any more, in Slack's word
        self.base_url = ""
        self.socket_url: Callable[[], str] | None = None  # where the app may connect next, in Socket Mode
        self.version = 0
        self.on_change: Callable[[], None] = lambda: None
        self.limits = Limits(rates or Rates(), clock=self.clock)
        self.triggers, self.response_urls = triggers(self.clock), response_urls(self.clock)
        self.stage, self.mischief = Stage(), Mischief()
        self._stamp = 0

    def changed(self) -> None:
        """Note that something is different now."""
        with self.lock:
            self.version += 1
        self.on_change()

    def stamp(self) -> str:
        """Return a time that no other message has: seconds, a dot, six digits."""
        with self.lock:
            self._stamp = max(self._stamp + 1, int(self.clock() * 1_000_000))
            return f"{self._stamp // 1_000_000}.{self._stamp % 1_000_000:06d}"

    # people and their conversations

    def person(self, user_id: str) -> Person | None:
        """Return one person, if they exist."""
        return self.people.get(user_id)

    def set_person(self, user_id: str, **flags: Any) -> Person:
        """Change what is true of a person, by the names of Person's fields. Raises KeyError."""
        with self.lock:
            person = self.people[user_id] = replace(self.people[user_id], **flags)
        self.changed()
        return person

    @staticmethod
    def channel_of(user_id: str) -> str:
        """Return the direct messages of the app and this person."""
        return f"D{user_id}"

    def reader_of(self, channel: str) -> Person | None:
        """Return whose direct messages these are."""
        return self.people.get(channel[1:]) if channel.startswith("D") else None

    # messages

    def put(self, message: Message) -> Message:
        """Store a message, or its newer form."""
        with self.lock:
            self.messages[message.channel, message.ts] = message
        self.changed()
        return message

    def drop(self, message: Message) -> None:
        """Take a message away."""
        with self.lock:
            self.messages.pop((message.channel, message.ts), None)
        self.changed()

    def message(self, channel: str, ts: str) -> Message | None:
        """Return one message, if it is there."""
        return self.messages.get((channel, ts))

    def messages_of(self, user_id: str) -> list[Message]:
        """Return a person's direct messages, the oldest first."""
        channel = self.channel_of(user_id)
        with self.lock:
            return sorted((one for one in self.messages.values() if one.channel == channel), key=lambda one: one.ts)

    def wire(self, message: Message) -> Json:
        """Return a message as the Web API and the payload of a click show it."""
        shown: Json = {
            "type": "message",
            "user": self.app.bot_user_id,
            "bot_id": self.app.bot_id,
            "app_id": self.app.id,
            "team": self.team.id,
            "ts": message.ts,
            "text": message.text,
            "blocks": message.blocks,
        }
        if message.edited_ts:
            shown["edited"] = {"user": self.app.bot_id, "ts": message.edited_ts}
        if message.thread_ts:
            shown["thread_ts"] = message.thread_ts
        if message.metadata is not None:
            shown["metadata"] = message.metadata
        return shown

    # what has been read

    def unread(self, user_id: str) -> list[Message]:
        """Return what a person has not opened yet."""
        return [message for message in self.messages_of(user_id) if message.ts > self.read.get(user_id, "")]

    def mark_read(self, user_id: str) -> None:
        """Note that a person has seen everything so far."""
        unread = self.unread(user_id)
        if not unread:
            return
        with self.lock:
            self.read[user_id] = unread[-1].ts
        self.changed()

    # what went over the wire, and what went wrong

    def note(self, entry: Entry) -> None:
        """Add a line to the log of requests."""
        with self.lock:
            self.log.appendleft(entry)
        self.changed()

    def tell(self, user_id: str, text: str) -> None:
        """Say something to the person who clicked; an empty text takes it back."""
        with self.lock:
            self.notices.pop(user_id, None)
            if text:
                self.notices[user_id] = Notice(text=text, at=self.clock())
        self.changed()
