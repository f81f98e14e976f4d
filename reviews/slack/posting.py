"""What is said to Slack: a message is posted, or rendered again in its place. Refusals are raised as they came."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from governance import clock
from governance.models import ExternalIdentity
from governance.models.person import ExternalIdentityQuerySet
from reviews.models import Ask, Workspace
from reviews.slack import identity, pacing
from reviews.slack.contents import Content
from reviews.slack.pacing import Bucket
from reviews.slack.rendering import Message, alone

OUTSIDE = {
    "deleted": "deactivated",
    "is_bot": "a bot",
    "is_restricted": "a guest",
    "is_ultra_restricted": "a guest",
    "is_stranger": "of another organisation",
}
EVENT = "access_review"
BELIEVED = timedelta(minutes=10)  # so long is what Slack said of a user believed: it tells of a change by itself
APART_SECONDS = 300  # by which two clocks may differ where a lost message is looked for
PAGE = 200
OK, RATE_LIMITED = 200, 429
UNREADABLE = {"missing_scope", "no_permission", "not_allowed_token_type", "thread_not_found"}
MISHAPS = {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}  # it may have been done

logger = logging.getLogger(__name__)


class Unreachable(Exception):
    """This person cannot be asked here; the reason is for governance."""


class Gone(Unreachable):
    """Nor anywhere else in this workspace: there is no such colleague."""


@dataclass(frozen=True, slots=True)
class Place:
    """A message in a channel; without its time one that is not there yet."""

    channel: str
    at: str = ""
    thread: str = ""

    @classmethod
    def named(cls, external_id: str) -> "Place":
        """Read it from an ask."""
        channel, _, at = external_id.partition(":")
        return cls(channel=channel, at=at)

    def __str__(self) -> str:
        return f"{self.channel}:{self.at}"


@dataclass(frozen=True, slots=True)
class Way:
    """How an ask reaches its person: in which workspace, and who speaks."""

    ask: Ask
    workspace: Workspace
    speaker: WebClient

    @property
    def link(self) -> ExternalIdentity | None:
        """What links the person to a user in this workspace, if they have one."""
        return links(self.ask, self.workspace).colleagues().first()

    @property
    def user_id(self) -> str:
        """Their user; raise Gone where they are no colleague there any more, Unreachable where they have none."""
        link = self.link
        if link is None:
            raise missing(links(self.ask, self.workspace))
        return link.value

    def known(self, at: datetime) -> bool:
        """Whether Slack has called them a colleague a moment ago."""
        link = self.link
        return link is not None and link.colleague_at is not None and at - link.colleague_at < BELIEVED

    def turns(self, *methods: str) -> list[Bucket]:
        """The buckets of calls that are about to be made; a message counts for its channel too."""
        channel = [pacing.channel(self.workspace, self.user_id)] if "chat.postMessage" in methods else []
        return [*pacing.calls(self.workspace, *methods), *channel]


@dataclass(frozen=True, slots=True)
class Letter:
    """What an ask says at a moment, under the number of its rendering."""

    way: Way
    content: Content
    render: int
    at: datetime

    def methods(self) -> list[str]:
        """What will be called to send it."""
        if self.content.view is not None:
            return ["views.publish"]
        if self.way.ask.external_id:
            return ["chat.update"]
        return ["chat.postMessage"] if self.way.known(self.at) else ["users.info", "chat.postMessage"]


def check(way: Way) -> None:
    """Raise Gone for guests, bots and people who were deactivated: they are not asked, nor heard from now on."""
    user = way.speaker.users_info(user=way.user_id)["user"]
    for flag, what in OUTSIDE.items():
        if user.get(flag) is True:
            gone(way.ask, way.workspace)
            raise Gone(f"the Slack user is {what}")
    links(way.ask, way.workspace).colleagues().update(colleague_at=clock.now())


def gone(ask: Ask, workspace: Workspace) -> None:
    """Slack has no such colleague: keep that of the user to whom this was to go."""
    link = links(ask, workspace).colleagues().first()
    if link is not None:
        identity.seen(team_id=link.issuer, user_id=link.value, outside=True)


def links(ask: Ask, workspace: Workspace) -> ExternalIdentityQuerySet:
    """The links of who is asked to users of this workspace, the newest first."""
    return Workspace.objects.filter(pk=workspace.pk).users().filter(person=ask.person_id).order_by("-pk")


def missing(held: ExternalIdentityQuerySet) -> Unreachable:
    """Why a person who has these links, and no colleague's among them, is not reached."""
    return Gone("the Slack user is no colleague any more") if held.exists() else Unreachable("not_linked")


