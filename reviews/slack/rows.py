"""One question in a line or two: in a digest, on a person's page, in the list that a command gives."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reviews import evidence
from reviews.evidence import Card, ItemView
from reviews.models import Review, State
from reviews.slack import blocks, times
from reviews.slack.blocks import Block
from reviews.slack.buttons import row_buttons
from reviews.slack.plain import marked
from reviews.slack.rendering import Copy, ended

TITLE, USE = 200, 160
OTHER = "Other"


@dataclass(frozen=True, slots=True)
class Row:
    """One subject of one review."""

    card: Card
    item: ItemView

    @property
    def group(self) -> str:
        """Under what it stands: the agent, or the system where no agent's owner answers."""
        return self.card.agent or self.item.system or OTHER


def rows_of(reviews: Iterable[Review]) -> list[Row]:
    """Every subject of these reviews, in their order."""
    cards = [evidence.card(review) for review in reviews]
    return [Row(card, item) for card in cards for item in card.items]


def shown(row: Row, copy: Copy, *, whose: bool = False) -> Iterator[Block]:
    """What is asked, and its buttons; or what became of it. `whose`: its agent is named, for no heading says it."""
    if row.item.state != State.OPEN:
        title = blocks.markup(f"*{marked(row.item.title, limit=TITLE)}*")
        yield from ended(row.item, copy, title=title)
        return
    yield blocks.section(blocks.markup(said(row, copy, whose=whose)))
    if copy.asked:
        yield blocks.actions(row_buttons(row.card, row.item, ask_id=copy.ask_id))


def said(row: Row, copy: Copy, *, whose: bool) -> str:
    """The subject, its risk, whose and where it is, its use and its deadline."""
    item = row.item
    first = f"*{marked(item.title, limit=TITLE)}*  Risk: {item.band.label.lower()}"
    use = next((line.text for line in item.lines if line.label == "Last used"), "")
    holder = marked(row.card.agent, limit=80) if whose and row.card.agent != item.title else ""
    parts = [holder, marked(item.system, limit=80), marked((item.replay or use).rstrip("."), limit=USE)]
    due = f"due {times.due(row.card.due_at, zone=copy.zone)}"
    return "\n".join([first, " · ".join([*(part for part in parts if part), due])])


def grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The same by agent, in the order in which they first come."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    return groups
