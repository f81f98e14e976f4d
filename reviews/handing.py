"""
Handing: somebody who is asked offers the question to a colleague, who accepts or declines.

Until it is accepted, whoever was asked stays responsible, and the deadline runs on. It changes hands so often as policy
allows; who handed it on stays visible.
"""

from datetime import datetime

from django.db import transaction

from governance import clock, ledger
from governance.errors import Conflict, Invalid, NotAllowed
from governance.models import Person
from reviews import outbox, questions
from reviews.hours import hours_of
from reviews.models import Ask, Assignment, Handover, Review
from reviews.routing import Candidate
from reviews.ruling import Via

RULE = "handed"
LONGEST = 500


def offer(*, review: Review, to: Person, by: Person, via: Via, reason: str = "") -> Handover:
    """
    Offer a question to a colleague; an earlier offer that was not answered is overtaken.

    The same click delivered again gives the same offer, also where it was declined meanwhile.

    Raises NotAllowed (not asked), Invalid (not somebody who can take it over) and Conflict (handed on too often).
    """
    with transaction.atomic():
        at = clock.now()
        locked = lock(review)
        assignment = questions.authorise(locked, by=by, at=at)
        may_take_over(to, review=locked, by=by, at=at)
        allowed = locked.policy.parameters.handovers
        if Assignment.objects.filter(review=locked, rule=RULE).count() >= allowed:
            raise Conflict(
                f"This question has changed hands {allowed} times already. Answer it, or say that you don't know."
            )
        if same := offered_before(assignment, to=to, via=via):
            return same
        questions.overtake(locked, at=at)
        made = Handover.objects.create(
            assignment=assignment,
            to=to,
            reason=reason.strip()[:LONGEST],
            at=at,
            idempotency_key=via.idempotency_key or "",
        )
        ledger.record(
            act=ledger.Act.HANDOVER_OFFERED,
            actor=ledger.Actor.person(by),
            subjects=[made, locked, to],
            body={},
            surface=via.surface,
            assurance=via.assurance,
            commit={"reason": made.reason} if made.reason else {},
        )
        questions.outdate(locked)
        tell(made, at=at)
    return made


def offered_before(assignment: Assignment, *, to: Person, via: Via) -> Handover | None:
    """The offer to this colleague that still stands, or that the same click made when it came first."""
    theirs = assignment.handovers.filter(to=to)
    again = theirs.filter(idempotency_key=via.idempotency_key).first() if via.idempotency_key else None
    return again or theirs.open().first()


def tell_colleagues() -> int:
    """Tell of every offer whose colleague did not want to hear of anything, or could not be reached, until now."""
    with transaction.atomic():
        at = clock.now()
        waiting = Handover.objects.untold().select_related("to", "assignment__review").order_by("pk")
        return sum(tell(handover, at=at) for handover in waiting)


def tell(handover: Handover, *, at: datetime) -> bool:
    """Tell the colleague of the offer; False where they do not want to hear of it yet, or nothing reaches them."""
    review = handover.assignment.review
    if hours_of(handover.to).hears_of(review, at=at) > at:
        return False
    key = f"{Ask.Purpose.OFFER}:{handover.pk}"
    made_at = max(at, handover.at)  # should the clock have been set back
    row = outbox.put([review], person=handover.to, purpose=Ask.Purpose.OFFER, key=key, at=made_at)
    return row.surface != Ask.NOWHERE


def may_take_over(to: Person, *, review: Review, by: Person, at: datetime) -> None:
    """Raise Invalid unless this colleague can be offered the question."""
    if to.pk == by.pk:
        raise Invalid("You are asked already. Choose somebody else.")
    if not to.able(at):
        raise Invalid(f"{to.name} is away or has left. Choose somebody who is here.")
    if review.assignments.filter(person=to).exists():
        raise Invalid(f"{to.name} was asked this before. Choose somebody else, or say that you don't know.")
    if outbox.surface_for(to) == Ask.NOWHERE:
        raise Invalid(
            f"Neither Slack nor e-mail reaches {to.name}. "
            f"Choose somebody else, or let {to.name} link a Slack account first."
        )


def accept(*, handover: Handover, by: Person, via: Via) -> Assignment:
    """
    Take a question over: from now on it is this person's. Raises Conflict and NotAllowed.

    The same click delivered again has taken it over already.
    """
    with transaction.atomic():
        at = clock.now()
        review = lock(handover.assignment.review)
        if answered_before(handover, via=via) and (mine := review.assignment):
            return mine
        found = standing(handover, by=by, at=at)
        giver = found.assignment.person
        end(found, Handover.Ending.ACCEPTED, by=by, via=via, at=at)
        questions.unassign(review, because="handed to", to=by, at=at, actor=ledger.Actor.person(by))
        why = f"because you took it over from {giver.name}."
        return questions.assign(review, Candidate(by, RULE, why), at=at)


def decline(*, handover: Handover, by: Person, via: Via) -> None:
    """Leave it with whoever offered it. Raises Conflict and NotAllowed."""
    with transaction.atomic():
        at = clock.now()
        review = lock(handover.assignment.review)
        if answered_before(handover, via=via):
            return
        end(standing(handover, by=by, at=at), Handover.Ending.DECLINED, by=by, via=via, at=at)
        questions.outdate(review)


def answered_before(handover: Handover, *, via: Via) -> bool:
    """Whether the same click has answered this offer already."""
    key = via.idempotency_key
    return bool(key) and Handover.objects.filter(pk=handover.pk, ended_by_key=key).exists()


def lock(review: Review) -> Review:
    """The review, locked, with its policy; raise Conflict where it has ended."""
    locked = Review.objects.select_for_update(of=("self",)).select_related("policy").get(pk=review.pk)
    if locked.state != "open":
        raise Conflict("This question has been answered or withdrawn: there is nothing left to hand over.")
    return locked


def standing(handover: Handover, *, by: Person, at: datetime) -> Handover:
    """The offer, if it still stands and this person may answer it."""
    found = Handover.objects.select_related("assignment__person").get(pk=handover.pk)
    if found.to_id != by.pk or not by.able(at):
        raise NotAllowed("Only the colleague to whom this was offered can answer the offer.")
    if found.ending != Handover.Ending.OPEN:
        raise Conflict(f"This offer was {found.get_ending_display().lower()} already.")
    return found


def end(handover: Handover, ending: Handover.Ending, *, by: Person, via: Via, at: datetime) -> None:
    """Close an offer."""
    Handover.objects.filter(pk=handover.pk).update(ending=ending, ended_at=at, ended_by_key=via.idempotency_key or "")
    ledger.record(
        act=ledger.Act.HANDOVER_ENDED,
        actor=ledger.Actor.person(by),
        subjects=[handover, handover.assignment.review],
        body={"ending": ending},
        surface=via.surface,
        assurance=via.assurance,
    )
