"""
A click that is not taken: the person is told why, the ledger too, and the message that misled them is rendered again.

Never silence.
"""

from collections.abc import Sequence
from functools import partial

from django.db import transaction
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from governance import hinting, ledger
from governance.errors import Refusal
from governance.models import Person
from reviews.models import Ask, Item, Workspace
from reviews.slack import aside, linking, workspaces
from reviews.slack.blocks import TITLE, Block, section, words
from reviews.slack.identity import Unlinked
from reviews.slack.linking import Invitation, Offer
from reviews.slack.payloads import Click
from reviews.slack.plain import marked
from reviews.slack.rendering import alone

TOLD_AT_MOST = 1000
SHOWN = [Ask.State.SENT, Ask.State.CLOSED]


def enter(click: Click, error: Refusal, *, person: Person | None, about: tuple[Ask, Item] | None) -> None:
    """Enter the refusal in the ledger, and have the message rendered again."""
    with transaction.atomic():
        if about:
            shown = Ask.objects.exclude(purpose=Ask.Purpose.COMMAND).filter(pk=about[0].pk, state__in=SHOWN)
            shown.render_again()
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


def tell(
    click: Click, said: Refusal | str, client: WebClient, *, replace: bool = False, besides: Sequence[Block] = ()
) -> None:
    """
    Say it where they clicked, to them alone; `replace`: in place of what only they see. The click waits for none.

    `besides` stands below it.
    On a person's own page nothing can be said beside it: there a window opens.
    """
    shown = [section(words(str(said), limit=TOLD_AT_MOST)), *besides] if besides else []
    saying = invitation(click) if isinstance(said, Unlinked) else partial(Offer, str(said), shown)

    def say() -> None:
        offer = saying()
        if click.response_url:
            send(click, offer.text, blocks=offer.blocks or None, replace=replace)
        elif click.trigger_id:
            view = notice(offer.text, blocks=offer.blocks or None)
            client.views_open(trigger_id=click.trigger_id, view=view)

    aside.explain(say)


def notice(text: str, *, title: str = "Nothing was changed", blocks: list[Block] | None = None) -> Block:
    """A window that says something, also in place of a form whose answer was not taken, or not all of it."""
    return {
        "type": "modal",
        "title": words(title, limit=TITLE),
        "close": words("Close", limit=TITLE),
        "blocks": blocks or [section(words(text, limit=TOLD_AT_MOST))],
    }


def send(
    click: Click,
    text: str,
    *,
    client: WebClient | None = None,
    blocks: list[Block] | None = None,
    replace: bool = False,
) -> None:
    """
    Say it, and wait for Slack. Raises OSError where it could not be said.

    Beside a person's own page there is no place for a sentence: by `client` it comes as a message then.
    """
    if not click.response_url:
        if client is None:
            raise OSError("there is no address to which it could be said")
        client.chat_postMessage(channel=click.user.user_id, text=marked(text, limit=TOLD_AT_MOST), blocks=blocks)
        return
    speaker = WebhookClient(click.response_url, timeout=workspaces.CLICK_SECONDS, retry_handlers=[])
    said = alone(marked(text, limit=TOLD_AT_MOST))
    shown = blocks or said.blocks
    heard = speaker.send(text=said.text, blocks=shown, response_type="ephemeral", replace_original=replace)
    if heard.status_code != 200:  # noqa: PLR2004  (HTTP's word for done)
        raise OSError(f"Slack answered with {heard.status_code}")


def invitation(click: Click) -> Invitation:
    """How the one who clicked can be linked; a guest or a bot can't, and is told so."""
    return linking.invitation(Workspace.objects.get(team_id=click.user.team_id), click.user.user_id)
