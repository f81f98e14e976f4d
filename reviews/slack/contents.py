"""
Contents: what an ask says now, by its purpose. How it is sent is delivering's matter.

A purpose is one writer in `WRITERS`: a function of the ask, with `workspace`, `render` and `at`, that returns Content.
The same rows at the same `at` and `render` give the same content: delivering compares them.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import rfc8785
from django.db.models import QuerySet

from governance.sole import sole
from reviews import evidence, undoing
from reviews.hours import hours_of
from reviews.models import Ask, Assignment, Handover, Review, State, Workspace
from reviews.slack import digest, home, offers, rendering, rows
from reviews.slack.blocks import Block
from reviews.slack.rendering import Copy, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """
    A message, or the `view` of a person's home; neither where there is nothing to show.

    `over`: nothing is left to ask. What was not sent by then need not be; what was is rendered once more, and closed.
    """

    message: Message | None = None
    view: Block | None = None
    over: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return self.message is None and self.view is None

    def digest(self) -> str:
        """SHA-256 over its canonical JSON, in hex: what the person saw."""
        return self.message.digest() if self.message else hashlib.sha256(rfc8785.dumps(self.view)).hexdigest()

    def shown(self) -> dict[str, Any]:
        """What the ask's row keeps of it."""
        return {"text": self.message.text, "blocks": self.message.blocks} if self.message else {"view": self.view}


Writer = Callable[..., Content]


def content(ask: Ask, *, workspace: Workspace, render: int, at: datetime) -> Content:
    """What an ask says at this moment; `render` names its blocks, and differs each time that it is sent."""
    return WRITERS[ask.purpose](ask, workspace=workspace, render=render, at=at)


def question(ask: Ask, *, workspace: Workspace, render: int, at: datetime) -> Content:
    """The card of a review."""
    review = sole(ask.reviews.select_related("policy"))
    if review is None or unneeded(ask, review):
        return Content(over=True)
    mine = copy_of(ask, asked=heard(ask, workspace) and theirs(ask, review).exists(), render=render, at=at)
    copy = replace(mine, takes_back=undoing.undoable(review, by=ask.person, at=at))
    return Content(message=rendering.message(evidence.card(review), copy), over=review.state != State.OPEN)


def reminder(ask: Ask, *, workspace: Workspace, render: int, at: datetime) -> Content:  # noqa: ARG001  (a writer's)
    """One sentence about all of it that still waits for this person."""
    waiting = [review for review in of(ask) if not unneeded(ask, review) and review.state == State.OPEN]
    if not waiting:
        return Content(over=True)
    copy = copy_of(ask, asked=True, render=render, at=at)
    return Content(message=rendering.reminder([evidence.card(review) for review in waiting], copy))


def daily(ask: Ask, *, workspace: Workspace, render: int, at: datetime) -> Content:
    """The routine questions of a day."""
    reviews = [review for review in of(ask) if not unneeded(ask, review)]
    if not reviews:
        return Content(over=True)
    here = heard(ask, workspace)
    mine = frozenset(review.pk for review in reviews if here and theirs(ask, review).exists())
    copy = copy_of(ask, asked=True, render=render, at=at)
    copy = replace(copy, takes_back=undoing.undoable(*reviews, by=ask.person, at=at))
    over = all(review.state != State.OPEN for review in reviews)
    return Content(message=digest.message(rows.rows_of(reviews), copy, theirs=mine), over=over)


def offer(ask: Ask, *, workspace: Workspace, render: int, at: datetime) -> Content:  # noqa: ARG001  (a writer's)
    """A colleague's question, to be taken over or not."""
    found = Handover.objects.filter(assignment__review__in=ask.reviews.all(), to=ask.person_id)
    handover = found.select_related("assignment__person", "assignment__review__policy").order_by("-pk").first()
    if handover is None:
        return Content(over=True)
    over = handover.ending != Handover.Ending.OPEN
    if over and not ask.external_id:
        return Content(over=True)
    copy = copy_of(ask, asked=not over, render=render, at=at)
    card = evidence.card(handover.assignment.review)
    return Content(message=offers.message(card, handover, copy), over=over)


def page(ask: Ask, *, workspace: Workspace, render: int, at: datetime) -> Content:
    """The person's own page."""
    copy = copy_of(ask, asked=True, render=render, at=at)
    return Content(view=home.view(ask.person, workspace=workspace, copy=copy))


WRITERS: dict[str, Writer] = {
    Ask.Purpose.QUESTION: question,
    Ask.Purpose.REMINDER: reminder,
    Ask.Purpose.DIGEST: daily,
    Ask.Purpose.OFFER: offer,
    Ask.Purpose.HOME: page,
}


def copy_of(ask: Ask, *, asked: bool, render: int, at: datetime) -> Copy:
    """One person's copy."""
    hours = hours_of(ask.person)
    today = ask.person.asks.filter(
        purpose=Ask.Purpose.QUESTION, made_at__gte=hours.midnight(ask.made_at), made_at__lte=ask.made_at, pk__lte=ask.pk
    )
    number = today.count() if ask.purpose == Ask.Purpose.QUESTION else 0
    return Copy(ask_id=ask.pk, render=render, asked=asked, zone=hours.zone, at=at, today=number)


def of(ask: Ask) -> QuerySet[Review]:
    """The reviews of an ask, the most urgent first."""
    return ask.reviews.select_related("policy").order_by("due_at", "pk")


def unneeded(ask: Ask, review: Review) -> bool:
    """Whether what nobody has seen need not be sent any more: who is asked anew gets the question of that time."""
    return not ask.external_id and not theirs(ask, review).filter(since__lte=ask.made_at).exists()


def heard(ask: Ask, workspace: Workspace) -> bool:
    """Whether who is asked is, to Slack and to us, still the user who has this copy: else it has no buttons."""
    users = Workspace.objects.filter(pk=workspace.pk).users()
    return users.colleagues().filter(person=ask.person_id).exists()


def theirs(ask: Ask, review: Review) -> QuerySet[Assignment]:
    """The assignment by which this person decides now, if they do. Every copy that they have says so."""
    return Assignment.objects.filter(review=review, person=ask.person_id, until=None, review__state=State.OPEN)
