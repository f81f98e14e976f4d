"""
What a click does: one verb, in a transaction that is committed before Slack gets its 200.

What has to be said to Slack besides (opening a form, telling why not) is said by a thread of its own: no click waits.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from governance import clock
from governance.errors import Conflict, Drifted, Invalid, NotAllowed, Refusal
from governance.sole import sole
from reviews import handing, postponing, questions, undoing
from reviews.deciding import Said
from reviews.models import Decision, Handover, Verdict
from reviews.slack import accounts, bulk, buttons, commands, payloads, refusing, windows, wishes
from reviews.slack.known import Act, Known, attempt, decide, via
from reviews.slack.payloads import Click
from reviews.slack.windows import Form

SAID = {
    buttons.KEEP: Verdict.KEEP,
    buttons.REVOKE: Verdict.REVOKE,
    buttons.MINE: Verdict.MINE,
    buttons.RETIRE: Verdict.RETIRE,
    buttons.DISABLE: Verdict.DISABLE,
}
INSTEAD: Mapping[str, Form] = {buttons.KEEP: windows.keep_form}
DONE = "Done. What became of it stands in your messages and on the Home tab."
Listener = Callable[..., None]


def register(app: App) -> None:
    """Listen for every button, form and command that we make."""
    for action, verdict in SAID.items():
        app.action(action)(pressing(partial(decide, said=Said(verdict=verdict)), instead=INSTEAD.get(action)))
    for action, act in PRESSED.items():
        app.action(action)(pressing(act))
    app.action(buttons.MORE)(choosing)
    app.action(buttons.BROWSER)(opening)
    app.action(buttons.LINK)(lambda ack: ack())
    windows.register(app)
    accounts.register(app)
    bulk.register(app)
    wishes.register(app)
    commands.register(app)


def pressing(act: Act, *, instead: Form | None = None) -> Listener:
    """A button that does something at once; `instead` opens where it turns out that words are wanted."""

    def listener(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        click = payloads.pressed(body)
        refusal = attempt(click, act)
        if instead is not None and isinstance(refusal, Invalid) and refusal.field:
            windows.show(click, client, instead)  # the facts have moved since: a keep needs words by now
        else:
            tell(click, refusal, client)
        ack()

    return listener


def tell(click: Click, refusal: Refusal | None, client: WebClient) -> None:
    """
    Say why not; and in a message that only this person sees, that it is done: there nothing is rendered again.

    What such a message asks is out of date where it was answered already, and gives way to what is said; of a list to
    what still waits, too.
    """
    over = refusal is None or isinstance(refusal, Conflict | Drifted)
    if click.ephemeral and over:
        said = DONE if refusal is None else str(refusal)
        refusing.tell(click, said, client, replace=True, besides=commands.listed_again(click))
    elif refusal is not None:
        refusing.tell(click, refusal, client)


def undo(known: Known) -> None:
    """Take a decision back."""
    decision = sole(Decision.objects.filter(item=known.item))
    if decision is None:
        raise Conflict("There is no decision to take back.")
    undoing.undo(decision=decision, by=known.person, via=via(known))


def offered(known: Known) -> Handover:
    """The offer that this message is about."""
    found = Handover.objects.filter(assignment__review=known.item.review, to=known.person).order_by("-pk").first()
    if found is None:
        raise NotAllowed("This was not offered to you. Nothing was changed.")
    return found


def accept(known: Known) -> None:
    """Take a question over."""
    handing.accept(handover=offered(known), by=known.person, via=via(known))


def decline(known: Known) -> None:
    """Leave it where it is."""
    handing.decline(handover=offered(known), by=known.person, via=via(known))


def choosing(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
    """The menu behind the three dots: a verb, and which question it is about."""
    click = payloads.pressed(body)
    verb, _, value = click.one(buttons.MORE).partition(":")
    named = payloads.with_value(click, value)
    if verb == buttons.HAND:
        windows.show(named, client, windows.hand_form)
    else:
        refusal = attempt(named, MENU.get(verb, unknown))
        if refusal is not None or verb != buttons.OPEN:  # who opens the record has not answered
            tell(named, refusal, client)
    ack()


def opening(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
    """A link to the full record was followed: that is no answer."""
    click = payloads.pressed(body)
    if refusal := attempt(click, look):
        tell(click, refusal, client)
    ack()


def unknown(_known: Known) -> None:
    """A verb that no menu of ours has."""
    raise Invalid("This choice is not one of ours. Nothing was changed.")


def snooze(known: Known) -> None:
    """Put it off."""
    postponing.snooze(review=known.item.review, by=known.person, via=via(known))


def look(known: Known) -> None:
    """The full record is opened in the browser."""
    questions.look(known.item.review, by=known.person, surface="slack", at=clock.now())


MENU: Mapping[str, Act] = {
    buttons.SNOOZE: snooze,
    buttons.UNSURE: partial(decide, said=Said(verdict=Verdict.UNSURE)),
    buttons.OPEN: look,
}
PRESSED: Mapping[str, Act] = {buttons.UNDO: undo, buttons.ACCEPT: accept, buttons.DECLINE: decline}
