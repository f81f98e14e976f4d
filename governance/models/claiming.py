"""Claiming: how a sweep takes one row of a table for itself, for a while."""

from datetime import timedelta
from typing import TypeVar

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

LEASE = timedelta(minutes=2)
FIRST_WAIT_SECONDS = 2
LONGEST_WAIT_SECONDS = 900
TROUBLE_LENGTH = 500

Row = TypeVar("Row", bound=models.Model)


def claim(queryset: "models.QuerySet[Row]", *, lease: timedelta = LEASE) -> Row | None:
    """
    Lease the first row that nobody else holds, and raise its fence.

    The model has `leased_until`, `fence` and `next_at`. Leases live by the database's real clock, never by a test's
    offset. A holder whose lease has run out finds the fence raised and can write nothing (`held_by`).
    """
    free = queryset.filter(Q(leased_until=None) | Q(leased_until__lt=Now()))
    with transaction.atomic():
        found = free.only("pk").select_for_update(skip_locked=True, of=("self",)).first()
        if found is None:
            return None
        claimed = queryset.model._base_manager.filter(pk=found.pk)
        claimed.update(fence=F("fence") + 1, leased_until=Now() + lease)
        return claimed.get()


def give_back(row: models.Model, error: BaseException, *, attempts: int) -> None:
    """Store the trouble, give the lease back, and wait twice as long as last time (at most a quarter of an hour)."""
    wait = min(FIRST_WAIT_SECONDS * 2 ** min(attempts, 10), LONGEST_WAIT_SECONDS)
    type(row)._base_manager.filter(pk=row.pk, fence=row.fence).update(  # type: ignore[attr-defined]  # as of `claim`
        attempts=F("attempts") + 1,
        trouble=f"{type(error).__name__}: {error}"[:TROUBLE_LENGTH],
        leased_until=None,
        next_at=Now() + timedelta(seconds=wait),
    )
