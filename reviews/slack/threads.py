"""
Threads: under a question stands what has happened since, as a log.

What is not there yet is said in one reply. Which lines were said is kept with the ask; before a reply goes out it is
noted, so that one whose answer was lost is looked for and not said twice.
"""

import time
from collections.abc import Iterable, Sequence

from slack_sdk.errors import SlackApiError

from reviews import evidence
from reviews.evidence import Event
from reviews.models import Ask
from reviews.slack import pacing, posting
from reviews.slack.blocks import SECTION
from reviews.slack.notes import note
from reviews.slack.plain import marked, units
from reviews.slack.posting import Way
from reviews.slack.times import exactly, zone_of

LINE = 300
REPLY = SECTION


def tell(way: Way) -> None:
    """Say what the thread does not have yet. Raises what posting raises, and NoRoom; then it is said another time."""
    ask = way.ask
    if not owed(way):
        return
    if flying := ask.shown.get("saying"):
        landed = posting.found(way, since=flying["since"], log=flying["number"])
        heard(ask, flying["keys"] if landed else [])
    while lines := fitting(ask, owed(way)):
        pacing.take(*way.turns("chat.postMessage"))
        say(way, lines)


def owed(way: Way) -> list[Event]:
    """
    The lines that are missing. A log has at least two: that this person is asked, the card says itself.

    Copies that were never sent have no thread, nor has anything but a question; who is not linked any more is told
    nothing.
    """
    ask = way.ask
    review = ask.reviews.order_by("pk").first() if ask.purpose == Ask.Purpose.QUESTION and ask.external_id else None
    if review is None or way.link is None:
        return []
    events, said = evidence.history(review), ask.shown.get("said", [])
    return [event for event in events if event.key not in said] if len(events) > 1 else []


def fitting(ask: Ask, events: Sequence[Event]) -> dict[str, str]:
    """As many of these, by key, as one reply has room for; each with the moment at which it happened."""
    lines: dict[str, str] = {}
    zone, room = zone_of(ask.person), REPLY
    for event in events:
        line = f"{exactly(event.at, zone=zone)}  {marked(event.text, limit=LINE)}"
        room -= units(line) + 1
        if room < 0:
            break
        lines[event.key] = line
    return lines


def say(way: Way, lines: dict[str, str]) -> None:
    """Post one reply, and keep that its lines are said."""
    ask = way.ask
    number = len(ask.shown.get("said", [])) + 1
    note(ask, {"saying": {"number": number, "keys": list(lines), "since": int(time.time())}})
    try:
        posting.reply(way, "\n".join(lines.values()), log=number)
    except SlackApiError as error:
        if posting.certain(error):
            heard(ask, [])
        raise
    heard(ask, lines)


def heard(ask: Ask, keys: Iterable[str]) -> None:
    """Keep that these lines are there, and that nothing is on its way."""
    note(ask, {"said": [*ask.shown.get("said", []), *keys]}, without=["saying"])
