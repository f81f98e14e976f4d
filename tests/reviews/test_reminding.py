"""Reminders: at half of the window, a day before the end, when a snooze is over; then the next in line."""

from datetime import timedelta

import pytest

from governance import clock
from governance.models import Band
from reviews import asking, deadlines, lapsing, postponing, reminding
from reviews.hours import REACTION
from reviews.models import Ask, Preference, Review, Snooze
from tests.reviews.factories import SlackIdentityFactory, WorkspaceFactory
from tests.reviews.scene import VIA, again, aged, entry, late, put, told, where_it_is, whom

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reached(scene):
    """Everybody can be reached by Slack, and it is day where they are."""
    team = WorkspaceFactory().team_id
    for person in (scene.owner, scene.deputy, scene.manager, scene.governor):
        SlackIdentityFactory(person=person, issuer=team)
        where_it_is(12, person)


def question(scene, **more):
    """It was put to its owner."""
    review = scene.asked(**more).review
    asking.question(review, assignment=review.assignment, at=clock.now())
    return review


def occasions(review):
    return [each.body["occasion"] for each in reversed(told_of(review))]


def told_of(review):
    return [each for each in entries("review.reminded") if {"kind": "review", "id": str(review.pk)} in each.subjects]


def entries(act):
    return list(type(entry("review.opened")).objects.filter(act=act).newest_first())


def reminders():
    return list(Ask.objects.filter(purpose=Ask.Purpose.REMINDER).order_by("pk"))


def later(review, **span):
    """So much time passes, also for what was said already."""
    aged(review, **span)
    Review.objects.filter(pk=review.pk).update(next_at=None)
    return again(review)


def test_the_person_is_reminded_once_at_half_of_the_window(scene):
    review = question(scene)
    assert reminding.remind_people() == 0
    aged(review, days=7)
    assert reminding.remind_people() == 1
    [reminder] = reminders()
    assert (reminder.person, reminder.surface, list(reminder.reviews.all())) == (scene.owner, "slack", [review])
    assert entry("review.reminded").subjects[1] == {"kind": "person", "id": str(scene.owner.pk)}
    assert reminding.remind_people() == 0
    assert told(review).count("review.reminded") == 1


def test_and_once_a_day_before_the_end_and_never_more(scene):
    review = later(question(scene), days=7)
    reminding.remind_people()
    later(review, days=6, hours=1)
    assert reminding.remind_people() == 1
    assert occasions(review) == ["half", "last"]
    later(review, hours=3)
    assert reminding.remind_people() == 0
    assert len(reminders()) == 2


def test_what_is_due_at_once_is_one_reminder(scene):
    review = later(question(scene), days=13, hours=1)
    assert reminding.remind_people() == 1
    assert occasions(review) == ["last"]
    assert again(review).reminded_at is not None, "the one at half is not said afterwards"
    assert reminding.remind_people() == 0


def test_after_the_last_call_the_next_in_line_is_asked(scene):
    review = put(later(question(scene), days=13, hours=1))
    reminding.remind_people()
    assert review.escalate_at - review.last_call_at >= REACTION, "who was called has time to answer"
    lapsing.escalate_reviews()
    assert whom(review) == "Maria", "not before"
    later(review, hours=6)
    lapsing.escalate_reviews()
    assert whom(review) == "Deniz"
    assert again(review).state == "open"


@pytest.mark.parametrize(("window", "before_the_end"), [(14, 24), (3, 24), (2.5, 24), (2.4, None), (1, None)])
def test_a_short_window_has_one_reminder(window, before_the_end):
    due_at = clock.now()
    called = deadlines.last_call(remind_at=due_at - timedelta(days=window / 2), due_at=due_at)
    assert called == (before_the_end and due_at - timedelta(hours=before_the_end))


def test_a_reminder_is_not_the_question(scene):
    review = scene.asked().review
    aged(review, days=7)
    assert reminding.remind_people() == 0, "nobody is reminded of what they were not asked"
    assert asking.ask_people() == 1
    assert reminding.remind_people() == 0, "the question itself says it"
    later(review, days=6, hours=1)
    assert reminding.remind_people() == 1
    assert occasions(review) == ["last"]


def test_who_decided_meanwhile_is_not_reminded(scene):
    review = aged(question(scene), days=7)
    claimed = Review.objects.remindable(clock.now()).claim()
    Review.objects.filter(pk=review.pk).update(state="withdrawn", closed_at=clock.now())
    assert reminding.remind(claimed) is None
    assert reminders() == []


def test_without_an_assignment_nobody_is_reminded(scene):
    review = aged(question(scene), days=7)
    claimed = Review.objects.remindable(clock.now()).claim()
    review.assignments.update(until=clock.now())
    assert reminding.remind(claimed) is None
    assert reminders() == []


# -- snoozed


def test_nobody_is_reminded_while_it_is_snoozed(scene):
    review = question(scene)
    postponing.snooze(review=review, by=scene.owner, via=VIA)
    aged(review, days=7)
    assert reminding.remind_people() == 0
    assert again(review).reminded_at is None


def test_the_end_of_a_snooze_is_said_once(scene):
    review = question(scene)
    postponing.snooze(review=review, by=scene.owner, via=VIA)
    Snooze.objects.update(at=clock.now() - timedelta(hours=9), until=clock.now() - timedelta(minutes=1))
    assert reminding.remind_people() == 1
    assert occasions(review)[0].startswith("snooze")
    assert reminding.remind_people() == 0
    assert len(reminders()) == 1


