"""
Asking: the dry run, then the outbox.

The connector is asked what a revoke would do before the person is (at most ten seconds, outside any transaction). What
is urgent is asked alone; what is routine waits for the person's digest, one message a working day.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, transaction
from django.db.models.functions import Now

from connectors.base import Cap, Narrower, Ref, Writer
from connectors.errors import ConnectorError, Refused, Unsupported
from governance import clock, connecting
from governance.errors import Invalid
from governance.models import Band, Credential, Grant, Person
from governance.sole import sole
from governance.sweeping import sweep
from reviews import describing, outbox, questions
from reviews.hours import Hours, hours_of
from reviews.models import Ask, Assignment, Item, Review

logger = logging.getLogger(__name__)

DRY_RUN_SECONDS = 10
BESIDE = 20  # dry runs for other questions of the same person
LOOK_AGAIN = timedelta(minutes=1)
FRESH = timedelta(days=1)  # what was looked up for a card before is looked up again
LOOKED_AT = ("review", "grant__account__system", "grant__entitlement", "credential__account__system")
AN_INSTANT = timedelta.resolution
SLACK_PATIENCE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a question is put: alone or in the day's digest, and from when on."""

    alone: bool
    at: datetime


def ask_people() -> int:
    """Ask everybody who has not been asked yet; what Slack does not take goes by e-mail too."""
    asked = sweep(lambda: Review.objects.unasked(clock.now()).claim(), ask)
    try_again()
    return asked + ask_elsewhere()


def try_again() -> None:
    """Try and look up anew what was tried before something else of its account changed, or its use was seen."""
    keys = list(Item.objects.outlived().order_by("pk").values_list("pk", flat=True)[:BESIDE])
    found = Item.objects.select_related(*LOOKED_AT).in_bulk(keys)
    for key in keys:
        preview(found[key])


def ask_elsewhere() -> int:
    """Put by e-mail what has waited for Slack too long: a deadline does not wait for Slack."""
    late = list(outbox.waiting_too_long(clock.now() - SLACK_PATIENCE))
    with transaction.atomic():
        return sum(1 for row in late if outbox.elsewhere(row, because="Slack does not answer"))


def ask(review: Review) -> Ask | None:
    """
    Preview every item that has no fresh one, then queue the question for the person of now.

    None where it waits for its moment, or the review has ended meanwhile.
    """
    for item in untried(review):
        preview(item)
    with transaction.atomic():
        assignment = held(review)
        if assignment is None:
            return None
        at, found = clock.now(), assignment.review
        planned = plan(found, assignment, at=at)
        if planned.at > at:
            wait(found, planned.at - at)
            return None
        if planned.alone:
            return question(found, assignment=assignment, at=at)
        return digest(found, assignment=assignment, at=at)


def held(review: Review) -> Assignment | None:
    """
    Who is asked this, with both locked; None where it has ended, or has become somebody else's meanwhile.

    The person comes first: what they were asked today is counted by one worker at a time, and nobody who waits for a
    person holds anything.
    """
    asked = Person.objects.filter(assignments__review=review, assignments__until=None)
    person = sole(asked.select_for_update(of=("self",), no_key=True))
    found = sole(Review.objects.open().select_for_update(of=("self",)).filter(pk=review.pk))
    mine = Assignment.objects.filter(review=found, person=person, until=None)
    return sole(mine.select_related("person", "review__policy")) if found else None


def untried(review: Review) -> list[Item]:
    """Its items without a fresh dry run, and some of what else waits for the same person: a digest asks it together."""
    mine = Assignment.objects.filter(review=review, until=None).values("person")
    others = Review.objects.unasked(clock.now()).filter(assignments__person__in=mine, assignments__until=None)
    waiting = Item.objects.unpreviewed(clock.now() - FRESH)
    items = waiting.select_related(*LOOKED_AT)
    beside = items.filter(review__in=others.exclude(pk=review.pk).values("pk")).order_by("pk")[:BESIDE]
    return [*items.filter(review=review), *beside]


