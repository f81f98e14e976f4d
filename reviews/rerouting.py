"""Rerouting: open reviews whose person cannot act any more go to the next in line."""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from governance import clock, ledger
from governance.models import Person
from governance.sweeping import sweep
from reviews import questions, routing
from reviews.models import Review

LOOK_AGAIN = timedelta(minutes=1)


def reroute_reviews() -> int:
    """Give away every review whose person cannot act any more, and every one that nobody had when somebody can now."""
    stranded = sweep(lambda: Review.objects.stranded(clock.now()).claim_late(), reroute)
    return stranded + sweep(lambda: Review.objects.unassigned().claim(), find_somebody)


def reroute(review: Review) -> None:
    """Ask the next in line; nobody left is governance's queue."""
    with transaction.atomic():
        at = clock.now()
        if not Review.objects.stranded(at).select_for_update(of=("self",)).filter(pk=review.pk).exists():
            return
        assignment = review.assignment
        because = reason(assignment.person) if assignment else "nobody was asked"
        ledger.record(
            act=ledger.Act.REVIEW_REROUTED,
            actor=ledger.Actor.step("rerouting"),
            subjects=[review],
            body={"because": because},
        )
        questions.pass_on(review, because=because, at=at)
        Review.objects.filter(pk=review.pk).update(leased_until=None)


def reason(person: Person) -> str:
    """Why this person is not asked any more."""
    return {"left": "left", "away": "away"}.get(person.employment, "disabled")


def find_somebody(review: Review) -> None:
    """Ask whoever can be asked by now; where nobody can, look again in a minute."""
    with transaction.atomic():
        at = clock.now()
        if not Review.objects.unassigned().select_for_update(of=("self",)).filter(pk=review.pk).exists():
            return
        candidate = routing.next_for(review, at=at) or routing.anybody_for(review, at=at)
        if candidate is not None:
            questions.assign(review, candidate, at=at)
            questions.outdate(review)
        wait = timedelta(0) if candidate else LOOK_AGAIN
        Review.objects.filter(pk=review.pk).update(leased_until=None, next_at=Now() + wait)
