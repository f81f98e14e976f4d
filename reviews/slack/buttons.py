"""Which buttons a card has. Keep is never green and never suggested; Revoke is red, and asks once more."""

from datetime import datetime, timedelta

from django.conf import settings

from governance import clock
from reviews.evidence import About, Card, ItemView, Outcome
from reviews.models import Review
from reviews.slack import blocks
from reviews.slack.blocks import Block
from reviews.slack.tokens import Token, sealed

# action ids: what comes back with a click
KEEP, KEEP_BECAUSE, REDUCE, REVOKE = "keep", "keep_because", "reduce", "revoke"
MINE, THEIRS, RETIRE = "mine", "theirs", "retire"
CLAIM, DISCLAIM, DISABLE = "claim", "disclaim", "disable"
REVIEW, UNDO, MORE, BROWSER, LINK = "review", "undo", "more", "browser", "open_queue"
ACCEPT, DECLINE = "accept", "decline"
# what the menu behind the three dots offers
HAND, SNOOZE, UNSURE, OPEN = "hand", "snooze", "unsure", "open"


def buttons_of(card: Card, item: ItemView, *, ask_id: int) -> list[Block]:
    """The verbs that this question can be answered with."""
    value = sealed(Token(ask_id=ask_id, item_id=item.item_id, fingerprint=item.fingerprint))
    menu = more(card, item, ask_id=ask_id)
    if item.about == About.ACCOUNT:
        return [*whose(card, item, value=value), menu]
    if card.kind == Review.Kind.CLAIM:
        return [*claiming(item, value=value, undo=card.undo), menu]
    return [*stays(card, item, value=value), revoke(item, value=value, undo=card.undo), menu]


def stays(card: Card, item: ItemView, *, value: str) -> list[Block]:
    """The verbs by which it stays, wholly or in part."""
    if item.keeping.behind_login:
        return [in_browser(card, item, value=value)]
    return [keep(item, value=value), *([reduce(item, value=value)] if item.can_be_reduced else [])]


def row_buttons(card: Card, item: ItemView, *, ask_id: int) -> list[Block]:
    """The buttons beside a line: what can be kept by one click can; all other answers open the question."""
    if card.kind == Review.Kind.CLAIM or item.keeping.behind_login:
        return buttons_of(card, item, ask_id=ask_id)
    value = sealed(Token(ask_id=ask_id, item_id=item.item_id, fingerprint=item.fingerprint))
    one_click = [] if item.keeping.needs_reason else [keep(item, value=value)]
    text = "Other…" if one_click else "Review…"
    review = blocks.button(REVIEW, text, label=f"Review {item.title}", value=value)
    return [*one_click, review, more(card, item, ask_id=ask_id)]


def keep(item: ItemView, *, value: str) -> Block:
    """Keep for a while; with … where policy wants a reason."""
    action, end = (KEEP_BECAUSE, "…") if item.keeping.needs_reason else (KEEP, "")
    text = f"Keep for {days(item.keeping.longest)}"
    return blocks.button(action, f"{text}{end}", label=f"{text}: {item.title}", value=value)


def in_browser(card: Card, item: ItemView, *, value: str) -> Block:
    """Decide where a log-in stands behind the answer."""
    text = "Review and decide"
    return blocks.button(BROWSER, text, label=f"{text}: {item.title}", value=value, url=record_of(card))


def record_of(question: Card | Review) -> str:
    """The address of the full record."""
    return f"{settings.BASE_URL}/reviews/{question.reference if isinstance(question, Card) else question}/"


def queue_link(text: str) -> Block:
    """The way to the person's whole queue."""
    return link(queue(), text, label="Open your whole queue in the browser")


def queue() -> str:
    """The address of the person's whole queue."""
    return f"{settings.BASE_URL}/reviews/"


def link(url: str, text: str, *, label: str) -> Block:
    """A way out of Slack. Slack says that it was followed; that is no answer."""
    return blocks.button(LINK, text, label=label, url=url)


def days(number: int) -> str:
    """How long a keep lasts."""
    return "1 day" if number == 1 else f"{number} days"


def reduce(item: ItemView, *, value: str) -> Block:
    """Leave a part of it."""
    return blocks.button(REDUCE, "Reduce…", label=f"Reduce {item.title}", value=value)


