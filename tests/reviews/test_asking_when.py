"""When a question is put, and how: alone at once, or with the day's digest."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from governance.models import Band, Organisation, Person
from reviews import asking
from reviews.hours import hours_of
from reviews.models import Ask, Preference, Review
from tests.factories import OrganisationFactory, PersonFactory
from tests.reviews.factories import (
    AskFactory,
    AssignmentFactory,
    ItemFactory,
    ReviewFactory,
    SlackIdentityFactory,
    WorkspaceFactory,
)
from tests.reviews.scene import where_it_is

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)  # Copenhagen is an hour ahead


def at(text: str) -> datetime:
    """A moment of that week in UTC, such as `Tue 08:30`."""
    day, _, time = text.partition(" ")
    hours, _, minutes = time.partition(":")
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun").index(day)
    return MONDAY + timedelta(days=days, hours=int(hours), minutes=int(minutes))


@dataclass
class Asked:
    """Maria in Copenhagen, who is asked at 09:30 on working days."""

    person: Person

    def review(self, opened: str, *, days: float = 14, severity: Band = Band.MEDIUM, **more) -> Review:
        """Opened at that moment; with a window of so many days, of which half is until the reminder."""
        moment, window = at(opened), timedelta(days=days)
        span = {"remind_at": window / 2, "escalate_at": window * 3 / 4, "due_at": window}
        moments = {name: moment + part for name, part in span.items()}
        review = ReviewFactory(opened_at=moment, severity=severity, **moments, **more)
        AssignmentFactory(review=review, person=self.person)
        return review

    def wishes(self, **wishes) -> None:
        Preference.objects.update_or_create(person=self.person, defaults=wishes)

    def plan(self, review: Review, now: str) -> tuple[str, str]:
        """How it is put, and when (in UTC), as it looks now."""
        planned = asking.plan(review, review.assignment, at=at(now))
        return ("alone" if planned.alone else "digest", f"{planned.at.astimezone(UTC):%a %H:%M}")

    def was_asked(self, when: str, purpose: str = "question", **more) -> Ask:
        return AskFactory(person=self.person, purpose=purpose, made_at=at(when), state="sent", **more)


@pytest.fixture
def maria(db) -> Asked:
    OrganisationFactory()
    person = PersonFactory(name="Maria", time_zone="Europe/Copenhagen")
    SlackIdentityFactory(person=person, issuer=WorkspaceFactory().team_id)
    return Asked(person)


# -- the digest


@pytest.mark.parametrize(
    ("opened", "wishes", "comes"),
    [
        ("Mon 07:00", {}, "Mon 08:30"),
        ("Mon 08:30", {}, "Tue 08:30"),
        ("Fri 12:00", {}, "Mon 08:30"),
        ("Sat 07:00", {}, "Mon 08:30"),
        ("Mon 07:00", {"digest_at": 14 * 60}, "Mon 13:00"),
        ("Fri 07:00", {"digest_at": 15 * 60}, "Mon 14:00"),
        ("Mon 07:00", {"quiet_from": 18 * 60, "quiet_until": 10 * 60}, "Mon 09:00"),
        ("Mon 07:00", {"paused_until": at("Wed 08:00")}, "Wed 08:30"),
        ("Mon 07:00", {"paused_until": at("Sat 08:00")}, "Mon 08:30"),  # not on a free day
    ],
)
def test_what_is_routine_waits_for_the_digest(maria, opened, wishes, comes):
    maria.wishes(**wishes)
    assert maria.plan(maria.review(opened, days=20), opened) == ("digest", comes)


def test_the_organisation_says_which_days_are_working_days(maria):
    Organisation.objects.update(working_days=[7, 1, 2, 3, 4])
    assert maria.plan(maria.review("Fri 07:00"), "Fri 07:00") == ("digest", "Sun 08:30")


def test_there_is_one_digest_a_day_whatever_hour_is_chosen_meanwhile(maria):
    maria.was_asked("Mon 08:30", "digest")
    maria.wishes(digest_at=16 * 60)
    assert maria.plan(maria.review("Mon 09:00"), "Mon 09:00") == ("digest", "Tue 15:00")


def test_a_digest_that_reached_nobody_does_not_count(maria):
    maria.was_asked("Mon 08:30", "digest", surface=Ask.NOWHERE)
    assert maria.plan(maria.review("Mon 07:00"), "Mon 08:31") == ("digest", "Mon 08:31")


def test_nothing_waits_beyond_half_of_its_window(maria):
    assert maria.plan(maria.review("Fri 12:00", days=4), "Fri 12:00") == ("alone", "Fri 12:00")
    assert maria.plan(maria.review("Fri 12:00", days=7), "Fri 12:00") == ("digest", "Mon 08:30")


@pytest.mark.parametrize("now", ["Mon 07:00", "Thu 08:00"])
def test_a_pause_ends_in_time_to_answer_before_somebody_else_is_asked(maria, now):
    maria.wishes(paused_until=at("Sun 08:00"))
    assert maria.plan(maria.review("Mon 07:00", days=6), now) == ("alone", "Fri 13:00")


def test_who_is_asked_instead_is_asked_in_time_to_answer_before_the_end(maria):
    maria.wishes(paused_until=at("Sun 08:00"))
    review = maria.review("Mon 07:00", days=6, escalated_at=at("Fri 19:00"))
    review.assignments.update(since=at("Fri 19:00"))
    assert maria.plan(review, "Fri 19:00") == ("alone", "Sun 01:00")


# -- alone


@pytest.mark.parametrize("severity", [Band.HIGH, Band.CRITICAL])
def test_what_is_urgent_is_asked_alone_and_at_once(maria, severity):
    assert maria.plan(maria.review("Mon 07:00", severity=severity), "Mon 07:00") == ("alone", "Mon 07:00")


def test_whose_an_agent_is_is_asked_alone_but_no_more_often(maria):
    claim = maria.review("Mon 07:00", kind="claim", severity=Band.LOW)
    assert maria.plan(claim, "Mon 07:00") == ("alone", "Mon 07:00")
    for _ in range(3):
        maria.was_asked("Mon 07:00")
    assert maria.plan(claim, "Mon 07:01") == ("digest", "Mon 08:30")


@pytest.mark.parametrize(("severity", "heard"), [(Band.HIGH, "Tue 07:00"), (Band.CRITICAL, "Mon 20:00")])
def test_only_what_is_critical_comes_in_quiet_hours(maria, severity, heard):
    maria.wishes(quiet_from=18 * 60, quiet_until=8 * 60)
    assert maria.plan(maria.review("Mon 20:00", severity=severity), "Mon 20:00") == ("alone", heard)


@pytest.mark.parametrize(("severity", "heard"), [(Band.HIGH, "Thu 08:00"), (Band.CRITICAL, "Mon 12:00")])
def test_only_what_is_critical_comes_in_a_pause(maria, severity, heard):
    maria.wishes(paused_until=at("Thu 08:00"))
    assert maria.plan(maria.review("Mon 12:00", severity=severity), "Mon 12:00") == ("alone", heard)


@pytest.mark.parametrize(("days", "heard"), [(0.5, "Mon 23:00"), (1 / 3, "Mon 20:00"), (30 / 86400, "Mon 20:00")])
def test_quiet_hours_leave_time_to_answer(maria, days, heard):
    maria.wishes(quiet_from=18 * 60, quiet_until=8 * 60)
    assert maria.plan(maria.review("Mon 20:00", severity=Band.HIGH, days=days), "Mon 20:00") == ("alone", heard)


def test_what_is_routine_is_not_asked_in_quiet_hours_after_half_of_its_window_either(maria):
    maria.wishes(quiet_from=18 * 60, quiet_until=8 * 60)
    late = maria.review("Mon 07:00", severity=Band.LOW, days=8)
    late.assignments.update(since=at("Fri 19:00"))
    assert maria.plan(late, "Fri 20:00") == ("alone", "Sat 07:00")


def test_the_fourth_urgent_question_of_a_day_comes_with_the_digest(maria):
    high = maria.review("Mon 10:00", severity=Band.HIGH)
    for _ in range(2):
        maria.was_asked("Mon 07:00")
    AskFactory(person=maria.person, purpose="question", made_at=at("Mon 00:00") - timedelta(minutes=90))
    assert maria.plan(high, "Mon 10:00") == ("alone", "Mon 10:00"), "yesterday's do not count, in Copenhagen"
    maria.was_asked("Mon 09:00")
    assert maria.plan(high, "Mon 10:00") == ("digest", "Tue 08:30")
    assert maria.plan(maria.review("Mon 10:00", severity=Band.CRITICAL), "Mon 10:00") == ("alone", "Mon 10:00")


def test_what_waited_over_night_comes_with_the_digest_and_takes_no_place_of_the_new_day(maria):
    high = maria.review("Mon 10:00", severity=Band.HIGH)
    for now in ("Tue 08:30", "Tue 08:45"):
        assert maria.plan(high, now) == ("digest", now)
    maria.was_asked("Tue 08:30", "digest")
    assert maria.plan(maria.review("Tue 09:00", severity=Band.HIGH), "Tue 09:00") == ("alone", "Tue 09:00")


def test_what_is_urgent_and_comes_just_before_the_digest_is_asked_alone(maria):
    high = maria.review("Tue 08:29", severity=Band.HIGH)
    assert maria.plan(high, "Tue 08:31") == ("alone", "Tue 08:31")


def test_what_is_critical_does_not_count(maria):
    for _ in range(3):
        maria.was_asked("Mon 07:00", review=maria.review("Mon 06:00", severity=Band.CRITICAL))
    assert maria.plan(maria.review("Mon 10:00", severity=Band.HIGH), "Mon 10:00")[0] == "alone"


def test_a_colleagues_questions_do_not_count(maria):
    for _ in range(3):
        AskFactory(purpose="question", made_at=at("Mon 07:00"))
    assert maria.plan(maria.review("Mon 10:00", severity=Band.HIGH), "Mon 10:00")[0] == "alone"


# -- in the outbox


@pytest.fixture
def due(maria) -> Asked:
    """The hour of Maria's digest was a minute ago, on a day that is a working day."""
    Organisation.objects.update(working_days=[1, 2, 3, 4, 5, 6, 7])
    where_it_is(12, maria.person)
    maria.person.refresh_from_db()
    local = datetime.now(hours_of(maria.person).zone) - timedelta(minutes=1)
    maria.wishes(digest_at=local.hour * 60 + local.minute)
    return maria


