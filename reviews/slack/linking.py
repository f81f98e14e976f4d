"""
How a Slack user becomes a person's: by a link, shown to that user alone, that the person confirms in the browser.

The link is signed, lasts 15 minutes and is used once, also where what it linked has ended since. What Slack knows of
the user stands on the page as a hint, so that nobody confirms somebody else's; an e-mail address alone links nobody.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.db import transaction
from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from governance import clock, hinting, registering
from governance.errors import Conflict, Invalid, NotAllowed
from governance.ledger import Actor
from governance.models import Employment, ExternalIdentity, Person
from reviews.models import Workspace
from reviews.slack import home, workspaces
from reviews.slack.blocks import Block, actions, button, markup, numbered, section
from reviews.slack.identity import SCHEME, UNLINKED
from reviews.slack.payloads import Body, mapping, outside, text
from reviews.slack.plain import marked

SALT = "reviews.slack.linking"
LASTS = timedelta(minutes=15)
HINT = 100  # characters of a name or an address
ACTION = "link"
PRESS = "Link your Slack user"
LABEL = "Link your Slack user to you, in the browser"
ENDED = "A link of this Slack user has ended since this was made. Press the button in Slack again for a new one."
TAKEN = "This Slack user is linked to somebody else. If it is yours, tell governance."
OUTSIDE = "Guests, bots and people of other organisations cannot decide. Nothing was changed."
OTHERS = "Slack gives this user a colleague's address. Log in as that colleague; if it is you, tell governance."
HOW = "You log in to Countersign and confirm that this Slack user is you; the link is yours alone, for 15 minutes."


@dataclass(frozen=True, slots=True)
class Pending:
    """Who would be linked: the workspace's and the user's id in Slack, and as a hint what Slack calls them."""

    team: str
    user: str
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What an unlinked user is told: the button that takes a colleague to the browser, or why there is none."""

    text: str
    blocks: list[Block]


Invitation = Callable[[], Offer]


def register(app: App) -> None:
    """Slack also reports that the button was pressed; there is nothing to do then."""
    app.action(ACTION)(acknowledge)


def acknowledge(ack: Ack) -> None:
    """Say that it was heard."""
    ack()


def invitation(workspace: Workspace, user_id: str) -> Invitation:
    """
    How a colleague is linked; for whom Slack calls a guest, a stranger, a bot or deactivated, why not.

    What is returned asks Slack when it is called, and no database: no click waits for it.
    """
    try:
        speaker = workspaces.speaking(workspaces.bot_token(workspace), seconds=workspaces.CLICK_SECONDS)
    except Invalid:
        speaker = None
    return partial(offer, Pending(team=workspace.team_id, user=user_id), speaker, until=clock.now() + LASTS)


def offer(pending: Pending, speaker: WebClient | None, *, until: datetime) -> Offer:
    """What this user is told, with the link and what Slack knows of them where it says so."""
    return told(pending, known(pending, speaker), until=until)


def told(pending: Pending, user: Body, *, until: datetime) -> Offer:
    """The same, from what Slack says of the user."""
    if outside(user):
        return Offer(text=OUTSIDE, blocks=numbered([section(markup(marked(OUTSIDE, limit=1000)))], prefix=ACTION))
    link = button(ACTION, PRESS, label=LABEL, url=link_url(hinted(pending, user), until=until))
    shown = [section(markup(marked(f"{UNLINKED} {HOW}", limit=1000))), actions([link])]
    return Offer(text=UNLINKED, blocks=numbered(shown, prefix=ACTION))


def known(pending: Pending, speaker: WebClient | None) -> Body:
    """What Slack says of a user; nothing where it does not."""
    try:
        return mapping(speaker.users_info(user=pending.user).get("user")) if speaker else {}
    except (SlackClientError, OSError):
        return {}