def revoke(item: ItemView, *, value: str, undo: timedelta) -> Block:
    """Revoke, after saying what it does and how long it can be taken back."""
    return blocks.danger(
        blocks.button(REVOKE, "Revoke", label=f"Revoke {item.title}", value=value),
        title=f"Revoke {item.title}?",
        text=consequence(effect(item), undo=undo, limit=blocks.CONFIRM_TEXT),
        confirm="Revoke",
    )


def effect(item: ItemView) -> str:
    """What a removal does."""
    return item.preview or f"The access is removed{f' from {item.system}' if item.system else ''}."


def consequence(effect: str, *, undo: timedelta, limit: int) -> Block:
    """The effect and its undo, the undo never cut off by a long effect."""
    return blocks.words(effect, limit=limit, ending=f"You can take it back for {clock.lasting(undo)}.")


def more(card: Card, item: ItemView, *, ask_id: int) -> Block:
    """What can be done besides answering."""
    token = sealed(Token(ask_id=ask_id, item_id=item.item_id, fingerprint=""))
    options = [
        blocks.option("Not mine, hand it on…", f"{HAND}:{token}"),
        blocks.option("Snooze until tomorrow 09:00", f"{SNOOZE}:{token}"),
        blocks.option("I don't know, ask the next in line", f"{UNSURE}:{token}"),
        blocks.option("Open the full record", f"{OPEN}:{token}", url=record_of(card)),
    ]
    return blocks.overflow(MORE, options)


def claiming(item: ItemView, *, value: str, undo: timedelta) -> list[Block]:
    """Mine, somebody else's, or retire it."""
    retire = blocks.danger(
        blocks.button(RETIRE, "Retire it", label=f"Retire {item.title}", value=value),
        title=f"Retire {item.title}?",
        text=consequence("The accounts that only this agent uses are disabled.", undo=undo, limit=blocks.CONFIRM_TEXT),
        confirm="Retire",
    )
    return [
        blocks.button(MINE, "It's mine", label=f"I answer for {item.title}", value=value),
        blocks.button(
            THEIRS, "Somebody else's…", label=f"Somebody else answers for {item.title}: name them", value=value
        ),
        retire,
    ]


def whose(card: Card, item: ItemView, *, value: str) -> list[Block]:
    """An agent's, no agent's, somebody else knows, or disable it. Nothing is suggested by a colour or a place."""
    claim = blocks.button(CLAIM, "It belongs to…", label=f"Name the agent that uses {item.title}", value=value)
    disclaim = blocks.button(DISCLAIM, "Not an agent…", label=f"No agent uses {item.title}: say who does", value=value)
    theirs = blocks.button(
        THEIRS, "Somebody else's…", label=f"Somebody else knows whose {item.title} is: name them", value=value
    )
    disable = blocks.danger(
        blocks.button(DISABLE, "Disable it", label=f"Disable {item.title}", value=value),
        title=f"Disable {item.title}?",
        text=consequence(shut(item), undo=card.undo, limit=blocks.CONFIRM_TEXT),
        confirm="Disable",
    )
    stays = in_browser(card, item, value=value) if item.keeping.behind_login else disclaim
    return [claim, stays, theirs, disable]


def shut(item: ItemView) -> str:
    """What disabling does."""
    return f"Nothing can sign in with it any more{f' in {item.system}' if item.system else ''}."


def offer_buttons(card: Card, item: ItemView, *, ask_id: int) -> list[Block]:
    """Take a question over, or not; `item` is one that it is about."""
    about = item.title if len(card.items) == 1 else card.question
    value = sealed(Token(ask_id=ask_id, item_id=item.item_id, fingerprint=""))
    return [
        blocks.button(ACCEPT, "Take it over", label=f"Take the question about {about} over", value=value),
        blocks.button(DECLINE, "Not me", label=f"Leave the question about {about} where it is", value=value),
    ]


def undo_button(outcome: Outcome, *, title: str, about: Token, at: datetime) -> Block | None:
    """Take a decision about what has this title back, while that is possible."""
    if outcome.undo_until is None or outcome.undo_until <= at:
        return None
    return blocks.button(UNDO, "Undo", label=f"Undo the decision about {title}", value=sealed(about))