def plan(review: Review, assignment: Assignment, *, at: datetime) -> Plan:
    """
    How and when this is put to this person.

    What is critical does not wait at all, and nothing waits for a digest beyond the half of its window. What waited for
    it since a day before comes with it, urgent or not: it takes no place among those of the new day.
    """
    if review.severity == Band.CRITICAL:
        return Plan(alone=True, at=at)
    hours = hours_of(assignment.person)
    heard = hours.hears_of(review, at=at)
    coming = hours.quiet_ends(hours.digest_after(since(assignment, hours=hours)))
    waited = coming <= at and assignment.since < hours.midnight(at)
    routine = waited or not urgent(review, assignment, hours=hours, at=at)
    if routine and coming <= max(at, review.remind_at):
        return Plan(alone=False, at=max(coming, heard))
    return Plan(alone=True, at=heard)


def urgent(review: Review, assignment: Assignment, *, hours: Hours, at: datetime) -> bool:
    """Whether it is asked alone. So many a day and person as policy says; what is critical comes besides."""
    parameters = review.policy.parameters
    if review.kind != Review.Kind.CLAIM and Band(review.severity).rank < Band(parameters.alone_from).rank:
        return False
    today = Ask.objects.filter(
        person=assignment.person, purpose=Ask.Purpose.QUESTION, made_at__gte=hours.midnight(at)
    ).exclude(reviews__severity=Band.CRITICAL)
    return today.count() < parameters.alone_a_day


def since(assignment: Assignment, *, hours: Hours) -> datetime:
    """From when on the next digest is waited for: the day after the last one, or when this became the person's."""
    sent = Ask.objects.filter(person=assignment.person_id, purpose=Ask.Purpose.DIGEST).placed()
    last = sent.order_by("-made_at").first()
    return max(assignment.since, hours.midnight(last.made_at, days=1) - AN_INSTANT) if last else assignment.since


def question(review: Review, *, assignment: Assignment, at: datetime) -> Ask:
    """
    One row of the outbox an assignment; asking twice gives the same row, whoever is asked anew gets a new one.

    Whom no surface reaches is tried again in a minute.
    """
    purpose, person = Ask.Purpose.QUESTION, assignment.person
    # never before its assignment, should the clock have been set back: by that it is known as its question
    made_at = max(at, assignment.since)
    key = f"{purpose}:{review.pk}:{person.pk}:{assignment.pk}"
    row = outbox.put([review], person=person, purpose=purpose, key=key, at=made_at)
    wait(review, LOOK_AGAIN if row.surface == Ask.NOWHERE else timedelta(0))
    return row


def digest(review: Review, *, assignment: Assignment, at: datetime) -> Ask:
    """The day's digest of this person, with all that is routine and has not been asked yet."""
    person = assignment.person
    mine = Review.objects.unasked(at).filter(assignments__person=person, assignments__until=None)
    ready = mine.exclude(pk__in=Item.objects.unpreviewed(at - FRESH).values("review")).exclude(pk=review.pk)
    others = Review.objects.filter(pk__in=ready.values("pk")).select_for_update(of=("self",), skip_locked=True)
    routine = [each for each in others.select_related("policy") if is_routine(each, at=at)]
    day = f"{at.astimezone(hours_of(person).zone):%Y-%m-%d}"
    made_at = max([at, *(each.assignment.since for each in [review, *routine] if each.assignment)])
    key = f"{Ask.Purpose.DIGEST}:{person.pk}:{day}"
    row = outbox.put([review, *routine], person=person, purpose=Ask.Purpose.DIGEST, key=key, at=made_at)
    Ask.objects.outdate(review, *routine)
    for each in [review, *routine]:
        wait(each, LOOK_AGAIN if row.surface == Ask.NOWHERE else timedelta(0))
    return row


def is_routine(review: Review, *, at: datetime) -> bool:
    """Whether it may come with a digest that is sent now."""
    assignment = review.assignment
    return assignment is not None and not plan(review, assignment, at=at).alone


