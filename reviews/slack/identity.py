"""
Who a Slack user is: a person to whom this user of this workspace was linked, and nobody else.

An e-mail address is never enough. Guests, other organisations' people, bots and people who left are refused, with the
reason. A click does not say what its user is in Slack: that is kept with the link, as Slack said it last. A link
outlives that: who is a colleague there again decides again.
"""

from datetime import datetime

from governance import clock, registering
from governance.errors import NotAllowed
from governance.ledger import Actor
from governance.models import Employment, ExternalIdentity, Person
from governance.sole import sole
from reviews.models import Workspace
from reviews.models.workspace import SCHEME, WorkspaceQuerySet
from reviews.slack.payloads import User

__all__ = ["SCHEME", "UNLINKED", "Unlinked", "colleague", "link_of", "person_of", "seen", "user_in"]

OUTSIDE = (
    "Slack calls your user a guest or deactivated; guests and bots cannot decide. Nothing was changed. "
    "If that is wrong, tell governance."
)
UNLINKED = "Your Slack user is not linked to a person in Countersign yet. Nothing was changed."


class Unlinked(NotAllowed):
    """A colleague, as far as Slack says, whose user nobody has confirmed yet; `linking.invitation` says how to."""


def person_of(user: User) -> Person:
    """The person who clicked; raise NotAllowed with a sentence for them."""
    here = Workspace.objects.filter(team_id=user.team_id).installed()
    identity = linked(here, user_id=user.user_id) if user.home == user.team_id else None
    if identity is None or identity.person is None:
        raise stranger(user, known=here.exists())
    if identity.outside_since is not None:
        raise NotAllowed(OUTSIDE)
    person = identity.person
    if not person.is_active or person.employment == Employment.LEFT:
        raise NotAllowed("You are marked as having left, so your answer cannot count. Nothing was changed.")
    return person


def stranger(user: User, *, known: bool) -> NotAllowed:
    """Why a user is nobody to us, as a sentence for them."""
    if not known:
        return NotAllowed("Countersign is not set up for this workspace. Nothing was changed.")
    if user.home != user.team_id:
        return NotAllowed(
            "You belong to another organisation's workspace; only colleagues can decide. Nothing was changed."
        )
    return Unlinked(UNLINKED)


def link_of(*, team_id: str, user_id: str) -> ExternalIdentity | None:
    """The link of this user to a person, also where they are no colleague any more."""
    return linked(Workspace.objects.filter(team_id=team_id), user_id=user_id)


def linked(workspace: WorkspaceQuerySet, *, user_id: str) -> ExternalIdentity | None:
    """The link of a user of this one workspace to a person."""
    return sole(workspace.users().filter(value=user_id).select_related("person"))


def colleague(*, team_id: str, user_id: str) -> Person | None:
    """The person linked to this user, if they are a colleague there: somebody who can be named."""
    identity = link_of(team_id=team_id, user_id=user_id)
    return identity.person if identity and identity.outside_since is None else None


def user_in(person: Person) -> tuple[Workspace, str] | None:
    """Where this person is asked: a workspace in which they are linked, an active one first, and their user there."""
    there = Workspace.objects.installed()
    issuers = dict(there.users().colleagues().filter(person=person).order_by("-pk").values_list("issuer", "value"))
    workspace = there.filter(team_id__in=issuers).order_by("state", "pk").first()  # "active" sorts before "paused"
    return (workspace, issuers[workspace.team_id]) if workspace else None


def seen(*, team_id: str, user_id: str, outside: bool, told_at: datetime | None = None) -> ExternalIdentity | None:
    """
    Keep what Slack says of a user: whether they are a guest, a stranger, a bot or deactivated. The link as it is then.

    `told_at`: how it was at an earlier moment. What Slack has told of a later one stands.
    """
    identity, at = link_of(team_id=team_id, user_id=user_id), clock.now()
    if identity is None:
        return None
    actor = Actor.step("slack")
    return registering.set_outside(identity=identity, outside=outside, told_at=told_at or at, at=at, actor=actor)
