"""
A person's own page, rendered: their queue with filters, how they want to be asked, what they decided last.

Nothing is read here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reviews.evidence import Outcome
from reviews.models import Preference, Review
from reviews.slack import blocks, rows, times
from reviews.slack.blocks import Block
from reviews.slack.buttons import queue_link
from reviews.slack.digest import counted
from reviews.slack.plain import marked
from reviews.slack.rendering import Copy
from reviews.slack.rows import Row
from reviews.slack.tokens import Token, sealed
from reviews.slack.waiting import A_WEEK, AGENT, ANY, DUE, HIGH, RISK, SOON, named

# action ids
SEVERAL, DIGEST_AT, QUIET, DELEGATE, PAUSE = "several", "digest_at", "quiet", "delegate", "pause"
AGENTS = 99  # a menu has a hundred options
NAME = 40
NOT_QUIET = "none"
HOURS = range(7 * 60, 18 * 60, 30)
QUIETS = ("18:00-08:00", "20:00-07:00", "22:00-07:00")
PAUSES = {"none": "Not paused", "1": "Until tomorrow morning", "3": "For 3 days", "7": "For a week"}
NEXT_CHECK = "The next check runs within minutes, and in full every night."


@dataclass(frozen=True, slots=True)
class Remembered:
    """One decision of this person, what became of it, and the button that takes it back, if they can."""

    at: datetime
    whose: str  # the agent's name, or empty
    title: str
    outcome: Outcome
    undo: Block | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What stands on it: of all that waits (`total`) so much fits the filters, and `rows` are the first of that."""

    name: str
    total: int
    first_due: datetime | None
    groups: Sequence[str]
    filters: Mapping[str, str]
    fitting: int
    rows: Sequence[Row]
    wishes: Preference
    delegate: str  # their user in this workspace
    last: Sequence[Remembered]


def view(page: Page, copy: Copy) -> Block:
    """The page, as it goes to Slack."""
    shown: list[Block] = [blocks.header(heading(page.name, page.total, page.first_due, copy))]
    if page.total:
        shown += [filters(page), *queue(page.rows, copy), *below(page, copy)]
    else:
        shown.append(blocks.section(blocks.words(NEXT_CHECK, limit=300)))
    shown += [*wished(page, copy=copy), *history(page.last, copy)]
    return {"type": "home", "blocks": blocks.numbered(shown, prefix=f"home.{copy.ask_id}.{copy.render}")}


def heading(name: str, number: int, first_due: datetime | None, copy: Copy) -> str:
    """The one sentence that says it."""
    if first_due is None:
        return f"Nothing to review, {name}."
    verb = "needs" if number == 1 else "need"
    first = times.said(first_due, zone=copy.zone)
    which = "It" if number == 1 else "The first"
    return f"{counted(number, 'question')} {verb} you, {name[:NAME]}. {which} is due {first}."


def filters(page: Page) -> Block:
    """By agent, deadline and risk."""
    by_agent = [("All agents", ANY), *((name, named(name)) for name in page.groups[:AGENTS])]
    by_due = [("Due any time", ANY), ("Due within a week", SOON)]
    by_risk = [("All risks", ANY), ("High and critical", HIGH)]
    menus = {AGENT: ("Agent", by_agent), DUE: ("Due", by_due), RISK: ("Risk", by_risk)}
    return blocks.actions(
        blocks.select(name, options(pairs), chosen=page.filters[name], placeholder=label)
        for name, (label, pairs) in menus.items()
    )


def queue(found: Sequence[Row], copy: Copy) -> Iterator[Block]:
    """What waits, this week's first."""
    week = [row for row in found if row.card.due_at <= copy.at + A_WEEK]
    later = [row for row in found if row.card.due_at > copy.at + A_WEEK]
    for title, members in (("Due within a week", week), ("Later", later)):
        if members:
            yield blocks.section(blocks.markup(f"*{title}*"))
        for row in members:
            yield from rows.shown(row, copy, whose=True)