def wait(review: Review, time: timedelta) -> None:
    """Give the lease back; look at it again after this time."""
    free: dict[str, Any] = {"leased_until": None, "attempts": 0, "trouble": ""}
    Review.objects.filter(pk=review.pk).update(next_at=Now() + time, **free)


def preview(item: Item) -> None:
    """
    Ask the system what a revoke would do, and which narrower forms there are; keep its answer.

    An answer that does not come is *not tried, why*. What else is shown is looked up again: it may be days old.
    """
    about = item.grant or item.credential
    said = dry_run(about) if about else {}
    Item.objects.filter(pk=item.pk).update(preview=said, previewed_at=clock.now())
    describing.look_up(item)
    questions.outdate(item.review)


def dry_run(about: Grant | Credential) -> dict[str, object]:
    """What the system said; waits ten seconds at most."""
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        return pool.submit(try_revoke, about).result(timeout=DRY_RUN_SECONDS)
    except TooSlow:
        return {"not_tried": f"{about.account.system.name} did not answer within {DRY_RUN_SECONDS} seconds"}
    finally:
        pool.shutdown(wait=False)


def try_revoke(about: Grant | Credential) -> dict[str, object]:
    """A server-side dry run, of a credential a look; runs in a thread of its own."""
    try:
        with connecting.connected(about.account.system) as connector:
            if isinstance(about, Credential):
                return said_of_credential(connector, about)
            return said_of_revoke(connector, about) | said_of_narrowing(connector, about)
    except (ConnectorError, Invalid) as error:  # Invalid: a secret of ours is missing
        return {"not_tried": str(error)}
    finally:
        connections.close_all()


def said_of_revoke(connector: object, grant: Grant) -> dict[str, object]:
    """The answer of a dry run or a forecast; *by hand, because* where this cannot be removed by us at all."""
    held = connecting.as_held(grant)
    if not isinstance(connector, Writer) or not grant.revocable or not can(connector, grant, Cap.REVOKE):
        return {"by_hand": held.by_hand or f"{grant.account.system.name} has no way to do it."}
    tried = can(connector, grant, Cap.DRY_RUN)
    if not (tried or can(connector, grant, Cap.FORECAST)):
        return {"not_tried": f"{grant.account.system.name} cannot try it without doing it"}
    try:
        result = connector.revoke(held, idem_key=f"preview:{grant.pk}", dry_run=True)
    except (Unsupported, Refused) as error:  # it has become so since the last sync, or a rule stands against it
        return {"by_hand": str(error)}
    except ConnectorError as error:  # what cannot be revoked may still be narrowed
        return {"not_tried": str(error)}
    return {"outcome": result.outcome, **result.response, "tried": tried}


def said_of_credential(connector: object, credential: Credential) -> dict[str, object]:
    """Whether it can be used now; *by hand, because* where it cannot be shut by us."""
    if not connecting.keeps(connector, credential):
        return {"by_hand": f"{credential.account.system.name} has no way to do it."}
    return {"enabled": connector.credential_enabled(Ref(credential.native_type, credential.native_id))}


def said_of_narrowing(connector: object, grant: Grant) -> dict[str, object]:
    """The narrower forms that the connector offers, if any. Whoever cannot be asked offers none."""
    if not isinstance(connector, Narrower) or not can(connector, grant, Cap.REPLACE):
        return {}
    try:
        offers = connector.narrowings(connecting.as_held(grant))
    except ConnectorError:
        logger.warning("narrower forms not known", extra={"grant": grant.pk}, exc_info=True)
        return {}
    return {"narrowings": [{"key": each.key, "text": each.text} for each in offers]} if offers else {}


def can(connector: Writer, grant: Grant, cap: Cap) -> bool:
    """Whether the connector can do it for this type."""
    return cap in connector.spec.caps.get(grant.entitlement.native_type, frozenset())
