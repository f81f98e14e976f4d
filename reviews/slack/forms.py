"""Forms beside the usual answers: whose agent it is, handing a question on, several at once."""

from collections.abc import Sequence

from governance import clock
from reviews.evidence import About, Card, ItemView
from reviews.models import State
from reviews.slack import blocks, rows
from reviews.slack.blocks import Block
from reviews.slack.rows import Row

THEIRS, HAND, SEVERAL = "theirs", "hand", "several"
NAMED, REASON, TICKED = "named", "reason", "ticked"
REASON_AT_MOST = 500


def theirs(item: ItemView) -> Block:
    """Ask who answers for an agent, or who knows whose an account is."""
    account = item.about == About.ACCOUNT
    said = (
        f"This person is asked whose {item.title} is, instead of you. The deadline stays."
        if account
        else f"From then on this person is asked about {item.title}, and what it may do."
    )
    wanted = "Who knows?" if account else "Who answers for it?"
    return blocks.modal(
        THEIRS,
        title="Somebody else's",
        submit="Ask them" if account else "Hand over",
        blocks=[
            blocks.section(blocks.words(said, limit=800)),
            blocks.entry(wanted, blocks.people(NAMED, placeholder="Choose a colleague")),
        ],
    )


def hand(card: Card) -> Block:
    """Ask to whom the question is offered: the whole of it, with all that is still open in it."""
    left = [item.title for item in card.items if item.state == State.OPEN]
    about = left[0] if len(left) == 1 else f"these {len(left)} together: {', '.join(left)}"
    said = (
        f"The question about {about} is offered to a colleague. Until they take it over you stay responsible, and "
        "the deadline runs on."
    )
    return blocks.modal(
        HAND,
        title="Hand it on",
        submit="Offer",
        blocks=[
            blocks.section(blocks.words(said, limit=800)),
            blocks.entry("Who should decide?", blocks.people(NAMED, placeholder="Choose a colleague")),
            blocks.entry("Why them?", blocks.typed(REASON, most=REASON_AT_MOST), optional=True),
        ],
    )


def several(listed: Sequence[Row], *, more: int) -> Block:
    """
    Ask which of these are revoked, ten a group at most; nothing is ticked. `more` is how many are not listed.

    A *keep* of several at once is not offered.
    """
    numbers = {row.item.item_id: str(number) for number, row in enumerate(listed)}
    undo = clock.lasting(min(row.card.undo for row in listed))
    shown: list[Block] = [blocks.section(blocks.words(said(more, undo=undo), limit=800))]
    for place, (name, members) in enumerate(rows.grouped(listed).items()):
        options = [
            blocks.option(row.item.title, numbers[row.item.item_id], description=row.item.replay or row.item.system)
            for row in members
        ]
        shown.append(blocks.entry(name, blocks.checkboxes(f"{TICKED}{place}", options), optional=True))
        if told := effects(members):
            shown.append(blocks.context(*(blocks.words(text, limit=500) for text in told)))
    return blocks.modal(SEVERAL, title="Revoke several", submit="Revoke", blocks=shown)


def effects(members: Sequence[Row]) -> list[str]:
    """What removing each does, as far as its system was asked; what is the same of all of them is said once."""
    each = {row.item.preview for row in members}
    if len(each) == 1:
        return [text for text in each if text]
    return [f"{row.item.title}: {row.item.preview}" for row in members if row.item.preview]


def said(more: int, *, undo: str) -> str:
    """What ticking does, and what is not listed."""
    rest = f" {more:,} more can be revoked one by one, or after these." if more else ""
    return f"Each one that you tick is revoked at once, and each can be taken back for {undo}.{rest}"