def hinted(pending: Pending, user: Body) -> Pending:
    """With what the page shows of them."""
    told = mapping(user.get("profile"))
    name = text(user, "real_name") or text(told, "real_name") or text(user, "name")
    return replace(pending, name=name[:HINT], email=text(told, "email")[:HINT])


def link_url(pending: Pending, *, until: datetime) -> str:
    """The address at which this user is confirmed, until then."""
    parts = [*astuple(pending), until.timestamp()]
    token = signing.Signer(salt=SALT).sign_object(parts, compress=True)
    return f"{settings.BASE_URL}/slack/link/?{urlencode({'token': token})}"


def read(token: str) -> Pending:
    """Who a link names. Raises Invalid for one that was not made here, or has expired."""
    pending, _ = opened(token, at=clock.now())
    return pending


def opened(token: str, *, at: datetime) -> tuple[Pending, datetime]:
    """Read a link; with when it was made. Raises Invalid."""
    try:
        team, user, name, email, until = signing.Signer(salt=SALT).unsign_object(token)
    except signing.BadSignature:
        raise Invalid("This link is not one of ours. Press the button in Slack again.") from None
    ends = datetime.fromtimestamp(until, tz=UTC)
    if at > ends:
        raise Invalid("This link has expired: it lasts 15 minutes. Press the button in Slack again for a new one.")
    return Pending(team=team, user=user, name=name, email=email), ends - LASTS


def confirm(token: str, person: Person, at: datetime) -> ExternalIdentity:
    """
    The person says, in the browser, that this Slack user is them.

    Raises Invalid for a link that was not made here, has expired, or is of a workspace where we are not; NotAllowed for
    somebody who has left; Conflict where the user, or the person in this workspace, is linked already, and where a link
    of this user has ended since.
    """
    pending, made_at = opened(token, at=at)
    with transaction.atomic():
        # one link of a person at a time, so that two users of one workspace are never both theirs
        locked = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        workspace = permitted(pending, person=locked)
        check_unused(pending, made_at=made_at)
        try:
            identity = registering.link_identity(
                person=locked, scheme=SCHEME, issuer=pending.team, value=pending.user, actor=Actor.person(locked)
            )
        except Invalid:  # a transaction that has committed since we looked was faster
            raise Conflict(TAKEN) from None
        home.opened(locked, workspace)
        hinting.hint("reviews.tasks.ask_people")
    return identity


def permitted(pending: Pending, *, person: Person) -> Workspace:
    """The workspace in which this may be linked to this person. Raises Invalid, NotAllowed or Conflict."""
    workspace = Workspace.objects.exclude(state=Workspace.State.UNINSTALLED).filter(team_id=pending.team).first()
    if workspace is None:
        raise Invalid("Countersign is not set up for this workspace any more.")
    if not person.is_active or person.employment == Employment.LEFT:
        raise NotAllowed("You are marked as having left, so nothing can be linked to you.")
    check_free(pending, person=person)
    return workspace


def check_unused(pending: Pending, *, made_at: datetime) -> None:
    """Raise Conflict where this may be what linked this user before: that link ended later than this was made."""
    before = ExternalIdentity.objects.filter(scheme=SCHEME, issuer=pending.team, value=pending.user)
    if before.filter(until__gte=made_at).exists():
        raise Conflict(ENDED)


def check_free(pending: Pending, *, person: Person) -> None:
    """Raise Conflict where one of the two is linked to another, or this is done already."""
    here = ExternalIdentity.objects.standing().filter(scheme=SCHEME, issuer=pending.team)
    holder: Any = here.filter(value=pending.user).first()
    if holder is not None:
        raise Conflict("This Slack user is linked to you already." if holder.person_id == person.pk else TAKEN)
    if here.filter(person=person).exists():
        raise Conflict("You are linked to another Slack user of this workspace. Governance can end that link.")
    # the address is a hint: it links nobody, but where it is a colleague's, somebody presses another's link
    if Person.objects.exclude(pk=person.pk).filter(email__iexact=pending.email or None).exists():
        raise Conflict(OTHERS)