def below(page: Page, copy: Copy) -> Iterator[Block]:
    """What is not on the page, and what can be done with several at once."""
    more, hidden = page.fitting - len(page.rows), page.total - page.fitting
    said = [
        f"{more:,} more are not shown here." if more else "",
        f"{hidden:,} {'is' if hidden == 1 else 'are'} left out by the filters." if hidden else "",
    ]
    if note := " ".join(text for text in said if text):
        yield blocks.context(blocks.words(note, limit=blocks.CONTEXT))
    yield blocks.actions([*several(page.rows, copy), queue_link("Open in the browser")])
    yield blocks.context(blocks.words("Silence suspends, never keeps. The time you take is recorded.", limit=300))


def several(found: Sequence[Row], copy: Copy) -> list[Block]:
    """Where there is more than one grant."""
    grants = [row for row in found if row.card.kind == Review.Kind.CERTIFY]
    if len(grants) < 2:  # noqa: PLR2004  (several)
        return []
    token = sealed(Token(ask_id=copy.ask_id, item_id=grants[0].item.item_id, fingerprint=""))
    return [blocks.button(SEVERAL, "Revoke several…", label="Revoke several of these at once", value=token)]


def wished(page: Page, *, copy: Copy) -> Iterator[Block]:
    """When and how they are asked."""
    wishes = page.wishes
    paused_until = wishes.paused_until if wishes.paused_until and wishes.paused_until > copy.at else None
    moments = [(f"Digest at {clocked(minute)}", clocked(minute)) for minute in sorted({*HOURS, wishes.digest_at})]
    quiet = [(f"Quiet {each}", each) for each in sorted({*QUIETS, quiet_of(wishes)} - {NOT_QUIET})]
    pauses = [(text, value) for value, text in PAUSES.items()]
    yield {"type": "divider"}
    yield blocks.section(blocks.markup("*When and how you are asked*"))
    yield blocks.actions(
        [
            menu(DIGEST_AT, moments, chosen=clocked(wishes.digest_at), label="Digest at"),
            menu(QUIET, [("No quiet hours", NOT_QUIET), *quiet], chosen=quiet_of(wishes), label="Quiet hours"),
            menu(PAUSE, pauses, chosen="" if paused_until else NOT_QUIET, label="Paused"),
            blocks.people(DELEGATE, placeholder="Asked while you are away", chosen=page.delegate),
        ]
    )
    if wishes.delegate is not None:
        named = f"While you are away, {marked(wishes.delegate.name, limit=200)} is asked."
        yield blocks.context(blocks.markup(f"{named} `/access delegate none` ends it."))
    if paused_until is not None:
        until = times.due(paused_until, zone=copy.zone)
        yield blocks.context(
            blocks.markup(f"Paused until {until}. What is critical is asked all the same; deadlines run on.")
        )


def menu(action: str, pairs: Sequence[tuple[str, str]], *, chosen: str, label: str) -> Block:
    """One setting."""
    return blocks.select(action, options(pairs), chosen=chosen, placeholder=label)


def options(pairs: Sequence[tuple[str, str]]) -> list[Block]:
    """Texts with their values, to choose from."""
    return [blocks.option(text, value) for text, value in pairs]


def clocked(minute: int) -> str:
    """A minute of the day as a time."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def quiet_of(wishes: Preference) -> str:
    """The quiet hours in a word."""
    if wishes.quiet_from is None or wishes.quiet_until is None:
        return NOT_QUIET
    return f"{clocked(wishes.quiet_from)}-{clocked(wishes.quiet_until)}"


def history(last: Sequence[Remembered], copy: Copy) -> Iterator[Block]:
    """Their last decisions, and what became of each."""
    if last:
        yield {"type": "divider"}
        yield blocks.section(blocks.markup("*Your last decisions*"))
    for each in last:
        yield blocks.section(blocks.markup(line(each, copy)))
        if each.undo:
            yield blocks.actions([each.undo])


def line(each: Remembered, copy: Copy) -> str:
    """What was decided and, apart from it, what the system shows; until when it can be taken back."""
    whose = f"{marked(each.whose, limit=80)}: " if each.whose else ""
    what = f"{marked(each.title, limit=120)}: *{marked(each.outcome.summary, limit=80)}*"
    became = marked(each.outcome.execution_text or "Nothing had to be changed.", limit=200)
    until = each.outcome.undo_until if each.undo else None
    back = f" Can be taken back until {times.said(until, zone=copy.zone)}." if until else ""
    return f"{whose}{what}, {times.when(each.at, zone=copy.zone)}\n{became}{back}"
