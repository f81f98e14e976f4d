"""
Administrators: who governs the whole organisation and may open the admin.

No superuser: one sees everything and is asked nothing. An administrator is asked what nobody else can be asked.
"""

from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q, QuerySet

from governance import access
from governance.access import Right
from governance.errors import Invalid
from governance.ledger import Actor
from governance.models import Employment, OrgUnit, Person
from governance.registering.organisation import make_unit
from governance.registering.people import register_person, set_staff


def administrators() -> QuerySet[Person]:
    """People who are here, may open the admin, and govern a unit that lies in no other, or are superusers."""
    governing = [access.governors(unit).values("pk") for unit in OrgUnit.objects.filter(parent=None)]
    here = Person.objects.filter(is_staff=True, is_active=True).exclude(employment=Employment.LEFT)
    able = reduce(or_, (Q(pk__in=each) for each in governing), Q(is_superuser=True))
    found: QuerySet[Person] = here.filter(able).order_by("pk")
    return found


def make_administrator(*, email: str, name: str, unit: OrgUnit, time_zone: str = "", actor: Actor) -> Person:
    """Make a person known, let them govern a unit and open the admin; what is so already stays. Raises Invalid."""
    with transaction.atomic():
        known = Person.objects.called(email)
        if known is not None and not access.present(known):
            raise Invalid(f"{known.email} has left or may not log in; somebody else must be the administrator")
        person = known or register_person(email=email, name=name, unit=unit, time_zone=time_zone, actor=actor)
        if not access.governors(unit).filter(pk=person.pk).exists():
            access.permit(who=person, unit=unit, right=Right.GOVERN, actor=actor)
        set_staff(person=person, staff=True, actor=actor)
    return person


def uppermost(*, named: str = "", usual: str, actor: Actor) -> OrgUnit:
    """
    The unit that holds all others: the one that is named, the only one, or of several the one of the usual name.

    Made where there is none yet. Raises Invalid where none of those there are is meant.
    """
    roots = {unit.name: unit for unit in OrgUnit.objects.filter(parent=None)}
    if not roots:
        return make_unit(name=named or usual, actor=actor)
    if named and named not in roots:
        raise Invalid(f"unit {named!r} is none that lies in no other; there: {', '.join(sorted(roots))}", field="unit")
    if not named and len(roots) > 1 and usual not in roots:
        raise Invalid(f"several units lie in no other: {', '.join(sorted(roots))}; say which one they govern")
    return roots.get(named or usual) or next(iter(roots.values()))
