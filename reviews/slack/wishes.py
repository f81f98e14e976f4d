"""What a person sets on their own page: filters, the hour of their digest, quiet hours, a pause, a delegate."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from slack_bolt import Ack, App
from slack_sdk import WebClient

from governance import hinting
from governance.errors import Invalid, Refusal
from governance.models import Person
from reviews import postponing
from reviews.models import Preference, Workspace
from reviews.ruling import Via
from reviews.slack import home, identity, page, payloads, refusing, waiting, workspaces
from reviews.slack.payloads import Click

Setting = Callable[[Person, Click, Via], object]


def register(app: App) -> None:
    """Listen for every setting."""
    for name, act in SETTINGS.items():
        app.action(name)(setting(act))


def setting(act: Setting) -> Callable[..., None]:
    """A choice on a person's page, which is rendered anew; where it was not taken, a window says why."""

    def listener(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        click = payloads.pressed(body)
        person: Person | None = None
        try:
            person = identity.person_of(click.user)
            act(person, click, via(click))
        except Refusal as error:
            refusing.enter(click, error, person=person, about=None)
            refusing.tell(click, error, client)
        if person is not None:
            home.opened(person, Workspace.objects.get(team_id=click.user.team_id))
            hinting.hint("reviews.tasks.ask_people")
        ack()

    return listener


def via(click: Click) -> Via:
    """How it came."""
    return Via(surface="slack", assurance=workspaces.assurance(), action=click.action, idempotency_key=click.once)


def filtered(person: Person, click: Click, _via: Via) -> None:
    """What the page shows is nobody else's matter, and not evidence."""
    with transaction.atomic():
        Preference.objects.get_or_create(person=person)
        wishes = Preference.objects.select_for_update().get(person=person)
        kept = {name: value for name, value in wishes.filters.items() if name in waiting.FILTERS}
        Preference.objects.filter(pk=wishes.pk).update(filters={**kept, click.action: click.one(click.action)})


def digest_at(person: Person, click: Click, how: Via) -> None:
    """The hour of the digest."""
    postponing.prefer(person=person, via=how, digest_at=minute(click.one(page.DIGEST_AT)))


def quiet(person: Person, click: Click, how: Via) -> None:
    """Quiet hours, or none."""
    start, _, end = click.one(page.QUIET).partition("-")
    none = start == page.NOT_QUIET
    postponing.prefer(
        person=person, via=how, quiet_from=None if none else minute(start), quiet_until=None if none else minute(end)
    )


def pause(person: Person, click: Click, how: Via) -> None:
    """Hear of nothing for some days, or again."""
    paused(person, click.one(page.PAUSE), how)


def paused(person: Person, days: str, how: Via) -> Preference:
    """Pause for so many days; `none` ends a pause. Raises Invalid."""
    if days == page.NOT_QUIET:
        return postponing.end_pause(person=person, via=how)
    return postponing.pause(person=person, days=int(days) if days.isdecimal() else 0, via=how)


def delegate(person: Person, click: Click, how: Via) -> None:
    """Who is asked while the person is away."""
    stand_in(person, click.one(page.DELEGATE), team_id=click.user.team_id, how=how)


def stand_in(person: Person, user_id: str, *, team_id: str, how: Via) -> Preference:
    """Name a delegate by their Slack user; none ends it. Raises Invalid."""
    colleague = identity.colleague(team_id=team_id, user_id=user_id) if user_id else None
    if user_id and colleague is None:
        raise Invalid(
            "This Slack user is not linked to a person in Countersign, so they could not decide. Choose another."
        )
    return postponing.prefer(person=person, via=how, delegate=colleague)


def minute(text: str) -> int:
    """A time of day in minutes. Raises Invalid."""
    hours, _, minutes = text.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal()):
        raise Invalid("A time of day is wanted, such as 09:30.")
    return int(hours) * 60 + int(minutes)


SETTINGS: Mapping[str, Setting] = {
    **dict.fromkeys(waiting.FILTERS, filtered),
    page.DIGEST_AT: digest_at,
    page.QUIET: quiet,
    page.PAUSE: pause,
    page.DELEGATE: delegate,
}
