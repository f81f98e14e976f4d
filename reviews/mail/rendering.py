"""
A card as the parts of a letter. Nothing is said here that is not on the Card, and nothing of it is left out.

The order is the design's: the question, the facts, what a removal would have stopped, what revoking does, why you and
what silence does, the suggestion. Then one link, to the page where it can be answered.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from governance import clock
from reviews.evidence import About, Card, ItemView
from reviews.evidence.outcomes import stopped
from reviews.mail.plain import plain
from reviews.models import Review, State

QUESTION, SENTENCE, LABEL, VALUE = 600, 500, 60, 400
FACTS = 6


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence of a kind, which is the class under which the HTML shows it; a fact has a label besides."""

    kind: str  # title, fact, sentence, replay, context
    text: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One review in a letter: `due` is when an answer is wanted, `small` the small print, `link` what its link says."""

    reference: str
    agent: str
    question: str
    due: str
    parts: tuple[Part, ...]
    small: str
    link: str
    url: str


def question(card: Card, *, url: str, zone: ZoneInfo, offered: bool = False) -> Question:
    """Render a card for whoever is asked; `offered`: for a colleague who can take it over."""
    return Question(
        reference=card.reference,
        agent=plain(card.agent, limit=VALUE),
        question=plain(card.question, limit=QUESTION),
        due=when(card.due_at, zone=zone),
        parts=tuple(part for part in parts(card, zone=zone, offered=offered) if part.text),
        small=plain(small_print(card, offered=offered), limit=SENTENCE),
        link=f"Take {card.reference} over, or decline" if offered else f"Decide on {card.reference}",
        url=url,
    )


def when(moment: datetime, *, zone: ZoneInfo) -> str:
    """A moment in the reader's zone, with its weekday."""
    return f"{moment.astimezone(zone):%a %-d %b, %H:%M}"


def parts(card: Card, *, zone: ZoneInfo, offered: bool) -> Iterable[Part]:
    """All that stands under the question; empty ones among it."""
    shown = [part("context", text) for text in about(card, zone=zone, offered=offered)]
    return one(card, card.items[0], shown) if len(card.items) == 1 else several(card, shown)


def about(card: Card, *, zone: ZoneInfo, offered: bool) -> Iterator[str]:
    """Why this person, what silence does, and what is under way."""
    yield stopped(f"{f'{card.person} is' if offered else 'You are'} asked {card.why_you}")
    yield f"If nothing is decided by {when(card.due_at, zone=zone)}, {stopped(card.silence)}"
    if card.offer and not offered:
        yield card.offer
    if card.snoozed_until:
        yield f"Snoozed until {when(card.snoozed_until, zone=zone)}. The deadline runs on."


def part(kind: str, text: str) -> Part:
    """A sentence."""
    return Part(kind, plain(text, limit=SENTENCE))


def one(card: Card, item: ItemView, about: Sequence[Part]) -> list[Part]:
    """A card about one subject."""
    return [*facts(item), *effects(item), *about, suggestion(item), answers(card, item)]


def several(card: Card, about: Sequence[Part]) -> Iterator[Part]:
    """A card about several: what all of them share is said once, above; each says the rest of itself."""
    listed = {item.item_id: subject(card, item) for item in card.items if item.state == State.OPEN}
    first, *others = listed.values() or [[]]
    shared = [each for each in first if others and all(each in other for other in others)]
    yield from [*about, *shared]
    for item in card.items:
        yield part("title", item.title)
        own = listed.get(item.item_id, [ended(item)])
        yield from (each for each in own if each not in shared)


def subject(card: Card, item: ItemView) -> list[Part]:
    """All about one of several; its name stands above it."""
    return [*facts(item), *effects(item), suggestion(item), answers(card, item)]


def facts(item: ItemView) -> list[Part]:
    """Up to six facts, and why they are asked about now."""
    shown = [Part("fact", plain(line.text, limit=VALUE), plain(line.label, limit=LABEL)) for line in item.lines[:FACTS]]
    named = shown or [part("sentence", item.title)]
    return [*named, part("sentence", f"Why now: {' '.join(item.why_now)}" if item.why_now else "")]


def effects(item: ItemView) -> list[Part]:
    """What a removal would have stopped, what revoking does, and what was said before."""
    narrower = "; ".join(each.text.rstrip(".") for each in item.narrowings)
    return [
        part("replay", item.replay),
        part("context", item.preview),
        part("context", stopped(item.kept_before)),
        part("context", f"It can be reduced: {stopped(narrower)}" if narrower else ""),
    ]


def suggestion(item: ItemView) -> Part:
    """With its basis."""
    return part("context", f"Suggestion: {item.suggestion}" if item.suggestion else "")


def answers(card: Card, item: ItemView) -> Part:
    """Which answers there are, and what each asks for."""
    undo = f"You can take it back for {clock.lasting(card.undo)}."
    if item.about == About.ACCOUNT:
        others = "that no agent does, or who else knows; or disable it, so that nothing can sign in with it any more."
        return part("context", f"You can say which agent uses it, {others} {undo}")
    if card.kind == Review.Kind.CLAIM:
        retiring = "to retire it disables the accounts that only this agent uses."
        return part("context", f"You can say that it is yours, or whose it is, or retire it: {retiring} {undo}")
    days = "1 day" if item.keeping.longest == 1 else f"{item.keeping.longest} days"
    words = f" (say what for: {' and '.join(item.keeping.because)})" if item.keeping.needs_reason else ""
    less = "reduce it, " if item.can_be_reduced else ""
    return part("context", f"You can keep it for {days}{words}, {less}revoke it, or say that you don't know. {undo}")


def ended(item: ItemView) -> Part:
    """What became of one of several that was decided before the others."""
    if item.outcome is None:
        return part("sentence", f"{item.state.label}. Nothing is left to decide.")
    said = item.outcome
    return part("sentence", f"{stopped(said.decision_text)} {said.undone} {said.execution_text}")


def small_print(card: Card, *, offered: bool) -> str:
    """What this is, under which rules, and that time is recorded."""
    said = [card.reference, card.policy]
    if not offered:
        said.append("The time you take is recorded")
    if len(card.items) > 1:
        said.append("“I don't know” hands all of these to the next in line")
    return " · ".join(said)
