"""A colleague would like to hand a question over: the card, and two buttons."""

from collections.abc import Sequence

from reviews.evidence import Card, ItemView
from reviews.models import Handover, State
from reviews.slack import blocks, rendering, several
from reviews.slack.blocks import Block
from reviews.slack.buttons import offer_buttons
from reviews.slack.plain import marked
from reviews.slack.rendering import Copy, Message

ENDED = {
    Handover.Ending.ACCEPTED: "You took it over. The question itself follows.",
    Handover.Ending.DECLINED: "You left it with {giver}.",
    Handover.Ending.OVERTAKEN: "It is settled: nothing is left to take over.",
}


def message(card: Card, handover: Handover, copy: Copy) -> Message:
    """The offer, as it stands now."""
    giver = handover.assignment.person.name
    open_now = handover.ending == Handover.Ending.OPEN
    heading = f"{giver} asks you to decide this instead" if open_now else f"Offered by {giver}"
    shown = [blocks.header(heading), blocks.section(blocks.words(card.question, limit=600))]
    if handover.reason:
        shown.append(blocks.section(blocks.words(f"{giver} says: {handover.reason}", limit=600)))
    if open_now:
        if card.left:
            shown.append(blocks.context(blocks.words(card.left, limit=blocks.CONTEXT)))
        waiting = [item for item in card.items if item.state == State.OPEN]
        shown += about(waiting)
        shown += [blocks.actions(offer_buttons(card, item, ask_id=copy.ask_id)) for item in waiting[:1]]
        left = f"Until you take it over, {giver} answers for it. If nothing is decided in time, {card.silence}."
        shown.append(blocks.context(blocks.words(left, limit=blocks.CONTEXT)))
    else:
        shown.append(
            blocks.context(blocks.words(ENDED[Handover.Ending(handover.ending)].format(giver=giver), limit=500))
        )
    shown.append(blocks.context(blocks.words(f"{card.reference} · {card.policy}", limit=blocks.CONTEXT)))
    prefix = f"offer.{copy.ask_id}.{copy.render}"
    text = f"{marked(heading, limit=200)}: {marked(card.question, limit=500)} {card.reference}."
    return Message(text=text, blocks=blocks.numbered(shown, prefix=prefix))


def about(items: Sequence[ItemView]) -> list[Block]:
    """What is known of each, as the question itself says it."""
    if len(items) == 1:
        return [rendering.facts(items[0]), *rendering.known(items[0])]
    if not items:
        return []
    shared, room = several.shared(items), rendering.room(len(items))
    told = (several.paragraph(item, shared=shared, room=room) for item in items)
    return [*several.above(shared), *(blocks.section(blocks.markup(text)) for text in told)]
