"""A colleague would like to hand a question over: the card, and two buttons."""

from reviews.evidence import Card
from reviews.models import Handover
from reviews.slack import blocks, rendering
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
        for item in card.items[:1]:
            shown += [rendering.facts(item), *rendering.known(item)]
            shown.append(blocks.actions(offer_buttons(item, ask_id=copy.ask_id)))
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
