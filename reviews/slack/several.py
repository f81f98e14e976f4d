"""Several subjects in one message: what all of them share is said once, above; each says the rest of itself."""

from collections.abc import Sequence

from reviews.evidence import ItemView, Line
from reviews.evidence.cards import CAN_DO
from reviews.slack import blocks
from reviews.slack.blocks import Block
from reviews.slack.plain import marked

WHY_NOW, SUGGESTION = "Why now", "Suggestion"
SENTENCE, ENOUGH = 500, 40  # fewer characters say nothing


def said(item: ItemView) -> list[Line]:
    """What is to be known of one subject besides its name and what a removal does."""
    where = Line("In", f"{item.system}. Risk: {item.band.label.lower()}")  # its name stands above
    facts = [where if line.label == CAN_DO else line for line in item.lines[:6]]
    return [
        line for line in (Line(WHY_NOW, " ".join(item.why_now)), *facts, Line(SUGGESTION, item.suggestion)) if line.text
    ]


def shared(items: Sequence[ItemView]) -> list[Line]:
    """What is the same of all of them."""
    first, *others = (said(item) for item in items)
    return [line for line in first if all(line in other for other in others)]


def above(lines: Sequence[Line]) -> list[Block]:
    """What all of them share, as a card about one subject would say it."""
    by_label = {line.label: line.text for line in lines}
    why, suggestion = by_label.pop(WHY_NOW, ""), by_label.pop(SUGGESTION, "")
    fields = [blocks.field(label, text) for label, text in by_label.items()]
    text = blocks.words(f"Why now: {why}", limit=SENTENCE) if why else None
    shown = [blocks.section(text, fields=fields)] if text or fields else []
    if suggestion:
        shown.append(blocks.context(blocks.words(f"Suggestion: {suggestion}", limit=SENTENCE)))
    return shown


def paragraph(item: ItemView, *, shared: Sequence[Line], room: int) -> str:
    """One subject in a few lines, what matters most first; never longer than `room`."""
    own = [line for line in said(item) if line not in shared]
    facts = " · ".join(f"{line.label}: {line.text}" for line in own if line.label not in {WHY_NOW, SUGGESTION})
    why, suggestion = (
        " ".join(f"{line.label}: {line.text}" for line in own if line.label == label) for label in (WHY_NOW, SUGGESTION)
    )
    lines = [f"*{marked(item.title, limit=room // 3)}*"]
    for text in (item.replay, item.preview, why, facts, suggestion):
        left = room - sum(len(line) + 1 for line in lines)
        if text and left > ENOUGH:
            lines.append(marked(text, limit=left))
    return "\n".join(lines)
