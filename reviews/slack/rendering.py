"""
A card as one person's Slack message. Nothing is shown here that is not on the Card.

The order is the design's: the question, the facts, what a removal would have stopped, what revoking does, why you and
what silence does, the suggestion, the buttons. After the decision there are two facts side by side: what was decided,
and what the system shows.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import rfc8785

from reviews.evidence import Card, ItemView, Line, Outcome
from reviews.evidence.outcomes import stopped
from reviews.models import State
from reviews.slack import blocks, several, times
from reviews.slack.blocks import Block
from reviews.slack.buttons import buttons_of, undo_button
from reviews.slack.plain import marked, plain
from reviews.slack.tokens import Token

TEXT_OF_ALL_ITEMS = 12_000
TEXT_OF_ONE_ITEM = 2_800
QUESTION, SENTENCE = 600, 500

ENDED = {State.OPEN: "Open", State.DECIDED: "Decided", State.LAPSED: "No answer came", State.WITHDRAWN: "Withdrawn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Whose copy of a card this is: `asked` says whether this person decides now; `render` differs each time."""

    ask_id: int
    render: int
    asked: bool
    zone: ZoneInfo
    at: datetime
    takes_back: frozenset[int] = frozenset()  # the items whose decision this person may take back
    today: int = 0  # which question of this person's day it is; 0: not said


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to Slack."""

    text: str
    blocks: list[Block]

    def digest(self) -> str:
        """SHA-256 over its canonical JSON, in hex: what the person saw."""
        shown: dict[str, Any] = {"text": self.text, "blocks": self.blocks}
        return hashlib.sha256(rfc8785.dumps(shown)).hexdigest()


def message(card: Card, copy: Copy) -> Message:
    """Render a card for one person."""
    shown = [blocks.header(heading(card)), *beginning(card), *middle(card, copy), closing(card, copy)]
    prefix = f"{card.reference}.{copy.ask_id}.{copy.render}"
    return Message(text=sentence(card, copy), blocks=blocks.numbered(shown, prefix=prefix))


def middle(card: Card, copy: Copy) -> list[Block]:
    """What lies between the question and the small print."""
    if len(card.items) == 1:
        return one(card, card.items[0], copy)
    if card.state != State.OPEN or not card.items:
        return [block for item in card.items for block in ended(item, copy, title=named(item))]
    shared = several.shared(card.items)
    left = room(len(card.items))
    listed = [block for item in card.items for block in listed_item(card, item, copy, shared=shared, room=left)]
    return [*about(card, copy), *several.above(shared), *listed]


def room(items: int) -> int:
    """How long the text about each of so many subjects may be."""
    return min(TEXT_OF_ONE_ITEM, TEXT_OF_ALL_ITEMS // items)


def heading(card: Card) -> str:
    """The question, or what became of it."""
    outcome = card.items[0].outcome if len(card.items) == 1 else None
    if outcome:
        title = card.items[0].title
        return f"{outcome.summary}: {title}{f' ({card.agent})' if card.agent not in {'', title} else ''}"
    return card.question if card.state == State.OPEN else f"{ENDED[card.state]}: {card.question}"


def beginning(card: Card) -> list[Block]:
    """The question again where it is too long for a heading."""
    if plain(card.question, limit=QUESTION) == plain(card.question, limit=blocks.HEADER):
        return []
    return [blocks.section(blocks.words(card.question, limit=QUESTION))]


def sentence(card: Card, copy: Copy) -> str:
    """What a notification and a screen reader say: the question first."""
    if card.state == State.OPEN:
        why = card.items[0].why_now[:1] if len(card.items) == 1 else ()
        parts = [card.question, *why, f"Due {times.said(card.due_at, zone=copy.zone)}."]
    else:
        parts = [stopped(heading(card)), *ends(card)]
    return " ".join([*(marked(part, limit=SENTENCE) for part in parts[:6] if part), f"{card.reference}."])


def ends(card: Card) -> list[str]:
    """How each subject ended; of one alone its heading has the name."""
    if len(card.items) == 1:
        return [outcome.execution_text for outcome in outcomes(card)]
    return [f"{item.title}: {item.outcome.summary}." for item in card.items if item.outcome]


def outcomes(card: Card) -> list[Outcome]:
    """Of all items that have one."""
    return [item.outcome for item in card.items if item.outcome]


def one(card: Card, item: ItemView, copy: Copy) -> list[Block]:
    """A card about one subject."""
    if item.state != State.OPEN:
        return ended(item, copy)
    shown = [facts(item), *known(item), *about(card, copy)]
    if item.suggestion and copy.asked:
        shown.append(blocks.context(blocks.words(f"Suggestion: {item.suggestion}", limit=SENTENCE)))
    return [*shown, *choices(card, item, copy)]


def known(item: ItemView) -> Iterator[Block]:
    """What a removal would have stopped, what revoking does, and what was said when it was kept last."""
    if item.replay:
        yield blocks.section(blocks.words(item.replay, limit=SENTENCE))
    notes = [text for text in (item.preview, item.kept_before) if text]
    if notes:
        yield blocks.context(*(blocks.words(text, limit=SENTENCE) for text in notes))


def facts(item: ItemView) -> Block:
    """Up to six facts, and why they are asked about now."""
    fields = [blocks.field(line.label, line.text) for line in item.lines[:6]]
    why = blocks.words(f"Why now: {' '.join(item.why_now)}", limit=SENTENCE) if item.why_now else None
    fallback = None if fields else blocks.words(item.title, limit=SENTENCE)
    return blocks.section(why or fallback, fields=fields)


def about(card: Card, copy: Copy) -> list[Block]:
    """Why this person, and what silence does."""
    if card.state != State.OPEN:
        return []
    why = (
        f"You are asked {card.why_you}"
        if copy.asked
        else f"You are not asked any more. {card.person or 'Governance'} is."
    )
    silence = f"If nothing is decided by {times.due(card.due_at, zone=copy.zone)}, {marked(card.silence, limit=200)}."
    notes = [blocks.words(stopped(why), limit=SENTENCE), blocks.markup(silence)]
    if left := card.left:
        notes.insert(0, blocks.words(left, limit=SENTENCE))
    if card.offer:
        notes.append(blocks.words(card.offer, limit=SENTENCE))
    if card.snoozed_until:
        notes.append(blocks.markup(f"Snoozed until {times.due(card.snoozed_until, zone=copy.zone)}."))
    return [blocks.context(*notes)]


def choices(card: Card, item: ItemView, copy: Copy) -> Iterator[Block]:
    """The buttons, for the one who decides; nobody else gets any."""
    if copy.asked and card.state == State.OPEN:
        yield blocks.actions(buttons_of(card, item, ask_id=copy.ask_id))


def listed_item(card: Card, item: ItemView, copy: Copy, *, shared: list[Line], room: int) -> list[Block]:
    """One of several subjects, in two blocks."""
    if item.state != State.OPEN:
        return ended(item, copy, title=named(item))
    text = several.paragraph(item, shared=shared, room=room)
    return [blocks.section(blocks.markup(text)), *choices(card, item, copy)]


def named(item: ItemView) -> Block:
    """Which of several it is."""
    return blocks.markup(f"*{marked(item.title, limit=SENTENCE)}*")


def ended(item: ItemView, copy: Copy, *, title: Block | None = None) -> list[Block]:
    """What was decided, and apart from it what the system shows; undo while it lasts."""
    if item.outcome is None:
        said = f"{item.title}: {ENDED[item.state].lower()}. Nothing is left to decide."
        return [blocks.section(blocks.words(said, limit=SENTENCE))]
    back = item.outcome.undo_until if title and item.item_id in copy.takes_back else None
    pair = [decision(item.outcome, copy, back=back), execution(item, item.outcome, copy)]
    shown = [blocks.section(title, fields=pair)]
    if item.item_id in copy.takes_back:
        about = Token(copy.ask_id, item.item_id, item.fingerprint)
        undo = undo_button(item.outcome, title=item.title, about=about, at=copy.at)
        shown += [blocks.actions([undo])] if undo else []
    return shown


def decision(outcome: Outcome, copy: Copy, *, back: datetime | None) -> Block:
    """Who decided what, when and why; of one of several, until when it can be taken back."""
    said = marked(outcome.decision_text, limit=blocks.VALUE)
    parts = [f"*Decision*\n{said}, {times.when(outcome.decided_at, zone=copy.zone)}."]
    if outcome.reason:
        parts.append(f"Reason: {marked(stopped(outcome.reason), limit=blocks.VALUE)}")
    if outcome.undone:
        parts.append(marked(outcome.undone, limit=200))
    if outcome.stays_until:
        parts.append(f"It may stay until {times.day(outcome.stays_until, zone=copy.zone)}, then it is asked again.")
    if back and back > copy.at:
        parts.append(f"It can be taken back until {times.said(back, zone=copy.zone)}.")
    return blocks.markup(" ".join(parts))


def execution(item: ItemView, outcome: Outcome, copy: Copy) -> Block:
    """What became of it."""
    label = f"In {item.system}" if item.system else "Carried out"
    text = outcome.execution_text or "Nothing had to be changed."
    at = f" ({times.exactly(outcome.execution_at, zone=copy.zone)})" if outcome.execution_at else ""
    return blocks.markup(f"*{marked(label, limit=100)}*\n{marked(text, limit=blocks.VALUE * 2)}{at}")


def closing(card: Card, copy: Copy) -> Block:
    """What this is, under which rules, and that time is recorded."""
    parts = [card.reference, card.policy]
    if card.state == State.OPEN and copy.asked:
        parts += [f"Question {copy.today} of your day"] if copy.today else []
        parts.append("The time you take is recorded")
        if len(card.items) > 1:
            parts.append("“I don't know” hands all of these to the next in line")
    only = card.items[0] if len(card.items) == 1 else None  # of several, each says it of itself
    until = only.outcome.undo_until if only and only.outcome and only.item_id in copy.takes_back else None
    if until and until > copy.at:
        parts.append(f"Can be taken back until {times.said(until, zone=copy.zone)}")
    return blocks.context(blocks.words(" · ".join(parts), limit=blocks.CONTEXT))


def reminder(cards: Sequence[Card], copy: Copy) -> Message:
    """One sentence more in the question's thread."""
    first = cards[0]
    if len(cards) == 1:
        what = marked(first.question, limit=SENTENCE)
    else:
        what = f"{len(cards)} questions of this message are still open, the first with this deadline."
    text = (
        f"Reminder: {what} If nothing is decided by "
        f"{times.said(first.due_at, zone=copy.zone)}, {plain(first.silence, limit=200)}. {first.reference}."
    )
    return alone(text)


def alone(text: str) -> Message:
    """A text that stands by itself, escaped; shown in a block, where no bare address becomes a link."""
    return Message(text=text, blocks=blocks.numbered([blocks.section(blocks.markup(text))], prefix="alone"))
