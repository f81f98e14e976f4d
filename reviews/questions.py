"""
The life of a question: whom it is put to, one after the other, and how it ends.

Whoever changes a review says so here, and every copy that somebody was shown is rendered again.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from governance import ledger
from governance.errors import Conflict, NotAllowed
from governance.models import Credential, Grant, Person
from governance.sole import sole
from reviews.models import Ask, Assignment, Handover, Item, Look, Review, State
from reviews.models.review import MOVES
from reviews.routing import Candidate, next_for

ROUTING = ledger.Actor.step("routing")


def lock_subjects(items: Collection[Item]) -> None:
    """
    Lock what these items are about, before their reviews and themselves.

    Whoever takes a grant or a credential away closes the items of other reviews about it: all come by that first, and
    none waits for one who waits for them.
    """
    grants = {item.grant_id for item in items} - {None}
    credentials = {item.credential_id for item in items} - {None}
    for rows, keys in ((Grant.objects, grants), (Credential.objects, credentials)):
        if keys:
            list(rows.filter(pk__in=keys).select_for_update(no_key=True).order_by("pk").values_list("pk"))


def authorise(review: Review, *, by: Person, at: datetime) -> Assignment:
    """The assignment by which this person decides; raise NotAllowed with a sentence for them."""
    assignment = sole(Assignment.objects.filter(review=review, until=None).select_related("person"))
    if assignment is None:
        raise NotAllowed("Nobody is asked this now; governance will choose somebody.")
    if assignment.person_id != by.pk:
        raise NotAllowed(f"Only {assignment.person.name} can decide this now.")
    if not by.able(at):
        raise NotAllowed("You are marked as away or as having left, so your answer cannot count.")
    return assignment


def look(review: Review, *, by: Person, surface: str, at: datetime) -> None:
    """Note that somebody who is or was asked opened the full record; the first time counts."""
    if not review.assignments.filter(person=by).exists():
        return
    with transaction.atomic():
        _, new = Look.objects.get_or_create(review=review, person=by, defaults={"surface": surface, "at": at})
        if new:
            ledger.record(
                act=ledger.Act.RECORD_OPENED, actor=ledger.Actor.person(by), subjects=[review], body={}, surface=surface
            )


def assign(review: Review, candidate: Candidate, *, at: datetime) -> Assignment:
    """Ask this person from now on, without waiting for a surface that reaches somebody else; it is on their page."""
    Review.objects.filter(pk=review.pk).update(next_at=None)
    assignment = Assignment.objects.create(
        review=review, stage=review.stage, person=candidate.person, rule=candidate.rule, why=candidate.why, since=at
    )
    ledger.record(
        act=ledger.Act.ASSIGNMENT_OPENED,
        actor=ROUTING,
        subjects=[review, candidate.person, assignment],
        body={"rule": candidate.rule},
        commit={"why": candidate.why},
    )
    outdate(review)
    return assignment


def unassign(
    review: Review, *, because: str, at: datetime, actor: ledger.Actor = ROUTING, to: Person | None = None
) -> None:
    """Ask nobody any more, for now. The name of whom it goes `to` is kept with the assignment, not in the ledger."""
    current = review.assignment
    outdate(review)
    if current is None:
        return
    ended_because = f"{because} {to.name}" if to else because
    Assignment.objects.filter(pk=current.pk).update(until=at, ended_because=ended_because)
    overtake(review, at=at)
    ledger.record(
        act=ledger.Act.ASSIGNMENT_CLOSED,
        actor=actor,
        subjects=[review, current.person, current, *([to] if to else [])],
        body={"because": because},
    )


def pass_on(review: Review, *, because: str, at: datetime) -> Assignment | None:
    """Ask the next in line instead; None: nobody is left, governance's queue."""
    candidate = next_for(review, at=at)
    unassign(review, because=because, at=at)
    return assign(review, candidate, at=at) if candidate else None


def withdraw(item: Item, *, because: str, actor: ledger.Actor, at: datetime) -> None:
    """End a question that has become pointless, without an answer."""
    close(item, State.WITHDRAWN, at=at)
    ledger.record(
        act=ledger.Act.ITEM_WITHDRAWN,
        actor=actor,
        subjects=[item, item.subject],
        body={"because": because},
    )
    close_with_last(item.review, at=at)


def close(item: Item, state: State, *, at: datetime) -> None:
    """Move one item to its end; raise Conflict where it has ended already."""
    if state not in MOVES.get(item.state, set()):
        raise Conflict(f"This item is {item.state} already.")
    if not Item.objects.filter(pk=item.pk, state=item.state).update(state=state, closed_at=at):
        raise Conflict("Somebody else was faster; read again.")
    item.state, item.closed_at = state, at


def close_with_last(review: Review, *, at: datetime) -> None:
    """Close the review when its last item has ended; every copy that was sent is rendered again."""
    outdate(review)
    states = set(review.items.values_list("state", flat=True))
    if State.OPEN in states:
        return
    state = next(each for each in (State.DECIDED, State.LAPSED, State.WITHDRAWN) if each in states)
    if not Review.objects.filter(pk=review.pk, state=State.OPEN).update(state=state, closed_at=at):
        return
    review.state, review.closed_at = state, at
    review.assignments.filter(until=None).update(until=at, ended_because=state)
    overtake(review, at=at)
    act = {
        State.DECIDED: ledger.Act.REVIEW_DECIDED,
        State.LAPSED: ledger.Act.REVIEW_LAPSED,
        State.WITHDRAWN: ledger.Act.REVIEW_WITHDRAWN,
    }[state]
    ledger.record(act=act, actor=ledger.Actor.step("ruling"), subjects=[review], body={})


def overtake(review: Review, *, at: datetime) -> None:
    """End the offers of this question that nobody has answered: there is nothing to take over any more."""
    offers = Handover.objects.open().filter(assignment__review=review)
    offers.update(ending=Handover.Ending.OVERTAKEN, ended_at=at)


def outdate(review: Review) -> None:
    """Whoever changes a review says so: delivering renders its copies again."""
    Ask.objects.outdate(review)
