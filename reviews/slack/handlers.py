"""
What a click does: one verb, in a transaction that is committed before Slack gets its 200.

The button names an ask and an item and gives no authority; who clicked is looked up, and deciding asks the Assignment.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from governance import clock, hinting
from governance.errors import Conflict, Invalid, Refusal
from governance.models import Person
from reviews import deciding, evidence
from reviews.models import Ask, Decision, Item, Verdict
from reviews.ruling import Via
from reviews.slack import buttons, identity, modals, payloads, refusing, tokens, workspaces
from reviews.slack.blocks import Block
from reviews.slack.payloads import Click

SAID = {
    buttons.KEEP: Verdict.KEEP,
    buttons.REVOKE: Verdict.REVOKE,
    buttons.MINE: Verdict.MINE,
    buttons.RETIRE: Verdict.RETIRE,
    buttons.UNSURE: Verdict.UNSURE,
}
LATER = ("reviews.tasks.deliver_to_slack", "reviews.tasks.carry_out", "reviews.tasks.ask_people")
NOT_OPENED = "Slack did not open the form in time. Nothing was changed; please press the button again."


@dataclass(frozen=True, slots=True)
class Known:
    """A click with who made it and what it is about."""

    click: Click
    person: Person
    ask: Ask
    item: Item
    fingerprint: str


Act = Callable[[Known], None]
Listener = Callable[..., None]


def register(app: App) -> None:
    """Listen for every button and form that we make."""
    for action, verdict in SAID.items():
        app.action(action)(saying(verdict))
    app.action(buttons.KEEP_BECAUSE)(opening(keep_form))
    app.action(buttons.THEIRS)(opening(theirs_form))
    app.action(buttons.UNDO)(undo)
    app.view(modals.KEEP_BECAUSE)(answering(keep_because, field=modals.REASON))
    app.view(modals.THEIRS)(answering(hand_over, field=modals.NAMED))


def attempt(click: Click, act: Act) -> Refusal | None:
    """Do it; where it is refused, enter that and return why."""
    person, about = None, None
    try:
        token = tokens.opened(click.value)
        ask, item = located(token)
        about = (ask, item)
        person = identity.person_of(click.user)
        act(Known(click, person, ask, item, token.fingerprint))
        hinting.hint(*LATER)
    except Refusal as error:
        refusing.enter(click, error, person=person, about=about)
        return error
    return None


def located(token: tokens.Token) -> tuple[Ask, Item]:
    """The rows that a button names; raise Invalid where they are not here (another installation's message)."""
    ask = Ask.objects.select_related("person").filter(pk=token.ask_id).first()
    item = Item.objects.select_related("review__policy").filter(pk=token.item_id).first()
    if ask is None or item is None:
        raise Invalid("This message belongs to another installation. Nothing was changed.")
    return ask, item


def via(known: Known) -> Via:
    """How the answer came: with the hash of what this message showed, and how long it was looked at."""
    ask = known.ask
    dwell = int((clock.now() - ask.sent_at).total_seconds() * 1000) if ask.sent_at else None
    return Via(
        surface="slack",
        assurance=workspaces.assurance(),
        shown_hash=shown(known),
        dwell_ms=min(max(dwell, 0), 2**31 - 1) if dwell is not None else None,
        idempotency_key=known.click.once,
    )


def shown(known: Known) -> str:
    """The hash of the very rendering that was clicked on; a form belongs to the newest."""
    parts = known.click.render.split(".")
    render = parts[2] if len(parts) == 4 else ""  # noqa: PLR2004  (review, ask, render, block)
    hashes: Mapping[str, str] = known.ask.shown.get("renders", {})
    return hashes.get(render, "") if render else known.ask.shown_hash


def decide(known: Known, verdict: Verdict, *, named: Person | None = None) -> None:
    """Hand it to deciding."""
    deciding.decide(
        item=known.item,
        verdict=verdict,
        by=known.person,
        via=via(known),
        reason=known.click.reason,
        named=named,
        fingerprint=known.fingerprint,
    )


def saying(verdict: Verdict) -> Listener:
    """A button that is an answer."""

    def listener(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        click = payloads.pressed(body)
        refusal = attempt(click, lambda known: decide(known, verdict))
        if isinstance(refusal, Invalid) and verdict == Verdict.KEEP:
            show(click, client, keep_form)  # the facts have moved into a band where a keep needs words
        elif refusal:
            refusing.tell(click, str(refusal))
        ack()

    return listener


def opening(form: Callable[[Known], Block]) -> Listener:
    """A button that asks something first."""

    def listener(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        show(payloads.pressed(body), client, form)
        ack()

    return listener


def show(click: Click, client: WebClient, form: Callable[[Known], Block]) -> None:
    """Open a form for somebody who may answer; the one call to Slack that cannot wait for a worker."""
    views: list[Block] = []
    if refusal := attempt(click, lambda known: views.append(permitted(known, form))):
        refusing.tell(click, str(refusal))
        return
    try:
        client.views_open(trigger_id=click.trigger_id, view=views[0])
    except (SlackClientError, OSError):
        refusing.tell(click, NOT_OPENED)


def permitted(known: Known, form: Callable[[Known], Block]) -> Block:
    """The form, if this person may answer now."""
    deciding.authorise(known.item, by=known.person, at=clock.now())
    return form(known)


def keep_form(known: Known) -> Block:
    """Ask why it is kept."""
    card = evidence.card(known.item.review)
    view = next(each for each in card.items if each.item_id == known.item.pk)
    return modals.keep_because(card, view, value=known.click.value)


def theirs_form(known: Known) -> Block:
    """Ask whose it is."""
    return modals.theirs(evidence.item_view(known.item), value=known.click.value)


def keep_because(known: Known) -> None:
    """A keep with its reason."""
    decide(known, Verdict.KEEP)


def hand_over(known: Known) -> None:
    """Somebody else's: they must be linked, like everybody who decides."""
    named = identity.linked(team_id=known.click.user.team_id, user_id=known.click.chosen)
    if named is None:
        raise Invalid(
            "This Slack user is not linked to a person in Countersign. "
            "Choose somebody who is, or ask governance to link them."
        )
    decide(known, Verdict.THEIRS, named=named)


def answering(act: Act, *, field: str) -> Listener:
    """A form that was sent: what is wrong with its field stands there, every other refusal takes its place."""

    def listener(ack: Ack, body: dict[str, Any]) -> None:
        refusal = attempt(payloads.sent(body), act)
        if refusal is None:
            ack()
        elif isinstance(refusal, Invalid):
            ack(response_action="errors", errors={field: str(refusal)})
        else:
            ack(response_action="update", view=modals.notice(str(refusal)))

    return listener


def undo(ack: Ack, body: dict[str, Any]) -> None:
    """Take a decision back."""
    click = payloads.pressed(body)
    if refusal := attempt(click, taken_back):
        refusing.tell(click, str(refusal))
    ack()


def taken_back(known: Known) -> None:
    """Hand it to deciding."""
    decision = Decision.objects.filter(item=known.item).first()
    if decision is None:
        raise Conflict("There is no decision to take back.")
    deciding.undo(decision=decision, by=known.person, via=via(known))
