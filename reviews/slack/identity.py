"""
Who a Slack user is: a person to whom this user of this workspace was linked, and nobody else.

An e-mail address is never enough. Guests, other organisations' people, bots and people who left are refused, with the
reason. A link outlives the Slack user: who was deactivated there can't click, and who became a guest is refused.
"""

from governance.errors import NotAllowed
from governance.models import Employment, ExternalIdentity, Person
from reviews.models import Workspace
from reviews.slack.payloads import User

SCHEME = "slack"
UNLINKED = "Your Slack user is not linked to a person in Countersign yet. Nothing was changed."


class Unlinked(NotAllowed):
    """A colleague, as far as Slack says, whose user nobody has confirmed yet; `linking.invitation` says how to."""


def person_of(user: User) -> Person:
    """The person who clicked; raise NotAllowed with a sentence for them."""
    known = Workspace.objects.filter(team_id=user.team_id).exclude(state=Workspace.State.UNINSTALLED)
    if not known.exists():
        raise NotAllowed("Countersign is not set up for this workspace. Nothing was changed.")
    if user.home != user.team_id:
        raise NotAllowed(
            "You belong to another organisation's workspace; only colleagues can decide. Nothing was changed."
        )
    if user.outside:
        raise NotAllowed("Guests and bots cannot decide. Nothing was changed.")
    person = linked(team_id=user.team_id, user_id=user.user_id)
    if person is None:
        raise Unlinked(UNLINKED)
    if not person.is_active or person.employment == Employment.LEFT:
        raise NotAllowed("You are marked as having left, so your answer cannot count. Nothing was changed.")
    return person


def linked(*, team_id: str, user_id: str) -> Person | None:
    """The person linked to this user."""
    identities = ExternalIdentity.objects.filter(scheme=SCHEME, issuer=team_id, value=user_id, person__isnull=False)
    identity = identities.select_related("person").first()
    return identity.person if identity else None


def user_in(person: Person) -> tuple[Workspace, str] | None:
    """Where this person is asked: a workspace in which they are linked, an active one first, and their user there."""
    issuers = dict(
        ExternalIdentity.objects.filter(scheme=SCHEME, person=person).order_by("-pk").values_list("issuer", "value")
    )
    there = Workspace.objects.filter(team_id__in=issuers).exclude(state=Workspace.State.UNINSTALLED)
    workspace = there.order_by("state", "pk").first()  # "active" sorts before "paused"
    return (workspace, issuers[workspace.team_id]) if workspace else None
