"""What is said to Slack: a message is posted, or rendered again in its place. Refusals are raised as they came."""

from dataclasses import dataclass

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from reviews.evidence import Card
from reviews.models import Ask, Review, Workspace
from reviews.slack.identity import user_in
from reviews.slack.rendering import Copy, Message

LOST = {"message_not_found", "thread_not_found", "cant_update_message", "edit_window_closed"}
OUTSIDE = {
    "deleted": "deactivated",
    "is_bot": "a bot",
    "is_restricted": "a guest",
    "is_ultra_restricted": "a guest",
    "is_stranger": "of another organisation",
}
RATE_LIMITED = 429


class Unreachable(Exception):
    """This person cannot be asked here; the reason is for governance."""


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


@dataclass(frozen=True, slots=True)
class Letter:
    """One ask with what it says now."""

    ask: Ask
    review: Review
    workspace: Workspace
    card: Card
    copy: Copy
    message: Message


def update(letter: Letter, speaker: WebClient) -> Place:
    """Render in place; a message that is gone is posted anew."""
    place = Place.named(letter.ask.external_id)
    try:
        speaker.chat_update(channel=place.channel, ts=place.at, text=letter.message.text, blocks=letter.message.blocks)
    except SlackApiError as error:
        if code(error) not in LOST:
            raise
        return post(letter, speaker)
    return place


def post(letter: Letter, speaker: WebClient) -> Place:
    """Post to the person, a reminder in the question's thread."""
    place = thread(letter) or direct(letter, speaker)
    said = speaker.chat_postMessage(
        channel=place.channel,
        thread_ts=place.thread or None,
        text=letter.message.text,
        blocks=letter.message.blocks or None,
        metadata={"event_type": "access_review", "event_payload": {"ask": letter.ask.pk}},
        unfurl_links=False,
        unfurl_media=False,
        link_names=False,
    )
    return Place(channel=said["channel"], at=said["ts"])


def thread(letter: Letter) -> Place | None:
    """The thread of the question that a reminder is about."""
    if letter.ask.purpose != Ask.Purpose.REMINDER:
        return None
    questions = Ask.objects.filter(
        reviews=letter.review, person_id=letter.ask.person_id, purpose=Ask.Purpose.QUESTION, surface=letter.ask.surface
    )
    question = questions.exclude(external_id="").order_by("-pk").first()
    if question is None or question.shown.get("team") != letter.workspace.team_id:
        return None
    place = Place.named(question.external_id)
    return Place(channel=place.channel, thread=place.at)


def direct(letter: Letter, speaker: WebClient) -> Place:
    """The direct conversation with the person; guests, bots and people who were deactivated are not asked."""
    found = user_in(letter.ask.person)
    if found is None or found[0].pk != letter.workspace.pk:
        raise Unreachable("not_linked")
    user = speaker.users_info(user=found[1])["user"]
    for flag, what in OUTSIDE.items():
        if user.get(flag) is True:
            raise Unreachable(f"the Slack user is {what}")
    return Place(channel=speaker.conversations_open(users=found[1])["channel"]["id"])


def code(error: SlackApiError) -> str:
    """Slack's word for it."""
    if error.response.status_code == RATE_LIMITED:
        return "ratelimited"
    return str(error.response.get("error", ""))
