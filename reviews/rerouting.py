"""Rerouting: open reviews whose person cannot act any more, or is not reached, go to the next in line."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now

from governance import clock, hinting, ledger
from governance.models import Person
from governance.sweeping import sweep
from reviews import outbox, questions, routing
from reviews.models import Ask, Review

LOOK_AGAIN = timedelta(minutes=1)
WHERE = {outbox.SLACK: "in Slack", outbox.EMAIL: "by e-mail"}


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


def unreached(ask: Ask, *, because: str, said: str = "") -> None:
    """
    A claimed ask reaches nobody: ask the next in line about each of its questions that is still this person's.

    Where another surface has asked them too it stays theirs. Where nobody is left it stays theirs, unreached: so it
    stands in governance's queue.
    """
    with transaction.atomic():
        at = clock.now()
        theirs = Review.objects.open().filter(asks=ask, assignments__person=ask.person_id, assignments__until=None)
        others = Ask.objects.filter(person=ask.person_id, purpose__in=Ask.QUESTIONS).exclude(surface=ask.surface)
        asked = Review.objects.filter(asks__in=others.exclude(state=Ask.State.FAILED))
        alone = theirs.exclude(pk__in=asked.values("pk"))
        reviews = list(alone.select_for_update(of=("self",)).order_by("pk"))
        if not outbox.fail(ask, because=because, said=said):
            return
        for review in reviews:
            if routing.next_for(review, at=at) is not None:
                hand_on(review, because=f"not reached {WHERE[ask.surface]} ({because})", at=at)
        hinting.hint("reviews.tasks.ask_people")


def hand_on(review: Review, *, because: str, at: datetime) -> None:
    """Give it to the next in line."""
    ledger.record(act=ledger.Act.REVIEW_REROUTED, actor=outbox.DELIVERING, subjects=[review], body={"because": because})
    questions.pass_on(review, because=because, at=at)
