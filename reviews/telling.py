"""
Telling: whoever can end what no sweep can finish hears of it once a working day, at the hour of their digest.

Here is only who is told, and when: one row a person and day in the outbox, whatever runs twice. What waits is looked up
when the letter is written; where nothing does, none is sent.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from governance import access, clock
from governance.models import Organisation, Person, System
from governance.sole import sole
from reviews import outbox
from reviews.hours import Hours, zone_of
from reviews.models import Ask, Preference

TWO_DAYS = timedelta(days=2)


def tell_governance() -> int:
    """Queue the letters whose hour has come; return how many are new."""
    at = clock.now()
    return sum(queue(person, day, at=at) for person, day in due(at))


def queue(person: Person, day: date, *, at: datetime) -> bool:
    """One row for this person and day; False where it is there already."""
    put = {"person": person, "surface": outbox.EMAIL, "purpose": Ask.Purpose.WAITING, "made_at": at}
    _, new = Ask.objects.get_or_create(dedupe_key=key(person, day), defaults=put)
    return new


def key(person: Person, day: date) -> str:
    """By which the row of a person's day is known again."""
    return f"{Ask.Purpose.WAITING}:{person.pk}:{day:%Y-%m-%d}"


def due(at: datetime) -> Iterator[tuple[Person, date]]:
    """Who is to be told now and was not yet, each with the day by their own clock."""
    told = set(
        Ask.objects.filter(purpose=Ask.Purpose.WAITING, made_at__gt=at - TWO_DAYS).values_list("dedupe_key", flat=True)
    )
    people = list(responsible(at))
    wishes = {each.person_id: each for each in Preference.objects.filter(person__in=people)}
    organisation = sole(Organisation.objects.all()) or Organisation()
    for person in people:
        hours = Hours(
            wishes.get(person.pk) or Preference(person=person), zone_of(person), frozenset(organisation.working_days)
        )
        day = at.astimezone(hours.zone).date()
        if outbox.reaches_by_email(person) and key(person, day) not in told and heard(hours, day, at=at):
            yield person, day


def heard(hours: Hours, day: date, *, at: datetime) -> bool:
    """Whether this person wants to hear of it now: a working day, past their hour, in no pause and no quiet hours."""
    return hours.works(day) and hours.at(day, hours.wishes.digest_at) <= at and hours.open_from(at) <= at


def responsible(at: datetime) -> QuerySet[Person]:
    """Who governs a unit, or owns a system; can act, and may open the queue."""
    people: QuerySet[Person] = Person.objects.able(at).filter(is_staff=True)
    governing = Q(pk__in=access.governing().values("pk"))
    owning = Q(pk__in=System.objects.filter(active=True).values("owner"))
    return people.filter(governing | owning).order_by("pk")
