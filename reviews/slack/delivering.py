"""
Delivering: what asking queued is sent, and what changed since is rendered again in place.

No transaction is open while Slack is spoken to: the row was claimed, the call is made, and what happened is recorded if
the lease is still ours. What is shown is stored before it goes out, so that a click that is faster than Slack's reply
finds it.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from slack_sdk.errors import SlackApiError

from governance import clock, ledger
from reviews import evidence
from reviews.models import Ask, Assignment, Review, State, Workspace
from reviews.slack import rendering, workspaces
from reviews.slack.identity import user_in
from reviews.slack.posting import Letter, Place, Unreachable, code, post, update
from reviews.slack.rendering import Copy
from reviews.slack.times import zone_of

logger = logging.getLogger(__name__)

CLOSED_TO_US = {
    "token_revoked",
    "token_expired",
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "org_login_required",
    "team_access_not_granted",
}
UNREACHABLE = {
    "user_not_found",
    "users_not_found",
    "user_disabled",
    "user_not_visible",
    "cannot_dm_bot",
    "channel_not_found",
    "is_archived",
    "messages_tab_disabled",
    "method_not_supported_for_channel_type",
    "restricted_action",
}
WAIT_SECONDS = 30  # where Slack does not say how long


def deliver(ask: Ask) -> None:
    """
    Send a claimed ask, or render its message again.

    Slack's *later* moves its next moment; a person who cannot be reached makes it *failed*; a token that is refused
    pauses the workspace. Everything else raises, and the sweep tries again.
    """
    review = ask.reviews.select_related("policy").order_by("pk").first()
    if review is None or too_late(ask, review):
        give_up(ask, state=Ask.State.CLOSED)
        return
    try:
        workspace = workspace_of(ask)
        if workspace.state != Workspace.State.ACTIVE:
            ask.keep_trouble(Unreachable(f"workspace {workspace.team_id} is {workspace.state}"))
            return
        send(written(ask, review, workspace))
    except Unreachable as error:
        fail(ask, because=str(error))


def too_late(ask: Ask, review: Review) -> bool:
    """Whether what nobody has seen need not be sent any more: who is asked anew gets the question of that time."""
    if ask.external_id:
        return ask.purpose == Ask.Purpose.REMINDER
    return not theirs(ask, review).filter(since__lte=ask.made_at).exists()


def asked(ask: Ask, review: Review) -> bool:
    """Whether it is this person who decides now. Every copy that they have says so, also one of an earlier time."""
    return theirs(ask, review).exists()


def theirs(ask: Ask, review: Review) -> QuerySet[Assignment]:
    """The assignment by which this person decides now, if they do."""
    return Assignment.objects.filter(review=review, person=ask.person_id, until=None, review__state=State.OPEN)


def workspace_of(ask: Ask) -> Workspace:
    """Where the message is, or will be; raise Unreachable where the person has no linked user."""
    if team_id := ask.shown.get("team"):
        return Workspace.objects.get(team_id=team_id)
    found = user_in(ask.person)
    if found is None:
        raise Unreachable("not_linked")
    return found[0]


def written(ask: Ask, review: Review, workspace: Workspace) -> Letter:
    """Render, and store what will be shown."""
    card = evidence.card(review)
    copy = Copy(
        ask_id=ask.pk,
        render=ask.fence,
        asked=asked(ask, review),
        zone=zone_of(ask.person),
        at=clock.now(),
    )
    render = rendering.reminder if ask.purpose == Ask.Purpose.REMINDER else rendering.message
    message = render(card, copy)
    ask.shown_hash = message.digest()
    ask.shown = {
        "team": workspace.team_id,
        "text": message.text,
        "blocks": message.blocks,
        "renders": {**ask.shown.get("renders", {}), str(ask.fence): ask.shown_hash},
    }
    Ask.objects.filter(pk=ask.pk, fence=ask.fence).update(shown=ask.shown, shown_hash=ask.shown_hash)
    return Letter(ask, review, workspace, card, copy, message)


def send(letter: Letter) -> None:
    """Speak to Slack and record what it said."""
    try:
        speaker = workspaces.client(letter.workspace)
        place = update(letter, speaker) if letter.ask.external_id else post(letter, speaker)
    except SlackApiError as error:
        refused(letter, error)
        return
    record(letter, place)


def refused(letter: Letter, error: SlackApiError) -> None:
    """Do what Slack's refusal means; raise what means nothing here."""
    why = code(error)
    for codes, act in MEANINGS:
        if why in codes:
            act(letter, error)
            return
    raise error


