"""Putting one question off, hearing of nothing for a while, and how a person wants to be asked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from governance import clock
from governance.errors import Conflict, Invalid, NotAllowed
from governance.models import Employment
from reviews import postponing, questions
from reviews.evidence import card
from reviews.hours import hours_of
from reviews.models import Preference, Review, Snooze, Verdict
from tests.factories import PersonFactory
from tests.reviews.scene import VIA, again, entry, told, where_it_is

pytestmark = pytest.mark.django_db


@pytest.fixture
def review(scene) -> Review:
    return scene.asked().review


def snoozed(review, by) -> Snooze:
    return postponing.snooze(review=review, by=by, via=VIA)


def over(snooze: Snooze) -> None:
    Snooze.objects.filter(pk=snooze.pk).update(at=clock.now() - timedelta(days=1), until=clock.now())


def test_a_snooze_ends_tomorrow_at_nine_in_the_persons_zone(scene, review):
    type(scene.owner).objects.filter(pk=scene.owner.pk).update(time_zone="Asia/Tokyo")
    made = snoozed(review, again(scene.owner))
    local = made.until.astimezone(hours_of(again(scene.owner)).zone)
    today = clock.now().astimezone(local.tzinfo).date()
    assert (local.hour, local.minute, (local.date() - today).days) == (9, 0, 1)
    assert card(review).snoozed_until == made.until
    assert told(made) == ["review.snoozed"]


def test_it_can_still_be_answered_and_the_deadline_runs_on(scene, review):
    before = again(review).due_at
    snoozed(review, scene.owner)
    assert again(review).due_at == before
    assert scene.decide(review.items.get(), Verdict.REVOKE).verdict == "revoke"


def test_twice_and_no_more(scene, review):
    for _ in range(2):
        over(snoozed(review, scene.owner))
    with pytest.raises(Conflict, match="put this off 2 times"):
        snoozed(review, scene.owner)
    assert Snooze.objects.count() == 2


def test_what_is_snoozed_stays_so(scene, review):
    assert snoozed(review, scene.owner) == snoozed(review, scene.owner)


def test_who_comes_next_may_put_it_off_too(scene, review):
    for _ in range(2):
        over(snoozed(review, scene.owner))
    questions.pass_on(review, because="silence", at=clock.now())
    assert snoozed(review, scene.deputy).assignment.person == scene.deputy


def test_never_beyond_the_deadline(scene, review):
    at = clock.now()
    soon = {"opened_at": at, "remind_at": at, "escalate_at": at, "due_at": at + timedelta(minutes=5)}
    Review.objects.filter(pk=review.pk).update(**soon)
    with pytest.raises(Conflict, match="due before that"):
        snoozed(review, scene.owner)


def test_only_who_is_asked_puts_it_off(scene, review):
    with pytest.raises(NotAllowed, match="Only Maria"):
        snoozed(review, scene.deputy)


def test_what_has_ended_cannot_be_put_off(scene, review):
    scene.decide(review.items.get(), Verdict.REVOKE)
    with pytest.raises(Conflict, match="nothing to put off"):
        snoozed(review, scene.owner)


# -- wishes


def prefer(person, **wishes):
    return postponing.prefer(person=person, via=VIA, **wishes)


def test_wishes_are_kept_and_entered(scene):
    made = prefer(scene.owner, digest_at=600, quiet_from=1200, quiet_until=420)
    assert (made.digest_at, made.quiet_from, made.quiet_until) == (600, 1200, 420)
    assert entry("preference.set").body == {"digest_at": 600, "quiet_from": 1200, "quiet_until": 420}


def test_only_what_changed_is_entered(scene):
    made = prefer(scene.owner, digest_at=600)
    prefer(scene.owner, digest_at=600)
    assert told(made) == ["preference.set"]
    prefer(scene.owner, quiet_from=None, quiet_until=None)
    assert told(made) == ["preference.set"], "there were none before"


def test_what_waits_is_looked_at_again(scene, review):
    Review.objects.update(next_at=clock.now() + timedelta(hours=5))
    prefer(scene.owner, digest_at=600)
    assert again(review).next_at is None


@pytest.mark.parametrize(
    ("wishes", "says"),
    [
        ({"digest_at": 24 * 60}, "digest at: a time of day is wanted"),
        ({"digest_at": -1}, "a time of day is wanted"),
        ({"digest_at": "9:30"}, "a time of day is wanted"),
        ({"quiet_from": 60, "quiet_until": None}, "a beginning and an end"),
        ({"quiet_from": 60}, "a beginning and an end"),
    ],
)
def test_a_wish_that_no_day_has_is_refused(scene, wishes, says):
    with pytest.raises(Invalid, match=says):
        prefer(scene.owner, **wishes)
    assert not Preference.objects.exists()


def test_the_same_click_again_does_not_bring_an_older_wish_back(scene):
    first, second = replace(VIA, idempotency_key="slack:1"), replace(VIA, idempotency_key="slack:2")
    postponing.pause(person=scene.owner, days=3, via=first)
    postponing.end_pause(person=scene.owner, via=second)
    assert postponing.pause(person=scene.owner, days=3, via=first).paused_until is None
    named = replace(VIA, idempotency_key="slack:3")
    postponing.prefer(person=scene.owner, via=named, delegate=scene.deputy)
    for number in range(4, 20):
        postponing.prefer(person=scene.owner, via=replace(VIA, idempotency_key=f"slack:{number}"), delegate=None)
    assert postponing.prefer(person=scene.owner, via=named, delegate=scene.deputy).delegate is None


def test_a_delegate_is_somebody_who_is_here(scene):
    assert prefer(scene.owner, delegate=scene.deputy).delegate == scene.deputy
    assert entry("preference.set").body == {"delegate": str(scene.deputy.pk)}
    assert {"kind": "person", "id": str(scene.deputy.pk)} in entry("preference.set").subjects
    with pytest.raises(Invalid, match="stand in for yourself"):
        prefer(scene.owner, delegate=scene.owner)
    with pytest.raises(Invalid, match="away or has left"):
        prefer(scene.owner, delegate=PersonFactory(employment=Employment.LEFT))
    assert prefer(scene.owner, delegate=None).delegate is None


@pytest.mark.parametrize("hour", [3, 12])
def test_a_pause_ends_at_nine_so_many_days_later(scene, hour):
    where_it_is(hour, scene.owner)
    owner = again(scene.owner)
    until = postponing.pause(person=owner, days=14, via=VIA).paused_until.astimezone(hours_of(owner).zone)
    today = clock.now().astimezone(until.tzinfo).date()
    assert (until.hour, until.minute, (until.date() - today).days) == (9, 0, 14), (
        "also where that is two weeks and more"
    )
    assert postponing.end_pause(person=owner, via=VIA).paused_until is None


@pytest.mark.parametrize("days", [-1, 0, 15])
def test_a_pause_is_two_weeks_at_most(scene, days):
    with pytest.raises(Invalid, match="1 to 14 days"):
        postponing.pause(person=scene.owner, days=days, via=VIA)
    assert not Preference.objects.exists()
