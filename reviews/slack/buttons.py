"""Which buttons a card has. Keep is never green and never suggested; Revoke is red, and asks once more."""

from datetime import datetime, timedelta

from governance import clock
from reviews.evidence import Card, ItemView, Outcome
from reviews.models import Review
from reviews.slack import blocks
from reviews.slack.blocks import Block
from reviews.slack.tokens import Token, sealed

# action ids: what comes back with a click
KEEP, KEEP_BECAUSE, REVOKE = "keep", "keep_because", "revoke"
MINE, THEIRS, RETIRE = "mine", "theirs", "retire"
UNSURE, UNDO = "unsure", "undo"


def buttons_of(card: Card, item: ItemView, *, ask_id: int) -> list[Block]:
    """The verbs that this question can be answered with."""
    value = sealed(Token(ask_id=ask_id, item_id=item.item_id, fingerprint=item.fingerprint))
    what = "all of these" if len(card.items) > 1 else item.title
    unsure = blocks.button(
        UNSURE, "I don't know", label=f"I don't know: ask the next in line about {what}", value=value
    )
    if card.kind == Review.Kind.CLAIM:
        return [*claiming(item, value=value, undo=card.undo), unsure]
    return [keep(card, item, value=value), revoke(item, value=value, undo=card.undo), unsure]


def keep(card: Card, item: ItemView, *, value: str) -> Block:
    """Keep for a while; with … where policy wants a reason."""
    action, more = (KEEP_BECAUSE, "…") if item.keep_needs_reason else (KEEP, "")
    text = f"Keep for {days(card)}"
    return blocks.button(action, f"{text}{more}", label=f"{text}: {item.title}", value=value)


def days(card: Card) -> str:
    """How long a keep lasts."""
    return "1 day" if card.keep_days == 1 else f"{card.keep_days} days"


def revoke(item: ItemView, *, value: str, undo: timedelta) -> Block:
    """Revoke, after saying what it does and how long it can be taken back."""
    effect = item.preview or f"The access is removed{f' from {item.system}' if item.system else ''}."
    return blocks.danger(
        blocks.button(REVOKE, "Revoke", label=f"Revoke {item.title}", value=value),
        title=f"Revoke {item.title}?",
        text=consequence(effect, undo=undo),
        confirm="Revoke",
    )


def consequence(effect: str, *, undo: timedelta) -> str:
    """The effect and its undo, the undo never cut off by a long effect."""
    ending = f"You can take it back for {clock.lasting(undo)}."
    room = blocks.CONFIRM_TEXT - len(ending) - 1
    kept = effect if len(effect) <= room else f"{effect[: room - 1]}…"
    return f"{kept} {ending}"


def claiming(item: ItemView, *, value: str, undo: timedelta) -> list[Block]:
    """Mine, somebody else's, or retire it."""
    retire = blocks.danger(
        blocks.button(RETIRE, "Retire it", label=f"Retire {item.title}", value=value),
        title=f"Retire {item.title}?",
        text=consequence("The accounts that only this agent uses are disabled.", undo=undo),
        confirm="Retire",
    )
    return [
        blocks.button(MINE, "It's mine", label=f"I answer for {item.title}", value=value),
        blocks.button(
            THEIRS, "Somebody else's…", label=f"Somebody else answers for {item.title}: name them", value=value
        ),
        retire,
    ]


def undo_button(item: ItemView, outcome: Outcome, *, ask_id: int, at: datetime) -> Block | None:
    """Take a decision back, while that is possible."""
    if outcome.undo_until is None or outcome.undo_until <= at:
        return None
    value = sealed(Token(ask_id=ask_id, item_id=item.item_id, fingerprint=item.fingerprint))
    return blocks.button(UNDO, "Undo", label=f"Undo the decision about {item.title}", value=value)