def opened_ago(person, **more) -> Review:
    moment = datetime.now(UTC) - timedelta(hours=1)
    span = {"remind_at": moment + timedelta(days=7), "escalate_at": moment + timedelta(days=10)}
    review = ReviewFactory(opened_at=moment, due_at=moment + timedelta(days=14), **span, **more)
    AssignmentFactory(review=review, person=person)
    ItemFactory(review=review, previewed_at=moment)
    return review


def test_all_that_is_routine_is_one_message(due):
    reviews = [opened_ago(due.person) for _ in range(3)]
    urgent = opened_ago(due.person, severity=Band.HIGH)
    theirs = opened_ago(PersonFactory(name="Jon", time_zone="UTC"))
    asking.ask_people()
    digest = Ask.objects.get(purpose="digest", person=due.person)
    assert set(digest.reviews.all()) == set(reviews)
    assert list(Ask.objects.get(purpose="question", person=due.person).reviews.all()) == [urgent]
    assert not Ask.objects.filter(reviews=theirs, person=due.person).exists()
    assert asking.ask_people() == 0


def test_what_waits_for_its_digest_is_not_asked_and_not_looked_at_before(due):
    later = datetime.now(hours_of(due.person).zone) + timedelta(hours=3)
    due.wishes(digest_at=later.hour * 60 + later.minute)
    review = opened_ago(due.person)
    asking.ask_people()
    assert not Ask.objects.exists()
    review.refresh_from_db()
    assert timedelta(hours=1) < review.next_at - datetime.now(UTC) < timedelta(days=2)
    assert review.leased_until is None


def test_what_has_not_been_tried_yet_waits_for_its_own_turn(due):
    first, second = opened_ago(due.person), opened_ago(due.person)
    second.items.update(previewed_at=None)
    asking.digest(first, assignment=first.assignment, at=datetime.now(UTC))
    assert list(Ask.objects.get().reviews.all()) == [first]
