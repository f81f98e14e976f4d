"""Postponing: a person puts one question off, or wants to hear of nothing for a while. Deadlines run on."""

from datetime import datetime, timedelta

from django.db import transaction

from governance import clock, ledger
from governance.errors import Conflict, Invalid
from governance.models import Person
from reviews import questions
from reviews.hours import hours_of
from reviews.models import Preference, Review, Snooze
from reviews.ruling import Via

DAY = 24 * 60
MOMENTS = ("digest_at", "quiet_from", "quiet_until")
LONGEST_PAUSE = 14  # days


def snooze(*, review: Review, by: Person, via: Via) -> Snooze:
    """
    Put a question off until tomorrow at nine, in the person's zone; one that is put off already stays so.

    Raises NotAllowed (not asked) and Conflict (too often, or the deadline is before that).
    """
    with transaction.atomic():
        at = clock.now()
        locked = Review.objects.select_for_update(of=("self",)).select_related("policy").get(pk=review.pk)
        if locked.state != "open":
            raise Conflict("This question has been answered or withdrawn: there is nothing to put off.")
        assignment = questions.authorise(locked, by=by, at=at)
        running = assignment.snoozes.filter(until__gt=at).first()
        if running is not None:
            return running
        allowed = locked.policy.parameters.snoozes
        if assignment.snoozes.count() >= allowed:
            raise Conflict(
                f"You have put this off {allowed} times. Answer it, hand it over, or say that you don't know."
            )
        until = hours_of(by).tomorrow_morning(at)
        if until >= locked.due_at:
            raise Conflict("It cannot wait until tomorrow at nine: it is due before that.")
        made = Snooze.objects.create(assignment=assignment, at=at, until=until)
        ledger.record(
            act=ledger.Act.REVIEW_SNOOZED,
            actor=ledger.Actor.person(by),
            subjects=[locked, made],
            body={"until": ledger.stamp(until)},
            surface=via.surface,
            assurance=via.assurance,
        )
        questions.outdate(locked)
    return made


def pause(*, person: Person, days: int, via: Via) -> Preference:
    """Hear of nothing that is not critical until nine in the morning, so many days from now. Raises Invalid."""
    if not 1 <= days <= LONGEST_PAUSE:
        raise Invalid(f"A pause lasts 1 to {LONGEST_PAUSE} days. Say how many, such as 3.")
    until = hours_of(person).tomorrow_morning(clock.now() + timedelta(days=days - 1))
    return prefer(person=person, via=via, paused_until=until)


def end_pause(*, person: Person, via: Via) -> Preference:
    """Hear of everything again."""
    return prefer(person=person, via=via, paused_until=None)


def prefer(*, person: Person, via: Via, **wishes: object) -> Preference:
    """
    Set how a person is asked: `digest_at`, `quiet_from`, `quiet_until` (minutes after midnight), `delegate`.

    What waits for the person is looked at again at once: questions and reminders. The same click delivered again
    changes nothing. Raises Invalid.
    """
    check(person, wishes)
    with transaction.atomic():
        made, _ = Preference.objects.select_for_update().get_or_create(person=person)
        if not made.hear(via.idempotency_key):
            return made
        made.save(update_fields=["heard"])
        changed = {name: value for name, value in wishes.items() if getattr(made, name) != value}
        if not changed:
            return made
        for name, value in changed.items():
            setattr(made, name, value)
        made.save(update_fields=list(changed))
        ledger.record(
            act=ledger.Act.PREFERENCE_SET,
            actor=ledger.Actor.person(person),
            subjects=[made, person, *([made.delegate] if made.delegate and "delegate" in changed else [])],
            body={name: said(value) for name, value in changed.items()},
            surface=via.surface,
            assurance=via.assurance,
        )
        theirs = Review.objects.open().filter(assignments__person=person, assignments__until=None)
        Review.objects.filter(pk__in=theirs.values("pk")).exclude(next_at=None).update(next_at=None)
    return made


def check(person: Person, wishes: dict[str, object]) -> None:
    """Raise Invalid for a moment that no day has, one end of quiet hours alone, and a delegate who cannot stand in."""
    for name in MOMENTS:
        value = wishes.get(name)
        if value is not None and not (isinstance(value, int) and 0 <= value < DAY):
            raise Invalid(f"{name.replace('_', ' ')}: a time of day is wanted, such as 09:30.")
    quiet = [wishes.get(name) is None for name in ("quiet_from", "quiet_until")]
    if len(set(quiet)) > 1:
        raise Invalid("Quiet hours have a beginning and an end.")
    delegate = wishes.get("delegate")
    if isinstance(delegate, Person):
        can_stand_in(delegate, person=person)


def can_stand_in(delegate: Person, *, person: Person) -> None:
    """Raise Invalid unless this colleague can be asked instead."""
    if delegate.pk == person.pk:
        raise Invalid("You cannot stand in for yourself. Choose a colleague.")
    if not delegate.able(clock.now()):
        raise Invalid(f"{delegate.name} is away or has left. Choose somebody who is here.")


def said(value: object) -> object:
    """A wish as the ledger holds it: a person by their number, a moment by its text."""
    if isinstance(value, Person):
        return str(value.pk)
    return ledger.stamp(value) if isinstance(value, datetime) else value
