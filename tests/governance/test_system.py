"""Systems: which of them lag."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors.errors import AuthFailed
from governance.models import System
from tests.factories import PolicyFactory, SystemFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LATE = timedelta(minutes=32)  # three times ten minutes, and one lease


@pytest.fixture(autouse=True)
def policy():
    PolicyFactory(stored={"sync_seconds": 600, "stuck_attempts": 3}, in_force_from=NOW - timedelta(days=1))


def read(ago: timedelta, **more) -> System:
    system: System = SystemFactory(first_synced_at=NOW - timedelta(days=9), synced_at=NOW - ago, **more)
    return system


def stale() -> list[Any]:
    return list(System.objects.stale(NOW).order_by("pk"))


def test_one_that_was_not_read_for_three_syncs_lags_since_its_last_complete_read():
    late = read(LATE + timedelta(seconds=1))
    read(LATE - timedelta(seconds=1))
    [found] = stale()
    assert (found, found.stale_since) == (late, late.synced_at)


def test_one_that_fails_again_and_again_lags_at_once_and_says_why():
    system = read(timedelta(minutes=1))
    for _ in range(2):
        system.keep_trouble(AuthFailed("the password was refused"))
    assert stale() == []
    system.keep_trouble(AuthFailed("the password was refused"))
    [found] = stale()
    assert (found.stale_since, found.trouble) == (system.synced_at, "AuthFailed: the password was refused")


def test_one_that_was_never_read_lags_since_its_first_try():
    system = SystemFactory()
    for minutes in (50, 40):
        system.sync_runs.create(state="failed", started_at=NOW - timedelta(minutes=minutes), ended_at=NOW)
    [found] = stale()
    assert found.stale_since == NOW - timedelta(minutes=50)


def test_one_that_nobody_even_tried_to_read_lags_since_it_was_due():
    SystemFactory(next_at=NOW - timedelta(minutes=1))
    forgotten = SystemFactory(next_at=NOW - timedelta(minutes=40))
    assert stale() == [forgotten]


def test_one_whose_read_waits_for_a_person_or_that_is_switched_off_does_not_lag():
    read(timedelta(days=2)).sync_runs.create(state="held", started_at=NOW)
    read(timedelta(days=2), active=False)
    assert stale() == []
    after = read(timedelta(days=2))
    after.sync_runs.create(state="discarded", started_at=NOW, ended_at=NOW)
    assert stale() == [after]


def test_without_a_policy_its_defaults_count():
    hours = read(timedelta(hours=4))
    assert list(System.objects.stale(NOW - timedelta(days=2))) == []
    assert list(System.objects.stale(NOW)) == [hours]
