"""
A click that is not taken: the person is told why, the ledger too, and the message that misled them is rendered again.

Never silence.
"""

import logging

from django.db import transaction
from slack_sdk.webhook import WebhookClient

from governance import hinting, ledger
from governance.errors import Refusal
from governance.models import Person
from reviews.models import Ask, Item
from reviews.slack import workspaces
from reviews.slack.payloads import Click
from reviews.slack.plain import marked

logger = logging.getLogger(__name__)

TOLD_AT_MOST = 1000
SHOWN = [Ask.State.SENT, Ask.State.CLOSED]


def enter(click: Click, error: Refusal, *, person: Person | None, about: tuple[Ask, Item] | None) -> None:
    """Enter the refusal in the ledger, and have the message rendered again."""
    with transaction.atomic():
        if about:
            Ask.objects.filter(pk=about[0].pk, state__in=SHOWN).update(state=Ask.State.OUTDATED, next_at=None)
        ledger.record(
            act=ledger.Act.ANSWER_REFUSED,
            actor=ledger.Actor.person(person) if person else ledger.Actor.step("slack"),
            subjects=about or (),
            body={"because": type(error).__name__, "action": click.action},
            surface="slack",
            assurance=workspaces.assurance(),
            commit={"said": str(error), "slack_user": f"{click.user.team_id}/{click.user.user_id}"},
        )
        hinting.hint("reviews.tasks.deliver_to_slack")


def tell(click: Click, text: str) -> None:
    """Say it where they clicked, to them alone. Where Slack is away, the click is answered all the same."""
    if not click.response_url:
        return
    speaker = WebhookClient(click.response_url, timeout=workspaces.CLICK_SECONDS, retry_handlers=[])
    try:
        said = speaker.send(text=marked(text, limit=TOLD_AT_MOST), response_type="ephemeral", replace_original=False)
    except (OSError, ValueError) as error:
        logger.warning("a refusal could not be shown", extra={"error": type(error).__name__})
        return
    if said.status_code != 200:  # noqa: PLR2004  (HTTP's word for done)
        logger.warning("a refusal could not be shown", extra={"status": said.status_code})
