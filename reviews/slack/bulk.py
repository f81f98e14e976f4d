"""Several at once: some of what waits is revoked by one form. There is no *keep* of several."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from governance import clock
from governance.errors import Invalid, Refusal
from reviews import deciding
from reviews.deciding import Said
from reviews.hours import hours_of
from reviews.models import Review, Verdict
from reviews.slack import buttons, forms, page, payloads, refusing, tokens, waiting, windows
from reviews.slack.known import Known, attempt, bound, via
from reviews.slack.payloads import Click
from reviews.slack.tokens import Token

A_GROUP, GROUPS = 10, 2


def register(app: App) -> None:
    """Listen for the button and the form."""
    app.action(page.SEVERAL)(opened)
    app.view(forms.SEVERAL)(sent)


def opened(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
    """Show what can be ticked."""
    click, views = payloads.pressed(body), []
    if refusal := attempt(click, lambda known: views.append(form(known))):
        refusing.tell(click, refusal, client)
    else:
        windows.open_view(click, client, views[0], elsewhere=buttons.queue())
    ack()


def form(known: Known) -> dict[str, Any]:
    """What this person's page shows, and is about a grant: two agents' at most, ten of each."""
    found = waiting.waiting_for(known.person)
    filters = waiting.chosen(hours_of(known.person).wishes.filters, waiting.groups_of(found))
    at = clock.now()
    fitting = [each for each in found if each.kind == Review.Kind.CERTIFY and waiting.fits(each, filters, at=at)]
    by_group = [[each for each in fitting if each.group == group] for group in waiting.groups_of(fitting)[:GROUPS]]
    listed = waiting.rows_of([each for members in by_group for each in members[:A_GROUP]])
    if not listed:
        raise Invalid("Nothing that could be revoked waits for you any more.")
    about = [Token(known.ask.pk, row.item.item_id, row.item.fingerprint) for row in listed]
    return bound(known, forms.several(listed, more=len(fitting) - len(listed)), *about)


def sent(ack: Ack, body: dict[str, Any]) -> None:
    """Revoke each that was ticked; what could not be is named, and the rest is done."""
    click = payloads.sent(body)
    try:
        chosen = list(ticked(click))
    except Invalid as error:
        ack(response_action="update", view=refusing.notice(str(error)))
        return
    if not chosen:
        ack(response_action="errors", errors={f"{forms.TICKED}0": "Tick what should be revoked, or cancel."})
        return
    refusals = [refusal for token in chosen if (refusal := attempt(click, revoke, token=holding(token)))]
    if refusals:
        ack(
            response_action="update",
            view=refusing.notice(told(refusals, done=len(chosen) - len(refusals)), title="Not all"),
        )
    else:
        ack()


def ticked(click: Click) -> Iterator[Token]:
    """What was ticked. Raises Invalid."""
    listed = tokens.opened_many(click.value)
    for name, places in click.entered.items():
        for place in places if name.startswith(forms.TICKED) else ():
            if place.isdecimal() and int(place) < len(listed):
                yield listed[int(place)]


def holding(token: Token) -> Callable[[], Token]:
    """A token that has been read already."""
    return partial(lambda each: each, token)


def revoke(known: Known) -> None:
    """One of them."""
    said = Said(verdict=Verdict.REVOKE)
    answered = via(known, part=f":{known.item.pk}")
    deciding.decide(item=known.item, said=said, by=known.person, via=answered, fingerprint=known.token.fingerprint)


def told(refusals: list[Refusal], *, done: int) -> str:
    """What was done, and why the rest was not."""
    return f"{done} revoked. {len(refusals)} not: {' '.join(dict.fromkeys(map(str, refusals)))}"
