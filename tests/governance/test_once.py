"""A query that is written once is asked about whatever it is given, and about nothing else."""

import pytest
from django.db.models import BigAutoField
from psycopg.types.numeric import Int8

from governance.models import Person
from governance.models.expressions import key_array
from governance.once import FIRST, SECOND, Once, instead
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
    reports = REPORTS.within(boss.pk, second.pk, output=BigAutoField())
    found = Person.objects.filter(is_active=True, email=first.email).exclude(name="%s").filter(pk__in=reports)
    assert list(found.filter(email__endswith=first.email[-3:])) == [first]
    assert set(Person.objects.exclude(pk__in=reports)) == {boss, second}


def test_a_sign_of_its_own_is_no_place_for_a_parameter():
    percent = Once(
        lambda: Person.objects.filter(pk=FIRST).extra(where=["name LIKE 'Ada%%'"]).values_list("pk", flat=True)
    )
    ada = PersonFactory(name="Ada L.")
    assert percent.answers(ada.pk) == [ada.pk]
    assert list(Person.objects.filter(name="Ada L.", pk__in=percent.within(ada.pk, output=BigAutoField()))) == [ada]


@pytest.mark.parametrize(
    ("param", "keys", "comes"),
    [
        (FIRST, (5, 6), 5),
        (SECOND, (5, 6), 6),
        (SECOND, (5,), SECOND),
        ([FIRST], ([5, 6],), [5, 6]),
        ([FIRST], ([],), []),
        ([3], (5,), [3]),
        ([], (5,), []),
        (True, (5,), True),
        ("1", (5,), "1"),
        (Int8(FIRST), (5,), Int8(5)),
    ],
)
def test_a_stand_in_is_replaced_and_keeps_its_type(param, keys, comes):
    assert instead(param, keys) == comes
    assert type(instead(param, keys)) is type(param)


def test_one_key_is_not_many():
    with pytest.raises(TypeError):
        instead(FIRST, ([5, 6],))


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
