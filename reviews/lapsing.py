"""Lapsing: what silence does: the next in line is asked, then policy suspends, through the brake. It never keeps."""

from django.db import transaction

from governance import clock, ledger
from governance.sweeping import sweep
from reviews import routing, ruling
from reviews.models import Item, Review, Verdict
from reviews.ruling import Authority


def escalate_reviews() -> int:
    """Ask the next in line about every review that is late."""
    return sweep(lambda: Review.objects.escalable(clock.now()).claim_late(), escalate)


def lapse_reviews() -> int:
    """Let policy decide every review whose deadline passed in silence."""
    return sweep(lambda: Review.objects.overdue(clock.now()).claim_late(), lapse)


def escalate(review: Review) -> None:
    """Ask the next in line instead; where nobody is left, who is asked stays asked: an answer can still come."""
    with transaction.atomic():
        at = clock.now()
        changed = (
            Review.objects.open().filter(pk=review.pk, escalated_at=None).update(escalated_at=at, leased_until=None)
        )
        if not changed:
            return
        ledger.record(act=ledger.Act.REVIEW_ESCALATED, actor=ledger.Actor.step("lapsing"), subjects=[review], body={})
        if routing.next_for(review, at=at) is not None:
            ruling.pass_on(review, because="silence", at=at)


def lapse(review: Review) -> None:
    """Suspend what nobody answered for."""
    with transaction.atomic():
        at = clock.now()
        ruling.lock_grants(Item.objects.open().filter(review=review))
        locked = Review.objects.select_for_update(of=("self",)).select_related("policy").get(pk=review.pk)
        if locked.state != "open" or locked.due_at > at:
            return
        items = Item.objects.open().filter(review=locked).select_for_update(of=("self",))
        for item in items.select_related(
            "review__policy", "grant__account__system", "grant__entitlement", "subject_agent", "agent"
        ).order_by("pk"):
            ruling.rule(item=item, verdict=Verdict.SUSPEND, authority=Authority(policy=locked.policy), at=at)