def later(letter: Letter, error: SlackApiError) -> None:
    """Too fast: come back when Slack says."""
    headers: Mapping[str, Any] = {name.lower(): value for name, value in (error.response.headers or {}).items()}
    stated = str(headers.get("retry-after", ""))
    wait = int(stated) if stated.isdigit() else WAIT_SECONDS
    held = Ask.objects.filter(pk=letter.ask.pk, fence=letter.ask.fence)
    held.update(leased_until=None, next_at=Now() + timedelta(seconds=wait))


def unreachable(_letter: Letter, error: SlackApiError) -> None:
    """This person, by no way that we have."""
    raise Unreachable(code(error)) from error


def close_workspace(letter: Letter, error: SlackApiError) -> None:
    """Our token is worth nothing: send nothing more there; the question waits."""
    workspaces.pause(letter.workspace, because=code(error))
    logger.error("a Slack workspace was paused", extra={"team": letter.workspace.team_id, "because": code(error)})
    letter.ask.keep_trouble(Unreachable(f"workspace {letter.workspace.team_id} paused: {code(error)}"))


MEANINGS: list[tuple[set[str], Callable[[Letter, SlackApiError], None]]] = [
    ({"ratelimited", "rate_limited"}, later),
    (UNREACHABLE, unreachable),
    (CLOSED_TO_US, close_workspace),
]


def record(letter: Letter, place: Place) -> None:
    """
    Enter that it was sent, unless the lease went to somebody else.

    The row is locked before the card is read again: who changes the review after that marks the ask outdated behind us,
    who did before is seen.
    """
    ask = letter.ask
    with transaction.atomic():
        held = Ask.objects.select_for_update().filter(pk=ask.pk, fence=ask.fence).first()
        if held is None:
            logger.warning("a Slack message was sent after its lease", extra={"ask": ask.pk})
            return
        at = clock.now()
        held.state = state_after(letter)
        held.external_id, held.sent_at = f"{place.channel}:{place.at}", held.sent_at or at
        held.leased_until, held.next_at, held.attempts, held.trouble = None, None, 0, ""
        held.save(update_fields=["state", "external_id", "sent_at", "leased_until", "next_at", "attempts", "trouble"])
        ledger.record(
            act=ledger.Act.ASK_SENT,
            actor=ledger.Actor.step("delivering"),
            subjects=[held, letter.review, held.person],
            body={
                "shown": ask.shown_hash,
                "render": ask.fence,
                "message": held.external_id,
                "purpose": ask.purpose,
                "again": bool(ask.external_id),
            },
            surface=ask.surface,
            assurance=workspaces.assurance(),
        )


def state_after(letter: Letter) -> Ask.State:
    """Outdated where the card has changed while it was sent; closed with its review."""
    review = Review.objects.select_related("policy").get(pk=letter.review.pk)
    if evidence.card(review) != letter.card or asked(letter.ask, review) != letter.copy.asked:
        return Ask.State.OUTDATED
    return Ask.State.SENT if review.state == State.OPEN else Ask.State.CLOSED


def give_up(ask: Ask, *, state: Ask.State) -> None:
    """Nothing has to be sent, and what went wrong before matters no more."""
    Ask.objects.filter(pk=ask.pk, fence=ask.fence).update(state=state, leased_until=None, next_at=None, attempts=0)


def fail(ask: Ask, *, because: str) -> None:
    """This person cannot be asked on this surface."""
    with transaction.atomic():
        held = Ask.objects.filter(pk=ask.pk, fence=ask.fence)
        if not held.update(state=Ask.State.FAILED, trouble=because, leased_until=None, next_at=None):
            return
        ledger.record(
            act=ledger.Act.ASK_FAILED,
            actor=ledger.Actor.step("delivering"),
            subjects=[ask, *ask.reviews.all(), ask.person],
            body={"because": because},
            surface=ask.surface,
        )
