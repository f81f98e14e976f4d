"""Forms beside the usual answers: whose agent it is, handing a question on, several at once."""

from collections.abc import Sequence

from reviews.evidence import ItemView
from reviews.slack import blocks, rows
from reviews.slack.blocks import Block
from reviews.slack.rows import Row
from reviews.slack.tokens import Token, sealed_many

THEIRS, HAND, SEVERAL = "theirs", "hand", "several"
NAMED, REASON, TICKED = "named", "reason", "ticked"
REASON_AT_MOST = 500


def theirs(item: ItemView, *, value: str) -> Block:
    """Ask who answers for an agent."""
    said = f"From then on this person is asked about {item.title}, and what it may do."
    return blocks.modal(
        THEIRS,
        title="Somebody else's",
        submit="Hand over",
        metadata=value,
        blocks=[
            blocks.section(blocks.words(said, limit=800)),
            blocks.entry("Who answers for it?", blocks.people(NAMED, placeholder="Choose a colleague")),
        ],
    )


def hand(item: ItemView, *, value: str) -> Block:
    """Ask to whom the question is offered."""
    said = (
        f"The question about {item.title} is offered to a colleague. Until they take it over you stay responsible, and "
        "the deadline runs on."
    )
    return blocks.modal(
        HAND,
        title="Hand it on",
        submit="Offer",
        metadata=value,
        blocks=[
            blocks.section(blocks.words(said, limit=800)),
            blocks.entry("Who should decide?", blocks.people(NAMED, placeholder="Choose a colleague")),
            blocks.entry("Why them?", blocks.typed(REASON, most=REASON_AT_MOST), optional=True),
        ],
    )


def several(listed: Sequence[Row], *, ask_id: int, more: int) -> Block:
    """
    Ask which of these are revoked, ten a group at most; nothing is ticked. `more` is how many are not listed.

    A *keep* of several at once is not offered.
    """
    numbers = {row.item.item_id: str(number) for number, row in enumerate(listed)}
    shown: list[Block] = [blocks.section(blocks.words(said(more), limit=800))]
    for place, (name, members) in enumerate(rows.grouped(listed).items()):
        options = [
            blocks.option(row.item.title, numbers[row.item.item_id], description=row.item.replay or row.item.system)
            for row in members
        ]
        shown.append(blocks.entry(name, blocks.checkboxes(f"{TICKED}{place}", options), optional=True))
    tokens = [Token(ask_id, row.item.item_id, row.item.fingerprint) for row in listed]
    return blocks.modal(SEVERAL, title="Revoke several", submit="Revoke", metadata=sealed_many(tokens), blocks=shown)


def said(more: int) -> str:
    """What ticking does, and what is not listed."""
    rest = f" {more:,} more can be revoked one by one, or after these." if more else ""
    return f"Each one that you tick is revoked at once, and each can be taken back for as long as its card says.{rest}"
