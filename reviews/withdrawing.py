"""
Withdrawing: a question without a reason is taken back: its findings are cleared, or its subject is gone.

So is one that others answer by now: what was nobody's has become an agent's, whose people are asked instead.
"""

from datetime import datetime

from django.db import transaction

from governance import clock, findings, ledger
from governance.models import Finding, Seen
from reviews import questions
from reviews.models import Item, Review

BATCH = 200


def withdraw_items() -> int:
    """
    Withdraw every open item that has nothing left to ask; return how many.

    Items are locked after their reviews, as in deciding.
    """
    withdrawn = 0
    while True:
        with transaction.atomic(durable=True):
            at = clock.now()
            pointless = list(Item.objects.pointless().order_by("pk").values_list("pk", "review")[:BATCH])
            if not pointless:  # as nearly always: nothing more need be written
                return withdrawn
            reviews = list(
                Review.objects.select_for_update(skip_locked=True)
                .filter(pk__in=[review for _, review in pointless])
                .order_by("pk")
            )
            locked = (
                Item.objects.pointless()
                .filter(pk__in=[pk for pk, _ in pointless], review__in=reviews)
                .select_for_update(skip_locked=True, of=("self",))
            )
            batch = list(locked.select_related("review", "grant", "credential").order_by("pk"))
            for item in batch:
                withdraw(item, at=at)
            withdrawn += len(batch)
        if len(pointless) < BATCH or not batch:
            return withdrawn


def withdraw(item: Item, *, at: datetime) -> None:
    """Close one item; what is still suspected of an open grant is asked anew."""
    actor = ledger.Actor.step("withdrawing")
    standing = Finding.objects.filter(items=item).uncleared()
    because = "findings cleared"
    if item.grant is not None and item.grant.closed_at is not None:
        because = "grant closed"
        findings.clear(standing, at=at, actor=actor, why="the grant has ended")
    elif item.credential is not None and item.credential.seen == Seen.ABSENT:
        because = "credential gone"
        findings.clear(standing, at=at, actor=actor, why="the credential is gone")
    elif standing:
        because = "claimed by an agent"
        findings.reopen(standing, at=at, actor=actor, why="an agent uses the account: its people are asked")
    questions.withdraw(item, because=because, actor=actor, at=at)