def send(letter: Letter) -> str:
    """Say it, and return the ask's `external_id`: CHANNEL:TS of a message, or the id of a home's view."""
    if letter.content.view is not None:
        return publish(letter)
    message = letter.content.message
    if message is None:
        raise TypeError(f"{letter.way.ask} has nothing to say.")
    return str(update(letter.way, message) if letter.way.ask.external_id else ask(letter.way, message))


def publish(letter: Letter) -> str:
    """Show a person their home anew."""
    way = letter.way
    return str(way.speaker.views_publish(user_id=way.user_id, view=letter.content.view or {})["view"]["id"])


def update(way: Way, message: Message) -> Place:
    """Render in place."""
    place = Place.named(way.ask.external_id)
    way.speaker.chat_update(channel=place.channel, ts=place.at, text=message.text, blocks=message.blocks)
    return place


def ask(way: Way, message: Message) -> Place:
    """Post to the person, a reminder in the question's thread."""
    return post(way, thread(way) or Place(channel=way.user_id), message)  # a user stands for their direct messages


def reply(way: Way, text: str, *, log: int) -> Place:
    """Post into the message's own thread; `log` numbers it, so that it can be found again."""
    root = Place.named(way.ask.external_id)
    return post(way, Place(channel=root.channel, thread=root.at), alone(text), log=log)


def post(way: Way, place: Place, message: Message, *, log: int = 0) -> Place:
    """Post what can be found again by what it carries."""
    said = way.speaker.chat_postMessage(
        channel=place.channel,
        thread_ts=place.thread or None,
        text=message.text,
        blocks=message.blocks or None,
        metadata={"event_type": EVENT, "event_payload": carried(way, log)},
        unfurl_links=False,
        unfurl_media=False,
        link_names=False,
    )
    return Place(channel=said["channel"], at=said["ts"])


def carried(way: Way, log: int) -> dict[str, int]:
    """By what a message of ours is known."""
    return {"ask": way.ask.pk, **({"log": log} if log else {})}


def thread(way: Way) -> Place | None:
    """The thread of the question that a reminder is about; one about several questions stands by itself."""
    ask = way.ask
    if ask.purpose != Ask.Purpose.REMINDER or ask.reviews.count() != 1:
        return None
    asked = Ask.objects.filter(person_id=ask.person_id, surface=ask.surface, purpose__in=Ask.QUESTIONS)
    question = asked.filter(reviews__in=ask.reviews.all()).exclude(external_id="").order_by("-pk").first()
    if question is None or question.shown.get("team") != way.workspace.team_id:
        return None
    place = Place.named(question.external_id)
    return Place(channel=place.channel, thread=place.at)


def found(way: Way, *, since: int, log: int = 0) -> Place | None:
    """
    Look for a message whose reply was lost: posted `since` (seconds), and carrying what ours carries.

    None where there is none, and where we may not read (`missing_scope`): then a second copy is the smaller evil.
    """
    try:
        for message in listed(way, oldest=str(since - APART_SECONDS), log=log):
            metadata = message.get("metadata") or {}
            if (metadata.get("event_type"), metadata.get("event_payload")) == (EVENT, carried(way, log)):
                return Place(channel=message["channel"], at=message["ts"])
    except SlackApiError as error:
        if code(error) not in UNREADABLE:
            raise
        logger.warning("a Slack message whose reply was lost could not be looked for", extra={"ask": way.ask.pk})
    return None


def listed(way: Way, *, oldest: str, log: int) -> Iterator[dict[str, Any]]:
    """The messages among which it would be, each with its channel."""
    root = Place.named(way.ask.external_id) if log else thread(way)
    wanted: dict[str, Any] = {"oldest": oldest, "include_all_metadata": True, "limit": PAGE}
    if root is not None:
        pacing.take(*way.turns("conversations.replies"))
        channel = root.channel
        pages = way.speaker.conversations_replies(channel=channel, ts=root.at or root.thread, **wanted)
    else:
        pacing.take(*way.turns("conversations.open", "conversations.history"))
        channel = way.speaker.conversations_open(users=way.user_id)["channel"]["id"]
        pages = way.speaker.conversations_history(channel=channel, **wanted)
    for page in pages:
        yield from ({**message, "channel": channel} for message in page["messages"])


def code(error: SlackApiError) -> str:
    """Slack's word for it."""
    if error.response.status_code == RATE_LIMITED:
        return "ratelimited"
    return str(error.response.get("error", ""))


def method(error: SlackApiError) -> str:
    """What was called."""
    return str(error.response.api_url).rsplit("/", 1)[-1]


def certain(error: SlackApiError) -> bool:
    """Whether it says that nothing was done; Slack's own mishaps do not."""
    return error.response.status_code in {OK, RATE_LIMITED} and code(error) not in MISHAPS
