"""
Failing: what Slack's *no* means, and what is done then.

    Gone         there is no such colleague: the next in line is asked
    Unreachable  a colleague, and no way to them here: another surface asks them
    ratelimited  everybody waits as long as Slack says
    CLOSED       our app may not speak there: the workspace is paused, and other surfaces ask; where none does, asking
                 asks again once one does
    OURS         we said something that Slack does not take: a defect, told aloud and not tried again

Whatever is not named here is raised, and tried again by the sweep, later each time.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from slack_sdk.errors import SlackApiError

from reviews import outbox, rerouting
from reviews.models import Ask, Workspace
from reviews.slack import pacing, posting, workspaces
from reviews.slack.posting import Gone, Unreachable

logger = logging.getLogger(__name__)

UNKNOWN = {"user_not_found", "users_not_found", "user_disabled", "user_not_visible"}
NO_WAY = {
    "cannot_dm_bot",
    "channel_not_found",
    "is_archived",
    "messages_tab_disabled",
    "method_not_supported_for_channel_type",
    "not_in_channel",
    "restricted_action",
}
CLOSED = {
    "access_denied",
    "account_inactive",
    "app_access_restricted",
    "ekm_access_denied",
    "invalid_auth",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "org_login_required",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
}
OURS = {
    "invalid_arg_name",
    "invalid_arguments",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_metadata_format",
    "invalid_metadata_schema",
    "metadata_too_large",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
    "view_too_large",
}
LATER = {"ratelimited", "rate_limited"}
WAIT = timedelta(seconds=30)  # where Slack does not say how long
APART = timedelta(seconds=0.5)  # so that what waits does not come back all at once
LONGEST = timedelta(minutes=1)


def refused(ask: Ask, workspace: Workspace, error: SlackApiError) -> None:
    """Do what Slack's refusal means; raise what means nothing here."""
    why = posting.code(error)
    for codes, act in MEANINGS:
        if why in codes:
            act(ask, workspace, error)
            return
    raise error


def later(ask: Ask, workspace: Workspace, error: SlackApiError) -> None:
    """Too fast: until Slack's time is over nobody calls this method there, whatever they have to say."""
    headers: Mapping[str, Any] = {name.lower(): value for name, value in (error.response.headers or {}).items()}
    stated = str(headers.get("retry-after", ""))
    wait = timedelta(seconds=int(stated)) if stated.isdigit() else WAIT
    for bucket in pacing.calls(workspace, posting.method(error)):
        pacing.close(bucket, wait=wait)
    postpone(ask, wait=wait)


def postpone(ask: Ask, *, wait: timedelta) -> None:
    """Come back when there is room, behind those who waited before; it counts as no try."""
    before = Ask.objects.filter(surface=ask.surface, pk__lt=ask.pk, leased_until=None).waiting().count()
    held = Ask.objects.filter(pk=ask.pk, fence=ask.fence)
    held.update(leased_until=None, next_at=Now() + wait + min(before * APART, LONGEST))


def unknown(ask: Ask, workspace: Workspace, error: SlackApiError) -> None:
    """There is no such colleague."""
    posting.gone(ask, workspace)
    rerouting.unreached(ask, because=posting.code(error))


def no_way(ask: Ask, _workspace: Workspace, error: SlackApiError) -> None:
    """This person, by no way that we have here."""
    elsewhere(ask, because=posting.code(error))


def close_workspace(ask: Ask, workspace: Workspace, error: SlackApiError) -> None:
    """We may not speak there: send nothing more, and tell governance. With a token that came meanwhile, try again."""
    why = posting.code(error)
    needed = error.response.get("needed")
    if workspaces.pause(workspace, because=f"{why}: {needed}" if needed else why):
        logger.error("a Slack workspace was paused", extra={"team": workspace.team_id, "because": why})
    workspace.refresh_from_db()
    if workspace.state == Workspace.State.ACTIVE:
        postpone(ask, wait=timedelta(0))
    else:
        closed(ask, workspace)


def closed(ask: Ask, workspace: Workspace) -> None:
    """
    Nothing can be sent there: who was not asked yet is asked elsewhere; what stands there waits to be rendered again.

    After the app was taken out of a workspace, nothing waits there.
    """
    because = f"workspace {workspace.team_id} is {workspace.state}: {workspace.trouble or 'nobody may send there'}"
    if not ask.external_id and ask.purpose != Ask.Purpose.HOME:
        elsewhere(ask, because=because, for_now=True)
    elif workspace.state == Workspace.State.UNINSTALLED:
        give_up(ask)
    else:
        ask.keep_trouble(Unreachable(because))


def ours(ask: Ask, _workspace: Workspace, error: SlackApiError) -> None:
    """Slack does not take what we said: a defect that no second try mends."""
    said = (error.response.get("response_metadata") or {}).get("messages", [])
    because = " ".join([posting.code(error), *map(str, said)])
    logger.error("Slack does not take our message", extra={"ask": ask.pk, "because": because})
    elsewhere(ask, because=f"a defect of ours: {posting.code(error)}", said=f"a defect of ours: {because}")


MEANINGS: list[tuple[set[str], Callable[[Ask, Workspace, SlackApiError], None]]] = [
    (LATER, later),
    (UNKNOWN, unknown),
    (NO_WAY, no_way),
    (CLOSED, close_workspace),
    (OURS, ours),
]


def unreached(ask: Ask, error: Unreachable) -> None:
    """The person is gone from this workspace, or not linked in any."""
    if isinstance(error, Gone):
        rerouting.unreached(ask, because=str(error))
    else:
        elsewhere(ask, because=str(error), for_now=not ask.external_id)


def elsewhere(ask: Ask, *, because: str, said: str = "", for_now: bool = False) -> None:
    """This surface does not reach the person: another one is to. `for_now`: it may again, asked by asking."""
    with transaction.atomic():
        if outbox.fail(ask, because=because, said=said) and outbox.elsewhere(ask, because=because) is None and for_now:
            outbox.nowhere(ask)


def give_up(ask: Ask) -> None:
    """Nothing has to be sent, and what went wrong before matters no more."""
    held = Ask.objects.filter(pk=ask.pk, fence=ask.fence)
    held.update(state=Ask.State.CLOSED, leased_until=None, next_at=None, attempts=0)
