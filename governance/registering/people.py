"""People: who works here, for whom, and where. Names and addresses enter the ledger as commitments only."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet

from governance import due, ledger, vetting
from governance.errors import Invalid
from governance.ledger import Act, Actor
from governance.models import Claim, Grant, OrgUnit, Ownership, Person
from governance.registering.changing import change
from governance.registering.organisation import zone

LONGEST_LINE_OF_MANAGERS = 100
KEPT = "UTC"


def register_person(
    *,
    email: str,
    name: str,
    unit: OrgUnit | None = None,
    time_zone: str = "",
    actor: Actor,
) -> Person:
    """
    Make a person known, or bring what is known up to date; a field that is left empty stays as it is.

    A new person logs in by single sign-on or a password set later. Raises Invalid.
    """
    checked = address(email)
    with transaction.atomic():
        person: Person | None = Person.objects.called(checked)
        if person is None:
            return new_person(checked, name, unit, time_zone, actor)
        wanted = {"name": name or person.name, "unit": unit or person.unit}
        if time_zone:
            wanted["time_zone"] = zone(time_zone).key
        changed = change(person, **wanted)
        if changed:
            told(person, Act.PERSON_CHANGED, changed, actor)
    return person


def address(email: str) -> str:
    """An e-mail address in small letters. Raises Invalid."""
    try:
        validate_email(email.strip())
    except ValidationError as error:
        raise Invalid(f"email {email!r} is no address") from error
    vetting.fitting(Person, email=email.strip())
    return email.strip().lower()


def new_person(email: str, name: str, unit: OrgUnit | None, time_zone: str, actor: Actor) -> Person:
    """Make the row."""
    if not name:
        raise Invalid("name is missing")
    vetting.fitting(Person, name=name)
    key = zone(time_zone).key if time_zone else KEPT
    person: Person = Person.objects.create(
        email=email, name=name, unit=unit, time_zone=key, password=make_password(None)
    )
    told(person, Act.PERSON_IMPORTED, [], actor)
    return person


def set_manager(*, person: Person, manager: Person | None, at: datetime, actor: Actor) -> bool:
    """
    State who a person reports to; whether that is a change.

    Raises Invalid for a circle. Grants of the person's agents fall due: who is asked may be somebody else.
    """
    with transaction.atomic():
        if manager is not None:
            no_circle(person, manager)
        changed = change(person, manager=manager)
        if changed:
            told(person, Act.PERSON_CHANGED, changed, actor)
            due.pull(answered_for_by(person), at)
    return bool(changed)


def set_staff(*, person: Person, staff: bool, actor: Actor) -> bool:
    """State whether a person may open the admin, where they see what they were permitted; whether that is a change."""
    with transaction.atomic():
        changed = change(person, is_staff=staff)
        if changed:
            told(person, Act.PERSON_CHANGED, changed, actor)
    return bool(changed)


def set_password(*, person: Person, password: str, actor: Actor) -> None:
    """Give a person a new password; who was logged in with the old one is so no more. Raises Invalid for a weak one."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from error
    with transaction.atomic():
        person.set_password(password)
        person.save(update_fields=["password"])
        told(person, Act.PERSON_CHANGED, ["password"], actor)


def no_circle(person: Person, manager: Person) -> None:
    """Raise Invalid if this manager reports, at any distance, to the person."""
    above: Person | None = manager
    for _ in range(LONGEST_LINE_OF_MANAGERS):
        if above is None:
            return
        if above == person:
            break
        above = above.manager
    raise Invalid(f"manager {manager.email} reports to {person.email}: nobody can report to themselves")


def answered_for_by(person: Person) -> QuerySet[Grant]:
    """Grants of the agents that this person answers for, in any role."""
    agents = Ownership.objects.filter(person=person, until=None).values("agent")
    return Grant.objects.filter(account__in=Claim.objects.filter(agent__in=agents, until=None).values("account"))


def told(person: Person, act: Act, changed: list[str], actor: Actor) -> None:
    """Tell the ledger: keys openly, what names a human as a commitment."""
    body = {
        "changed": changed,
        "manager": str(person.manager_id or ""),
        "unit": str(person.unit_id or ""),
        "employment": person.employment,
        "staff": person.is_staff,
    }
    commit = {"email": person.email, "name": person.name, "time_zone": person.time_zone}
    ledger.record(act=act, actor=actor, subjects=[person], body=body, commit=commit)
