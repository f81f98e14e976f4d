"""
Windows: the forms that buttons open, and what is done when they are sent.

A form is opened by a thread of its own for somebody who may answer; what is sent is checked again, like every click.
"""

from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from governance import clock
from governance.errors import Invalid, Refusal
from governance.models import Person
from reviews import deciding, handing
from reviews.deciding import Said
from reviews.evidence import Card, ItemView
from reviews.models import Verdict
from reviews.models.decision import Task
from reviews.slack import aside, blocks, buttons, forms, identity, modals, payloads, refusing
from reviews.slack.blocks import Block
from reviews.slack.known import Act, Known, attempt, bound, decide, via
from reviews.slack.payloads import Click

NOT_OPENED = "Slack did not open the form in time. Nothing was changed. Press it again, or decide in the browser."
Listener = Callable[..., None]
Form = Callable[[Known], Block]


def register(app: App) -> None:
    """Listen for every button that opens a form, and for every form."""
    for action, form in FORMS.items():
        app.action(action)(opening(form))
    for callback, (act, field) in ANSWERS.items():
        app.view(callback)(answering(act, field=field))
    app.view(modals.DECIDE)(deciding_form)


def opening(form: Form) -> Listener:
    """A button that asks something first."""

    def listener(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        show(payloads.pressed(body), client, form)
        ack()

    return listener


def show(click: Click, client: WebClient, form: Form) -> None:
    """Open a form for somebody who may answer."""
    made: list[tuple[Block, str]] = []

    def make(known: Known) -> None:
        made.append((permitted(known, form), buttons.record_of(known.item.review)))

    if refusal := attempt(click, make):
        refusing.tell(click, refusal, client)
        return
    view, record = made[0]
    open_view(click, client, view, elsewhere=record)


def open_view(click: Click, client: WebClient, view: Block, *, elsewhere: str) -> None:
    """Have Slack open a form; where it does not, the person is told, with the address at which they can decide."""
    aside.say(
        lambda: client.views_open(trigger_id=click.trigger_id, view=view),
        otherwise=lambda: refusing.send(click, NOT_OPENED, client=client, blocks=not_opened(elsewhere)),
    )


def not_opened(elsewhere: str) -> list[Block]:
    """That Slack opened no form, and where to decide instead."""
    link = buttons.link(elsewhere, "Decide in the browser", label="Decide in the browser instead")
    shown = [blocks.section(blocks.words(NOT_OPENED, limit=300)), blocks.actions([link])]
    return blocks.numbered(shown, prefix="elsewhere")


def permitted(known: Known, form: Form) -> Block:
    """The form, if this person may answer now."""
    deciding.authorise(known.item, by=known.person, at=clock.now())
    return bound(known, form(known))


def keep_form(known: Known) -> Block:
    """Ask why it is kept."""
    card, item = staying(known)
    return modals.keep_because(card, item, at=clock.now(), zone=known.zone)


def reduce_form(known: Known) -> Block:
    """Ask what should remain."""
    _, item = staying(known)
    return modals.reduce(item, at=clock.now(), zone=known.zone)


def staying(known: Known) -> tuple[Card, ItemView]:
    """What the question says, if what it is about may stay by a click here. Raises Invalid."""
    card, item = known.seen()
    if item.keeping.behind_login:
        raise Invalid(deciding.IN_THE_BROWSER)
    return card, item


def decide_form(known: Known) -> Block:
    """The whole question."""
    card, item = known.seen()
    return modals.decide(card, item, at=clock.now(), zone=known.zone)


def theirs_form(known: Known) -> Block:
    """Ask whose it is."""
    return forms.theirs(known.seen()[1])


def hand_form(known: Known) -> Block:
    """Ask to whom it is offered."""
    return forms.hand(known.seen()[0])


FORMS: Mapping[str, Form] = {
    buttons.KEEP_BECAUSE: keep_form,
    buttons.REDUCE: reduce_form,
    buttons.REVIEW: decide_form,
    buttons.THEIRS: theirs_form,
}


def answering(act: Act, *, field: str) -> Listener:
    """A form that was sent: what is wrong stands at its field, else at this one; other refusals take its place."""

    def listener(ack: Ack, body: dict[str, Any]) -> None:
        answer(ack, attempt(payloads.sent(body), act), field=field)

    return listener


def answer(ack: Ack, refusal: Refusal | None, *, field: str) -> None:
    """Close the form, or say why it stays."""
    if refusal is None:
        ack()
    elif isinstance(refusal, Invalid):
        ack(response_action="errors", errors={refusal.field or field: str(refusal)})
    else:
        ack(response_action="update", view=refusing.notice(str(refusal)))


def deciding_form(ack: Ack, body: dict[str, Any]) -> None:
    """The whole question was answered; a reduce asks what should remain."""
    click = payloads.sent(body)
    if click.one(modals.VERDICT) != Verdict.REDUCE:
        answer(ack, attempt(click, chosen), field=modals.REASON)
        return
    views: list[Block] = []
    refusal = attempt(click, lambda known: views.append(permitted(known, reduce_form)))
    ack(response_action="update", view=views[0] if refusal is None else refusing.notice(str(refusal)))


def chosen(known: Known) -> None:
    """Keep or revoke, as the form says."""
    verdict = known.click.one(modals.VERDICT)
    if verdict not in {Verdict.KEEP, Verdict.REVOKE}:
        raise Invalid("Choose what should happen.", field=modals.VERDICT)
    if verdict == Verdict.KEEP:
        keep_because(known)
    else:
        decide(known, said=Said(verdict=Verdict.REVOKE, reason=known.click.one(modals.REASON)))


def keep_because(known: Known) -> None:
    """A keep with its reason."""
    entered = known.click
    task = entered.one(modals.TASK)
    said = Said(
        verdict=Verdict.KEEP,
        reason=entered.one(modals.REASON),
        task=Task(task) if task in Task.values else Task.NONE,
        days=number(entered.one(modals.DAYS)),
    )
    decide(known, said=said)


def reduce(known: Known) -> None:
    """A reduce, with what should remain; what is said beside a form that the system offers, is why."""
    entered = known.click
    _, item = known.seen()
    place, words = entered.one(modals.REMAINS), entered.one(modals.TEXT)
    offered = item.narrowings[int(place)] if place.isdecimal() and int(place) < len(item.narrowings) else None
    remains = {"key": offered.key, "text": offered.text} if offered else {"text": words}
    said = Said(
        verdict=Verdict.REDUCE,
        reason=words if offered else "",
        remains=remains,
        days=number(entered.one(modals.DAYS)),
    )
    decide(known, said=said)


def number(text: str) -> int | None:
    """A number of days, as a form has it."""
    return int(text) if text.isdecimal() else None


def named(known: Known) -> Person:
    """The colleague whom a form names: they must be linked, like everybody who decides."""
    found = identity.colleague(team_id=known.click.user.team_id, user_id=known.click.one(forms.NAMED))
    if found is None:
        raise Invalid(
            "This Slack user is not linked to a person in Countersign. "
            "Choose somebody who is, or ask governance to link them."
        )
    return found


def hand_over(known: Known) -> None:
    """Somebody else's agent."""
    decide(known, said=Said(verdict=Verdict.THEIRS, named=named(known)))


def hand_on(known: Known) -> None:
    """Offer the question to a colleague."""
    handing.offer(
        review=known.item.review,
        to=named(known),
        by=known.person,
        via=via(known),
        reason=known.click.one(forms.REASON),
    )


ANSWERS: Mapping[str, tuple[Act, str]] = {
    modals.KEEP_BECAUSE: (keep_because, modals.REASON),
    modals.REDUCE: (reduce, modals.TEXT),
    forms.THEIRS: (hand_over, forms.NAMED),
    forms.HAND: (hand_on, forms.NAMED),
}
