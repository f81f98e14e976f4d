"""The digest: the routine questions of a day in one message, by agent; five of them, the rest is in the queue."""

from collections.abc import Iterator, Sequence

from governance.models import Band
from reviews.models import State
from reviews.slack import blocks, rows, times
from reviews.slack.blocks import Block
from reviews.slack.buttons import queue_link
from reviews.slack.plain import marked
from reviews.slack.rendering import Copy, Message
from reviews.slack.rows import Row

CARDS = 5
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


def message(found: Sequence[Row], copy: Copy, *, theirs: frozenset[int]) -> Message:
    """The digest of these rows; `theirs` are the reviews about which this person still decides."""
    waiting = [row for row in found if row.item.state == State.OPEN and row.card.review_id in theirs]
    listed = [row for row in found if row.item.state != State.OPEN or row in waiting][:CARDS]
    shown = [blocks.header(heading(found)), blocks.context(blocks.words(about(waiting, copy), limit=blocks.CONTEXT))]
    for group, members in rows.grouped(listed).items():
        shown.append(blocks.section(blocks.markup(f"*{marked(group, limit=150)}*")))
        shown += [block for row in members for block in rows.shown(row, copy)]
    shown += closing(waiting, listed)
    prefix = f"digest.{copy.ask_id}.{copy.render}"
    return Message(text=sentence(found, waiting, copy), blocks=blocks.numbered(shown, prefix=prefix))


def heading(found: Sequence[Row]) -> str:
    """How many there are; what was one urgent question too many for its day comes here as well."""
    noun = "question" if pressing(found) else "routine question"
    return f"{counted(len(found), noun)} for today"


def pressing(found: Sequence[Row]) -> int:
    """How many of them are of high risk."""
    return sum(row.card.severity.rank >= Band.HIGH.rank for row in found)


def counted(number: int, noun: str) -> str:
    """A number in words, and what is counted."""
    word = NUMBERS[number] if number < len(NUMBERS) else f"{number:,}"
    return f"{word} {noun}{'' if number == 1 else 's'}"


def about(waiting: Sequence[Row], copy: Copy) -> str:
    """How urgent they are, and what silence does."""
    if not waiting:
        return "Nothing of this waits for you any more."
    first = times.said(min(row.card.due_at for row in waiting), zone=copy.zone)
    agents = len({row.group for row in waiting})
    whose = "One agent" if agents == 1 else f"{counted(agents, 'agent')}"
    urgent = f"{counted(number, 'question')} of high risk" if (number := pressing(waiting)) else "None is urgent"
    return f"{whose}. {urgent}; the first is due {first}. Silence suspends, never keeps."


def closing(waiting: Sequence[Row], listed: Sequence[Row]) -> Iterator[Block]:
    """The rest, and that time is recorded."""
    more = len([row for row in waiting if row not in listed])
    text = f"Open queue ({len(waiting)})" if waiting else "Open queue"
    yield blocks.actions([queue_link(text)])
    rest = f"{more} more are in your queue, and on the Home tab of this app. " if more else ""
    yield blocks.context(blocks.words(f"{rest}The time you take is recorded.", limit=blocks.CONTEXT))


def sentence(found: Sequence[Row], waiting: Sequence[Row], copy: Copy) -> str:
    """What a notification and a screen reader say."""
    named = ", ".join(marked(row.item.title, limit=60) for row in waiting[:3])
    more = " and more" if len(waiting) > 3 else ""  # noqa: PLR2004  (those that were named)
    return f"{heading(found)}: {named}{more}." if named else f"{heading(found)}: all answered. {about(waiting, copy)}"
