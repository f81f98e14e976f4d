"""A query that is written once is asked about whatever it is given, and about nothing else."""

import pytest
from django.db.models import BigAutoField

from governance.models import Person
from governance.models.expressions import key_array
from governance.once import FIRST, SECOND, Once
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db
REPORTS = Once(
    lambda: Person.objects.filter(manager=FIRST).exclude(pk=SECOND).order_by("pk").values_list("pk", flat=True)
)
THESE = Once(lambda: Person.objects.filter(pk__any_of=key_array([FIRST])).order_by("pk").values_list("pk", flat=True))


def test_it_is_asked_about_the_keys_in_their_order():
    boss, other = PersonFactory(), PersonFactory()
    first, second = PersonFactory.create_batch(2, manager=boss)
    assert REPORTS.answers(boss.pk, second.pk) == [first.pk]
    assert REPORTS.answers(boss.pk, first.pk) == [second.pk]
    assert REPORTS.answers(other.pk, first.pk) == []


def test_it_is_asked_about_many_keys_or_none():
    people = PersonFactory.create_batch(3)
    keys = [each.pk for each in people]
    assert THESE.answers(keys) == keys
    assert THESE.answers(keys[1:]) == keys[1:]
    assert THESE.answers([]) == []


def test_it_is_a_part_of_another_query():
    boss = PersonFactory()
    first, second = PersonFactory.create_batch(2, manager=boss)
    found = Person.objects.exclude(pk__in=REPORTS.within(boss.pk, second.pk, output=BigAutoField()))
    assert set(found) == {boss, second}
    assert first not in found


def test_it_is_written_once_and_what_is_no_stand_in_stays():
    built = []

    def build():
        built.append(1)
        return Person.objects.filter(pk=FIRST, email="%s", is_active=True).values_list("pk", flat=True)

    query = Once(build)
    person = PersonFactory(email="%s")
    assert query.answers(person.pk) == [person.pk]
    assert query.answers(person.pk + 1) == []
    assert len(built) == 1
