"""
A click with who made it and what it is about, and what becomes of it: done, or refused and entered.

The button names an ask and an item and gives no authority; who clicked is looked up, and deciding asks the Assignment.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import rfc8785

from governance import hinting
from governance.errors import Conflict, Invalid, Refusal
from governance.models import Person
from governance.sole import sole
from reviews import deciding, evidence
from reviews.deciding import Said
from reviews.evidence import Card, ItemView
from reviews.hours import zone_of
from reviews.models import Ask, Item
from reviews.ruling import Via
from reviews.slack import identity, refusing, tokens, workspaces
from reviews.slack.blocks import Block
from reviews.slack.payloads import Click
from reviews.slack.tokens import Token

LATER = ("reviews.tasks.deliver_to_slack", "reviews.tasks.carry_out", "reviews.tasks.ask_people")
PARTS = 4  # of a block's name: review, ask, render, block


@dataclass(frozen=True, slots=True)
class Known:
    """A click with who made it and what it is about."""

    click: Click
    person: Person
    ask: Ask
    item: Item
    token: Token

    @property
    def zone(self) -> ZoneInfo:
        """Where the person is."""
        return zone_of(self.person)

    def seen(self) -> tuple[Card, ItemView]:
        """What the question says now, and the item of it."""
        card = evidence.card(self.item.review)
        found = next((each for each in card.items if each.item_id == self.item.pk), None)
        if found is None:
            raise Conflict("This question has changed. The message has been brought up to date.")
        return card, found


Act = Callable[[Known], None]


def attempt(click: Click, act: Act, *, token: Callable[[], Token] | None = None) -> Refusal | None:
    """Do it; where it is refused, enter that and return why."""
    person, about = None, None
    try:
        named = token() if token else tokens.opened(click.value)
        ask, item = located(named)
        about = (ask, item)
        person = identity.person_of(click.user)
        act(Known(click, person, ask, item, named))
        hinting.hint(*LATER)
    except Refusal as error:
        refusing.enter(click, error, person=person, about=about)
        return error
    return None


def located(token: Token) -> tuple[Ask, Item]:
    """The rows that a button names; raise Invalid where they are not here (another installation's message)."""
    ask = sole(Ask.objects.filter(pk=token.ask_id))
    item = sole(Item.objects.select_related("review").filter(pk=token.item_id))
    if ask is None or item is None:
        raise Invalid("This message belongs to another installation. Nothing was changed.")
    return ask, item


def via(known: Known, *, part: str = "") -> Via:
    """
    How the answer came: from which message, with the hash of what it showed, and how long it was looked at.

    `part` tells the answers of one form apart.
    """
    ask = known.ask
    return Via(
        surface="slack",
        assurance=workspaces.assurance(),
        shown_hash=shown(known),
        form_hash=known.token.form,
        message=known.click.place or ask.external_id,
        action=known.click.action,
        shown_at=None if ask.purpose == Ask.Purpose.HOME else ask.sent_at,
        idempotency_key=f"{known.click.once}{part}",
    )


def shown(known: Known) -> str:
    """The hash of the very rendering that was clicked on; of a form: from which it was opened."""
    if known.token.form:
        return known.token.shown
    parts = known.click.render.split(".")
    render = parts[2] if len(parts) == PARTS else ""
    hashes: Mapping[str, str] = known.ask.shown.get("renders", {})
    return hashes.get(render, "") if render else known.ask.shown_hash


def decide(known: Known, *, said: Said) -> None:
    """Hand what the person says to deciding."""
    deciding.decide(item=known.item, said=said, by=known.person, via=via(known), fingerprint=known.token.fingerprint)


def bound(known: Known, form: Block, *others: Token) -> Block:
    """
    A form that carries what it is about, with the hash of what the click was on and its own.

    `others` are the subjects of a form about several.
    """
    before, own = shown(known), hashlib.sha256(rfc8785.dumps(form)).hexdigest()
    about = [replace(each, shown=before, form=own) for each in others or (known.token,)]
    return {**form, "private_metadata": tokens.sealed_many(about) if others else tokens.sealed(about[0])}
