"""Rerouting: open reviews whose person cannot act any more go to the next in line."""

from django.db import transaction

from governance import clock, ledger
from governance.models import Person
from governance.sweeping import sweep
from reviews import ruling
from reviews.models import Review


def reroute_reviews() -> int:
    """Give away every review whose person is away, has left or was disabled."""
    return sweep(lambda: Review.objects.stranded(clock.now()).claim(), reroute)


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
        ruling.pass_on(review, because=because, at=at)
        Review.objects.filter(pk=review.pk).update(leased_until=None)


def reason(person: Person) -> str:
    """Why this person is not asked any more."""
    return {"left": "left", "away": "away"}.get(person.employment, "disabled")
