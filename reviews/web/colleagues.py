"""Whom a form proposes: people of the same units, who can act. Any other colleague can be typed."""

from django.db.models import QuerySet

from governance import clock
from governance.models import Person

AT_MOST = 50


def colleagues(person: Person) -> QuerySet[Person]:
    """People beside this one, by name."""
    able: QuerySet[Person] = Person.objects.able(clock.now()).exclude(pk=person.pk)
    return able.filter(unit=person.unit_id).exclude(unit=None).order_by("name", "pk")[:AT_MOST]
