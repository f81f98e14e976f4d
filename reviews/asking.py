"""
Asking: the dry run, then the outbox.

The connector is asked what a revoke would do before the person is (at most ten seconds, outside any transaction); then
an Ask is queued for the surface on which this person can be reached. Delivering sends it.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, transaction
from django.db.models.functions import Now

from connectors.base import Cap, Writer
from connectors.errors import ConnectorError
from governance import clock, connecting, ledger
from governance.errors import Invalid
from governance.models import ExternalIdentity, Grant, Person
from governance.sweeping import sweep
from reviews import questions
from reviews.models import Ask, Assignment, Item, Review, Workspace

logger = logging.getLogger(__name__)

DRY_RUN_SECONDS = 10
LOOK_AGAIN = timedelta(minutes=1)
UNREACHED = "No surface reaches this person: link a Slack account."


def ask_people() -> int:
    """Ask everybody who has not been asked yet."""
    return sweep(lambda: Review.objects.unasked(clock.now()).claim(), ask)


def remind_people() -> int:
    """Remind once, at half of the window."""
    return sweep(lambda: Review.objects.remindable(clock.now()).claim(), remind)


def ask(review: Review) -> Ask | None:
    """
    Preview every item that has none, then queue the question for the person of now.

    None where the review has ended meanwhile.
    """
    for item in review.items.unpreviewed().select_related("grant__account__system", "grant__entitlement"):
        preview(item)
    with transaction.atomic():
        locked = Review.objects.open().select_for_update().filter(pk=review.pk).first()
        assignment = locked.assignment if locked else None
        if locked is None or assignment is None:
            return None
        return queue(locked, assignment=assignment, purpose=Ask.Purpose.QUESTION, at=clock.now())


def remind(review: Review) -> Ask | None:
    """One reminder to the person of now."""
    with transaction.atomic():
        at = clock.now()
        if not Review.objects.open().filter(pk=review.pk, reminded_at=None).update(reminded_at=at, leased_until=None):
            return None
        assignment = review.assignment
        if assignment is None:
            return None
        ledger.record(
            act=ledger.Act.REVIEW_REMINDED,
            actor=ledger.Actor.step("asking"),
            subjects=[review, assignment.person],
            body={},
        )
        return queue(review, assignment=assignment, purpose=Ask.Purpose.REMINDER, at=at)


def queue(review: Review, *, assignment: Assignment, purpose: Ask.Purpose, at: datetime) -> Ask:
    """
    One row of the outbox an assignment; asking twice gives the same row, whoever is asked anew gets a new one.

    Whom no surface reaches is tried again in a minute.
    """
    person = assignment.person
    surface = surface_for(person)
    reached = surface != Ask.NOWHERE
    where: dict[str, Any] = {"surface": surface, "state": Ask.State.PENDING if reached else Ask.State.FAILED}
    # never before its assignment, should the clock have been set back: by that it is known as its question
    where |= {"trouble": "" if reached else UNREACHED, "made_at": max(at, assignment.since)}
    ask_row, new = Ask.objects.get_or_create(
        dedupe_key=f"{purpose}:{review.pk}:{person.pk}:{assignment.pk}",
        defaults={"person": person, "purpose": purpose, **where},
    )
    if new:
        ask_row.reviews.add(review)
    elif reached:
        Ask.objects.filter(pk=ask_row.pk, surface=Ask.NOWHERE).update(**where)
    wait = timedelta(0) if reached else LOOK_AGAIN
    Review.objects.filter(pk=review.pk).update(leased_until=None, attempts=0, trouble="", next_at=Now() + wait)
    return ask_row


def surface_for(person: Person) -> str:
    """Where this person can be reached."""
    teams = Workspace.objects.filter(state=Workspace.State.ACTIVE).values("team_id")
    linked = ExternalIdentity.objects.filter(person=person, scheme="slack", issuer__in=teams).exists()
    return "slack" if linked else Ask.NOWHERE


def preview(item: Item) -> None:
    """Ask the system what a revoke would do, and keep its answer; an answer that does not come is *not tried, why*."""
    said = dry_run(item.grant) if item.grant else {}
    Item.objects.filter(pk=item.pk).update(preview=said, previewed_at=clock.now())
    questions.outdate(item.review)


def dry_run(grant: Grant) -> dict[str, object]:
    """What the system said; waits ten seconds at most."""
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        return pool.submit(try_revoke, grant).result(timeout=DRY_RUN_SECONDS)
    except TooSlow:
        return {"not_tried": f"{grant.account.system.name} did not answer within {DRY_RUN_SECONDS} seconds"}
    finally:
        pool.shutdown(wait=False)


def try_revoke(grant: Grant) -> dict[str, object]:
    """A server-side dry run; runs in a thread of its own."""
    try:
        with connecting.connected(grant.account.system) as connector:
            if not isinstance(connector, Writer) or Cap.DRY_RUN not in connector.spec.caps.get(
                grant.entitlement.native_type, frozenset()
            ):
                return {"not_tried": f"{grant.account.system.name} cannot try it without doing it"}
            result = connector.revoke(connecting.as_held(grant), idem_key=f"preview:{grant.pk}", dry_run=True)
            return {"outcome": result.outcome, **result.response}
    except (ConnectorError, Invalid) as error:  # Invalid: a secret of ours is missing
        return {"not_tried": str(error)}
    finally:
        connections.close_all()
