"""
How a Slack user ceases to be a person's: governance ends a link that was wrong.

What this user says counts no more. What the person was asked there is asked anew wherever they are reached, and the
copies that the user has lose their buttons.
"""

from datetime import datetime

from django.db import transaction

from governance import clock, hinting, registering
from governance.errors import Invalid
from governance.ledger import Actor
from governance.models import Person
from reviews import outbox, questions
from reviews.models import Ask, Review, Workspace
from reviews.routing import Candidate
from reviews.slack.identity import link_of

BECAUSE = "the link to their Slack user ended"


def unlink(*, workspace: Workspace, user_id: str, reason: str, actor: Actor) -> Person:
    """End the link of a user to a person, whom it returns. Raises Invalid where there is none, and without a reason."""
    with transaction.atomic():
        at = clock.now()
        identity = link_of(team_id=workspace.team_id, user_id=user_id)
        if identity is None or identity.person is None:
            raise Invalid(f"user {user_id!r} of {workspace.name} is linked to nobody")
        registering.unlink_identity(identity=identity, reason=reason, at=at, actor=actor)
        ask_elsewhere(identity.person, workspace=workspace, because=BECAUSE, at=at)
    hinting.hint("reviews.tasks.ask_people", "reviews.tasks.deliver_to_slack")
    return identity.person


def ask_elsewhere(person: Person, *, workspace: Workspace, because: str, at: datetime) -> None:
    """What this person is asked in this workspace is asked anew, on whichever surface reaches them now."""
    with transaction.atomic():
        for review in asked_there(person, workspace):
            ask_anew(review, person=person, because=because, at=at)


def asked_there(person: Person, workspace: Workspace) -> list[Review]:
    """The open questions that this person is asked in this workspace."""
    asks = Ask.objects.filter(person=person, surface=outbox.SLACK, purpose__in=Ask.QUESTIONS)
    there = asks.filter(shown__team=workspace.team_id)
    mine = Review.objects.open().filter(assignments__person=person, assignments__until=None)
    return list(mine.filter(pk__in=there.values("reviews")).order_by("pk"))


def ask_anew(review: Review, *, person: Person, because: str, at: datetime) -> None:
    """Ask the same person once more, by a new assignment."""
    locked = Review.objects.open().select_for_update(of=("self",)).filter(pk=review.pk).first()
    assignment = locked.assignment if locked else None
    if locked is None or assignment is None or assignment.person_id != person.pk:
        return
    questions.unassign(locked, because=because, at=at)
    questions.assign(locked, Candidate(person, assignment.rule, assignment.why), at=at)
