"""How fast Slack may be spoken to."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections

from reviews.models import Pace
from reviews.slack import pacing
from reviews.slack.pacing import Bucket, NoRoom, Rate

SLOW = Rate(timedelta(hours=1), burst=3)
QUICK = Bucket("slack:T1:quick", Rate(timedelta(seconds=1), burst=5))
ONE, OTHER = Bucket("slack:T1:one", SLOW), Bucket("slack:T1:other", Rate(timedelta(hours=1), burst=1))


def admitted(*buckets, tries):
    """How many of these tries have their turn."""
    turns = 0
    for _ in range(tries):
        try:
            pacing.take(*buckets)
        except NoRoom:
            continue
        turns += 1
    return turns


@pytest.mark.django_db
def test_a_burst_has_its_turns_and_no_more():
    assert admitted(ONE, tries=10) == SLOW.burst


@pytest.mark.django_db
def test_who_has_no_turn_is_told_when():
    admitted(ONE, tries=SLOW.burst)
    with pytest.raises(NoRoom) as refusal:
        pacing.take(ONE)
    assert timedelta(minutes=59) < refusal.value.wait <= timedelta(hours=1)


@pytest.mark.django_db
def test_turns_come_back_with_time():
    admitted(ONE, tries=SLOW.burst)
    row = Pace.objects.get(key=ONE.key)
    Pace.objects.update(full_at=row.full_at - timedelta(hours=2))
    assert admitted(ONE, tries=10) == 2


@pytest.mark.django_db
def test_rest_is_not_saved_up_beyond_the_burst():
    pacing.take(ONE)
    Pace.objects.update(full_at="2000-01-01T00:00:00Z")
    assert admitted(ONE, tries=10) == SLOW.burst


@pytest.mark.django_db
def test_where_one_bucket_is_full_nothing_is_taken_from_the_other():
    pacing.take(OTHER)
    assert admitted(ONE, OTHER, tries=5) == 0
    assert admitted(ONE, tries=10) == SLOW.burst


@pytest.mark.django_db
def test_a_closed_bucket_opens_when_slack_says_and_an_earlier_word_does_not_open_it():
    pacing.close(QUICK, wait=timedelta(seconds=300))
    pacing.close(QUICK, wait=timedelta(seconds=1))
    with pytest.raises(NoRoom) as refusal:
        pacing.take(QUICK)
    assert timedelta(seconds=290) < refusal.value.wait <= timedelta(seconds=300)
    Pace.objects.update(full_at=Pace.objects.get().full_at - timedelta(seconds=300))
    pacing.take(QUICK)


def test_eight_workers_have_no_more_turns_than_one(committed):
    gate = Barrier(8)

    def worker() -> int:
        try:
            gate.wait(60)
            return admitted(ONE, tries=5)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        turns = [each.result() for each in [pool.submit(worker) for _ in range(8)]]
    assert sum(turns) == SLOW.burst
