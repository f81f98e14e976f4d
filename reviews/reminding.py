"""
Reminding: one reminder at half of the window, one a day before the end, one when a snooze is over. Never more.

They come by day. Several that are due at once are one message. Then the next in line is asked instead, which is
lapsing's matter.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now

from governance import clock, ledger
from governance.models import Band
from governance.sole import sole
from governance.sweeping import sweep
from reviews import outbox
from reviews.hours import NIGHT, REACTION, hours_of
from reviews.models import Ask, Assignment, Review

NEXT_IN_LINE = timedelta(hours=4)  # are left for them at least, whenever the last call is heard


def remind_people() -> int:
    """Remind everybody whose reminder is due."""
    return sweep(lambda: Review.objects.remindable(clock.now()).claim(), remind)


def remind(review: Review) -> Ask | None:
    """
    One reminder to the person of now, with all that one digest asked and that is due by now.

    None where it waits for their quiet hours to end, or nothing is due.
    """
    with transaction.atomic():
        at = clock.now()
        locked = sole(Review.objects.remindable(at).filter(pk=review.pk).select_for_update(of=("self",)))
        assignment = locked.assignment if locked else None
        if locked is None or assignment is None:
            return None
        later = heard_from(locked, assignment, at=at)
        if later > at:
            wait(locked, later, at=at)
            return None
        occasion = take(locked, assignment, at=at)
        others = together(locked, assignment, at=at)
        for other in others:
            take(other, other.assignments.get(until=None), at=at)
        key = f"{Ask.Purpose.REMINDER}:{locked.pk}:{assignment.person_id}:{assignment.pk}:{occasion}"
        return outbox.put([locked, *others], person=assignment.person, purpose=Ask.Purpose.REMINDER, key=key, at=at)


def together(review: Review, assignment: Assignment, *, at: datetime) -> list[Review]:
    """What the same digest asked of the same person, and is due to be reminded of as well."""
    person = assignment.person
    digest = Ask.objects.filter(reviews=review, person=person, purpose=Ask.Purpose.DIGEST).order_by("-pk").first()
    if digest is None:
        return []
    mine = Review.objects.remindable(at).filter(assignments__person=person, assignments__until=None)
    due = mine.filter(asks=digest).exclude(pk=review.pk)
    return list(Review.objects.filter(pk__in=due.values("pk")).select_for_update(of=("self",), skip_locked=True))


def heard_from(review: Review, assignment: Assignment, *, at: datetime) -> datetime:
    """From when on the person wants to hear of it; at once where it is critical, and always in time to answer."""
    if review.severity == Band.CRITICAL:
        return at
    moves_on_at = review.due_at - NEXT_IN_LINE if last_call_is_due(review, at=at) else review.moves_on_at
    return max(at, min(hours_of(assignment.person).open_from(at, night=NIGHT), moves_on_at - REACTION))


def wait(review: Review, later: datetime, *, at: datetime) -> None:
    """Look at it again then. The next in line waits with a last call, so that who is called can answer it."""
    moved = {"escalate_at": max(review.escalate_at, later + REACTION)} if last_call_is_due(review, at=at) else {}
    Review.objects.filter(pk=review.pk).update(leased_until=None, next_at=Now() + (later - at), **moved)


def last_call_is_due(review: Review, *, at: datetime) -> bool:
    """Whether a day is left, and the person was not told yet."""
    return review.last_call_at is not None and review.last_called_at is None and review.last_call_at <= at


def take(review: Review, assignment: Assignment, *, at: datetime) -> str:
    """Mark all that is due as done, and enter it; return the occasion: half, last, or snooze with its number."""
    changes = {"reminded_at": at} if review.reminded_at is None and review.remind_at <= at else {}
    if last_call_is_due(review, at=at):
        changes["last_called_at"] = at
    Review.objects.filter(pk=review.pk).update(leased_until=None, next_at=None, **changes)
    woken = assignment.snoozes.filter(reminded_at=None, until__lte=at)
    number = woken.values_list("pk", flat=True).last()
    woken.update(reminded_at=at)
    occasion = "last" if "last_called_at" in changes else "half" if changes else f"snooze{number}"
    ledger.record(
        act=ledger.Act.REVIEW_REMINDED,
        actor=ledger.Actor.step("reminding"),
        subjects=[review, assignment.person],
        body={"occasion": occasion},
    )
    return occasion