def test_a_second_snooze_has_an_end_of_its_own(scene):
    review = question(scene)
    for _ in range(2):
        postponing.snooze(review=review, by=scene.owner, via=VIA)
        Snooze.objects.update(at=clock.now() - timedelta(hours=9), until=clock.now() - timedelta(minutes=1))
        Review.objects.update(next_at=None)
        reminding.remind_people()
    assert len(reminders()) == 2


def test_who_took_it_over_is_not_told_of_another_persons_snooze(scene):
    review = question(scene)
    postponing.snooze(review=review, by=scene.owner, via=VIA)
    Snooze.objects.update(at=clock.now() - timedelta(hours=9), until=clock.now() - timedelta(minutes=1))
    late(review, days=13, hours=10)
    lapsing.escalate_reviews()
    assert whom(review) == "Deniz"
    Review.objects.update(reminded_at=clock.now(), last_called_at=clock.now())
    assert reminding.remind_people() == 0


# -- a digest


def digested(scene, *reviews):
    """These were asked by one message."""
    made = Ask.objects.create(
        person=scene.owner,
        surface="slack",
        purpose=Ask.Purpose.DIGEST,
        dedupe_key="digest:1",
        state=Ask.State.SENT,
        made_at=clock.now(),
        sent_at=clock.now(),
    )
    made.reviews.add(*reviews)


def test_what_one_digest_asked_is_reminded_of_by_one_message(scene):
    reviews = [question(scene, risk=risk) for risk in (10, 45, 65)]
    digested(scene, *reviews[:2])
    for review in reviews:
        aged(review, days=7, hours=1)
    reminding.remind_people()
    assert sorted(sorted(ask.reviews.values_list("pk", flat=True)) for ask in reminders()) == sorted(
        [sorted(review.pk for review in reviews[:2]), [reviews[2].pk]]
    )
    assert all(told(review).count("review.reminded") == 1 for review in reviews)


def test_what_of_a_digest_falls_due_later_is_said_then(scene):
    first, second = (question(scene, risk=risk) for risk in (10, 45))
    digested(scene, first, second)
    aged(first, days=7)
    reminding.remind_people()
    Ask.objects.filter(purpose=Ask.Purpose.REMINDER).update(state=Ask.State.SENT, external_id="D:1")
    aged(second, days=7)
    reminding.remind_people()
    assert [list(ask.reviews.all()) for ask in reminders()] == [[first], [second]]


# -- quiet


def quiet_now(person):
    """Quiet hours are on: all day but one minute."""
    minute = clock.now().hour * 60 + clock.now().minute
    Preference.objects.create(person=person, quiet_from=(minute + 1435) % 1440, quiet_until=(minute + 1434) % 1440)
    type(person).objects.filter(pk=person.pk).update(time_zone="UTC")


def test_a_reminder_waits_for_the_end_of_quiet_hours(scene):
    quiet_now(scene.owner)
    review = later(question(scene), days=7)
    reminding.remind_people()
    assert reminders() == []
    assert again(review).next_at > clock.now() + timedelta(hours=20)


@pytest.mark.parametrize(("hour", "reminded"), [(2, False), (6, False), (9, True), (16, True), (19, False)])
def test_who_has_named_no_quiet_hours_is_reminded_by_day(scene, hour, reminded):
    where_it_is(hour, scene.owner)
    later(question(scene), days=7)
    reminding.remind_people()
    assert len(reminders()) == reminded


def test_a_pause_that_is_ended_wakes_what_waits(scene):
    postponing.pause(person=scene.owner, days=14, via=VIA)
    later(question(scene), days=7)
    reminding.remind_people()
    assert reminders() == []
    postponing.end_pause(person=scene.owner, via=VIA)
    reminding.remind_people()
    assert len(reminders()) == 1


def test_what_is_critical_does_not_wait(scene):
    quiet_now(scene.owner)
    review = question(scene)
    Review.objects.update(severity=Band.CRITICAL)
    later(review, days=7)
    reminding.remind_people()
    assert len(reminders()) == 1


def test_a_last_call_waits_too_and_the_next_in_line_with_it(scene):
    review = question(scene)
    postponing.pause(person=scene.owner, days=14, via=VIA)
    later(review, days=13, minutes=1)
    reminding.remind_people()
    assert reminders() == []
    later(put(review), hours=8)
    assert (lapsing.escalate_reviews(), whom(review)) == (0, "Maria"), "she has not heard of it"
    reminding.remind_people()
    assert reminders() == []
    later(review, hours=6)
    reminding.remind_people()
    assert len(reminders()) == 1, "at the latest so that she and who comes next can answer"
    assert again(review).due_at - again(review).escalate_at >= reminding.NEXT_IN_LINE
    assert again(review).escalate_at > clock.now() + timedelta(hours=5)


def test_a_window_of_seconds_has_no_night(scene):
    where_it_is(2, scene.owner)
    review = question(scene)
    at = clock.now()
    moments = {"remind_at": 15, "escalate_at": 22, "due_at": 30}
    moved = {name: at + timedelta(seconds=seconds) for name, seconds in moments.items()}
    Review.objects.filter(pk=review.pk).update(last_call_at=None, **moved)
    later(review, seconds=16)
    reminding.remind_people()
    assert len(reminders()) == 1
