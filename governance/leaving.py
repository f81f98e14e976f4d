"""
Every path by which a person becomes away or left, and comes back: directory, import, admin and SCIM go through here.

Employment changes, their sessions end, and what they answer for falls due, so that it is asked of the next in line.
"""

from datetime import datetime

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet

from governance import due, ledger
from governance.errors import Invalid
from governance.ledger import Act, Actor
from governance.models import Claim, Employment, Grant, Ownership, Person

CHUNK = 1000


def set_employment(
    *, person: Person, employment: str, away_until: datetime | None = None, at: datetime, actor: Actor
) -> bool:
    """Bring a person to this employment by the verb that fits; whether that is a change. Raises Invalid."""
    match employment:
        case Employment.LEFT:
            return leave(person=person, at=at, actor=actor)
        case Employment.AWAY:
            if away_until is None:
                raise Invalid("away_until is missing: until when is the person away?")
            return go_away(person=person, until=away_until, at=at, actor=actor)
        case Employment.ACTIVE:
            return come_back(person=person, at=at, actor=actor)
    raise Invalid(f"employment {employment!r} is unknown; one of {', '.join(Employment.values)}")


def leave(*, person: Person, at: datetime, actor: Actor) -> bool:
    """Let a person have left: no log-in any more, and nothing is asked of them. Whether that is a change."""
    return moved(person, Employment.LEFT, None, at=at, actor=actor)


def go_away(*, person: Person, until: datetime, at: datetime, actor: Actor) -> bool:
    """Let a person be away until a moment, from which on they count as back. Raises Invalid if that is past."""
    if until <= at:
        raise Invalid(f"away_until {until.isoformat()} is past")
    return moved(person, Employment.AWAY, until, at=at, actor=actor)


def come_back(*, person: Person, at: datetime, actor: Actor) -> bool:
    """Let a person be here again. One who had left may log in again; one whom an administrator barred may not."""
    return moved(person, Employment.ACTIVE, None, at=at, actor=actor)


ACTS = {
    Employment.LEFT: Act.PERSON_LEFT,
    Employment.AWAY: Act.PERSON_AWAY,
    Employment.ACTIVE: Act.PERSON_RETURNED,
}


def moved(person: Person, to: Employment, until: datetime | None, *, at: datetime, actor: Actor) -> bool:
    """Move a person in one transaction; whether they weren't there already."""
    with transaction.atomic():
        locked = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        was = locked.employment
        if (was, locked.away_until) == (to, until):
            return False
        locked.employment, locked.away_until = to, until
        locked.is_active = to != Employment.LEFT and (locked.is_active or was == Employment.LEFT)
        locked.save(update_fields=["employment", "away_until", "is_active"])
        if to != Employment.ACTIVE:
            end_sessions(locked)
        body = {"was": was, "until": ledger.stamp(until) if until else ""}
        ledger.record(act=ACTS[to], actor=actor, subjects=[locked], body=body)
        due.pull(answered_for_by(locked), at)
    person.refresh_from_db(fields=["employment", "away_until", "is_active"])
    return True


def end_sessions(person: Person) -> int:
    """End a person's sessions; return how many. Sessions don't say whose they are, so each is opened."""
    sessions = Session.objects.iterator(chunk_size=CHUNK)
    theirs = [each.pk for each in sessions if each.get_decoded().get(SESSION_KEY) == str(person.pk)]
    return Session.objects.filter(pk__in=theirs).delete()[0]


def answered_for_by(person: Person) -> QuerySet[Grant]:
    """Grants of the agents that this person answers for, in any role."""
    agents = Ownership.objects.filter(person=person, until=None).values("agent")
    return Grant.objects.filter(account__in=Claim.objects.filter(agent__in=agents, until=None).values("account"))
