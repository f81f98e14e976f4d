"""
What Slack reports without anybody having pressed anything.

Slack delivers an event up to four times. Each of these says the same when it comes again, so none is remembered.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from slack_bolt import App
from slack_sdk import WebClient

from governance import clock, hinting, ledger
from governance.errors import NotAllowed
from governance.models import Person
from reviews import questions, routing
from reviews.models import Review, Workspace
from reviews.slack import aside, home, identity, linking, unlinking, workspaces
from reviews.slack.blocks import Block, markup, section
from reviews.slack.identity import Unlinked
from reviews.slack.payloads import Body, User, mapping, outside, team_of, text
from reviews.slack.plain import marked

SAID_AT_MOST = 1000
NOT_A_COLLEAGUE = "the Slack user was deactivated or became a guest"

Reaction = Callable[[Workspace, Body, WebClient], None]


def register(app: App) -> None:
    """Listen for every event that the manifest subscribes to."""
    for name, react in REACTIONS.items():
        app.event(name)(listening(react))


def listening(react: Reaction) -> Callable[..., None]:
    """Bolt acknowledges when this has returned; what raises is delivered again."""

    def listener(body: dict[str, Any], client: WebClient) -> None:
        workspace = Workspace.objects.filter(team_id=team_of(body)).first()
        if workspace is not None:
            react(workspace, body, client)

    return listener


def event_of(body: Body) -> Body:
    """What happened, out of its envelope."""
    return mapping(body.get("event"))


def moment_of(body: Body) -> datetime:
    """When it had happened: Slack says in which second, and that is over then. Now where it does not say."""
    stated = body.get("event_time")
    return datetime.fromtimestamp(stated + 1, UTC) if isinstance(stated, int) else timezone.now()


def home_opened(workspace: Workspace, body: Body, client: WebClient) -> None:
    """Show a person their queue; whoever is not linked is told how to be."""
    event = event_of(body)
    user_id = text(event, "user")
    if text(event, "tab") != "home" or workspace.state == Workspace.State.UNINSTALLED:
        return
    try:
        user = User(team_id=workspace.team_id, user_id=user_id, home=workspace.team_id)
        home.opened(identity.person_of(user), workspace)
    except Unlinked:
        invited = linking.invitation(workspace, user_id)
        aside.explain(lambda: publish(client, user_id, invited().blocks))
    except NotAllowed as refusal:
        said = [section(markup(marked(str(refusal), limit=SAID_AT_MOST)))]
        aside.explain(lambda: publish(client, user_id, said))


def publish(client: WebClient, user_id: str, blocks: list[Block]) -> None:
    """Show a home that is no ask: an ask belongs to a person, and this is nobody's yet."""
    client.views_publish(user_id=user_id, view={"type": "home", "blocks": blocks})


def uninstalled(workspace: Workspace, body: Body, _client: WebClient) -> None:
    """Our app was taken out."""
    workspaces.uninstall(workspace, because="the app was uninstalled", at=moment_of(body))


def revoked(workspace: Workspace, body: Body, _client: WebClient) -> None:
    """Tokens were revoked: ours, if there is a bot's among them."""
    if mapping(event_of(body).get("tokens")).get("bot"):
        workspaces.uninstall(workspace, because="the bot's token was revoked", at=moment_of(body))


def user_changed(workspace: Workspace, body: Body, _client: WebClient) -> None:
    """
    Somebody who can't be asked here any more is neither asked nor heard here any more.

    Who is a colleague in another workspace is asked anew there; instead of everybody else the next in line is asked.
    The link stays, and notes it: the directory says who has left, and who comes back is the same person. Name, time
    zone and address are the directory's too, and not taken from here.
    """
    user = mapping(event_of(body).get("user"))
    link = identity.seen(
        team_id=workspace.team_id, user_id=text(user, "id"), outside=outside(user), told_at=moment_of(body)
    )
    person = link.person if link and link.outside_since else None
    if person is None:
        return
    if routing.outside(person):
        for review in Review.objects.open().filter(assignments__person=person, assignments__until=None).order_by("pk"):
            pass_on(review, person=person)
    else:
        unlinking.ask_elsewhere(person, workspace=workspace, because=NOT_A_COLLEAGUE, at=clock.now())
    hinting.hint("reviews.tasks.ask_people", "reviews.tasks.deliver_to_slack")


def pass_on(review: Review, *, person: Person) -> None:
    """Ask the next in line, if it is still this person who is asked."""
    with transaction.atomic():
        locked = Review.objects.open().select_for_update(of=("self",)).filter(pk=review.pk).first()
        assignment = locked.assignment if locked else None
        if locked is None or assignment is None or assignment.person_id != person.pk:
            return
        ledger.record(
            act=ledger.Act.REVIEW_REROUTED,
            actor=ledger.Actor.step("slack"),
            subjects=[locked],
            body={"because": NOT_A_COLLEAGUE},
        )
        questions.pass_on(locked, because=NOT_A_COLLEAGUE, at=clock.now())


REACTIONS: Mapping[str, Reaction] = {
    "app_home_opened": home_opened,
    "app_uninstalled": uninstalled,
    "tokens_revoked": revoked,
    "user_change": user_changed,
}
