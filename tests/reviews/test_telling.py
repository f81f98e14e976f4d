"""Who is told what waits, when, and that once a working day is enough."""

from datetime import UTC, datetime, timedelta

import pytest

from governance import access
from governance.access import Right
from governance.ledger import Actor
from governance.models import Person
from reviews import telling
from reviews.models import Ask, Preference
from tests.factories import GroupFactory, OrganisationFactory, OrgUnitFactory, PersonFactory, SystemFactory

pytestmark = pytest.mark.django_db
ACTOR = Actor.operator("test")
FRIDAY = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)  # ten o'clock in Copenhagen


@pytest.fixture(autouse=True)
def mail(settings):
    settings.EMAIL_SET_UP = True
    OrganisationFactory()


@pytest.fixture
def priya():
    """Governs a unit, and is told at half past nine of her own day."""
    person = PersonFactory(name="Priya Raman", is_staff=True, time_zone="Europe/Copenhagen")
    access.permit(who=person, unit=person.unit, right=Right.GOVERN, actor=ACTOR)
    return person


def told(at):
    return [person for person, _ in telling.due(at)]


def test_she_is_told_from_her_hour_on(priya):
    early = datetime(2026, 11, 27, 8, 29, tzinfo=UTC)
    assert told(early) == []
    assert told(early + timedelta(minutes=1)) == [priya]
    assert told(FRIDAY) == [priya]


def test_it_is_her_own_hour_where_she_chose_one(priya):
    Preference.objects.create(person=priya, digest_at=14 * 60)
    assert told(FRIDAY) == []
    assert told(FRIDAY + timedelta(hours=4)) == [priya]


def test_not_on_free_days_in_a_pause_or_in_quiet_hours(priya):
    assert told(FRIDAY + timedelta(days=1)) == []
    wishes = Preference.objects.create(person=priya, paused_until=FRIDAY + timedelta(hours=1))
    assert told(FRIDAY) == []
    Preference.objects.filter(pk=wishes.pk).update(paused_until=None, quiet_from=9 * 60, quiet_until=11 * 60)
    assert told(FRIDAY) == []
    assert told(FRIDAY + timedelta(hours=1)) == [priya]


def test_once_a_day_however_often_it_runs(priya):
    for _ in range(3):
        for person, day in telling.due(FRIDAY):
            telling.queue(person, day, at=FRIDAY)
    assert Ask.objects.get().dedupe_key == f"waiting:{priya.pk}:2026-11-27"
    assert told(FRIDAY + timedelta(hours=5)) == []
    assert told(FRIDAY + timedelta(days=3)) == [priya]


def test_two_that_look_at_once_make_one_row(priya):
    day = FRIDAY.date()
    assert [telling.queue(priya, day, at=FRIDAY), telling.queue(priya, day, at=FRIDAY)] == [True, False]


def test_her_day_is_that_of_her_own_clock(priya):
    Person.objects.filter(pk=priya.pk).update(time_zone="Pacific/Auckland")  # Saturday there by noon UTC
    assert told(datetime(2026, 11, 27, 12, 0, tzinfo=UTC)) == []
    assert told(datetime(2026, 11, 26, 21, 0, tzinfo=UTC)) != []


def test_who_governs_by_a_group_and_who_owns_a_system_are_told_too():
    group, member = GroupFactory(), PersonFactory(is_staff=True)
    member.groups.add(group)
    access.permit(who=group, unit=OrgUnitFactory(), right=Right.GOVERN, actor=ACTOR)
    owner = SystemFactory(owner__is_staff=True).owner
    assert set(told(FRIDAY + timedelta(hours=1))) == {member, owner}  # UTC is an hour behind Copenhagen


@pytest.mark.parametrize(
    "change",
    [
        {"is_staff": False},
        {"is_active": False},
        {"employment": "left"},
        {"employment": "away", "away_until": FRIDAY + timedelta(days=9)},
        {"email": ""},
    ],
)
def test_who_cannot_act_or_be_reached_is_not_told(change, priya):
    Person.objects.filter(pk=priya.pk).update(**change)
    assert told(FRIDAY) == []


def test_who_only_looks_or_audits_is_not_told():
    for right in (Right.VIEW, Right.AUDIT):
        person = PersonFactory(is_staff=True)
        access.permit(who=person, unit=person.unit, right=right, actor=ACTOR)
    assert told(FRIDAY) == []


def test_without_a_mail_server_nothing_is_queued(priya, settings):
    settings.EMAIL_SET_UP = False
    assert told(FRIDAY) == []


def test_more_people_need_no_more_queries(priya, django_assert_num_queries):
    def ask():
        return list(telling.due(FRIDAY + timedelta(hours=1)))

    with django_assert_num_queries(4):
        ask()
    for _ in range(3):
        SystemFactory(owner__is_staff=True)
    with django_assert_num_queries(4):
        assert len(ask()) == 4
