"""When a person may be spoken to."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.models import Person
from reviews.hours import Hours, told
from reviews.models import Preference

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
MONDAY_TO_FRIDAY = frozenset({1, 2, 3, 4, 5})
FRIDAY = datetime(2026, 11, 27, 8, tzinfo=UTC)  # 09:00 in Copenhagen


def hours(**wishes):
    return Hours(Preference(**wishes), COPENHAGEN, MONDAY_TO_FRIDAY)


def local(moment):
    return f"{moment.astimezone(COPENHAGEN):%a %d %H:%M}"


@pytest.mark.parametrize(
    ("since", "minute", "comes"),
    [
        ("2026-11-27T08:00Z", 570, "Fri 27 09:30"),
        ("2026-11-27T08:30Z", 570, "Mon 30 09:30"),  # the very moment has been
        ("2026-11-27T09:00Z", 570, "Mon 30 09:30"),
        ("2026-11-26T23:30Z", 570, "Fri 27 09:30"),  # it is Friday there already
        ("2026-11-27T08:00Z", 15 * 60 - 1, "Fri 27 14:59"),
        ("2026-11-27T08:00Z", 15 * 60, "Mon 30 15:00"),  # not before the weekend
        ("2026-11-26T08:00Z", 15 * 60, "Thu 26 15:00"),
        ("2026-03-28T08:00Z", 150, "Mon 30 02:30"),  # the clocks change on Sunday
    ],
)
def test_a_digest_comes_on_a_working_day_at_the_persons_hour(since, minute, comes):
    assert local(hours(digest_at=minute).digest_after(datetime.fromisoformat(since))) == comes


@pytest.mark.parametrize(
    ("working", "comes"),
    [
        ({1, 3, 5}, "Fri 27 16:00"),  # each of them comes before a free day
        ({7}, "Sun 29 16:00"),
        (set(), "Fri 27 16:00"),
        ({8}, "Fri 27 16:00"),
    ],
)
def test_where_no_day_is_good_enough_the_next_best_is_taken(working, comes):
    mine = Hours(Preference(digest_at=16 * 60), COPENHAGEN, working)
    assert local(mine.digest_after(FRIDAY)) == comes


@pytest.mark.parametrize(
    ("paused_until", "comes"),
    [
        ("2026-11-30T08:30Z", "Mon 30 09:30"),
        ("2026-11-30T08:31Z", "Tue 01 09:30"),
        ("2026-11-28T08:00Z", "Mon 30 09:30"),
        ("2026-11-01T08:00Z", "Fri 27 09:30"),
    ],
)
def test_a_digest_waits_for_the_end_of_a_pause(paused_until, comes):
    mine = hours(digest_at=570, paused_until=datetime.fromisoformat(paused_until))
    assert local(mine.digest_after(FRIDAY)) == comes


@pytest.mark.parametrize(
    ("quiet", "at", "heard"),
    [
        ((None, None), "2026-11-27T21:00Z", "Fri 27 22:00"),
        ((18 * 60, 8 * 60), "2026-11-27T21:00Z", "Sat 28 08:00"),
        ((18 * 60, 8 * 60), "2026-11-27T02:00Z", "Fri 27 08:00"),
        ((18 * 60, 8 * 60), "2026-11-27T07:00Z", "Fri 27 08:00"),
        ((18 * 60, 8 * 60), "2026-11-27T12:00Z", "Fri 27 13:00"),
        ((12 * 60, 13 * 60), "2026-11-27T11:30Z", "Fri 27 13:00"),
        ((12 * 60, 13 * 60), "2026-11-27T12:00Z", "Fri 27 13:00"),
        ((600, 600), "2026-11-27T09:00Z", "Fri 27 10:00"),
    ],
)
def test_quiet_hours_are_waited_out(quiet, at, heard):
    start, end = quiet
    assert local(hours(quiet_from=start, quiet_until=end).open_from(datetime.fromisoformat(at))) == heard


def test_a_pause_that_ends_in_quiet_hours_ends_with_them():
    paused = hours(quiet_from=18 * 60, quiet_until=8 * 60, paused_until=datetime(2026, 11, 30, 20, tzinfo=UTC))
    assert local(paused.open_from(FRIDAY)) == "Tue 01 08:00"
    assert hours(paused_until=datetime(2026, 11, 1, tzinfo=UTC)).open_from(FRIDAY) == FRIDAY, "a pause that is over"


def test_tomorrow_morning_and_midnight_are_local():
    late = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)  # Saturday, half past midnight, in Copenhagen
    assert local(hours().tomorrow_morning(late)) == "Sun 29 09:00"
    assert local(hours().midnight(late)) == "Sat 28 00:00"


MINUTES = st.none() | st.integers(0, 24 * 60 - 1)


@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  (bounds are naive)
    start=st.integers(0, 24 * 60 - 1),
    end=st.integers(0, 24 * 60 - 1),
    digest=st.integers(0, 24 * 60 - 1),
)
def test_nobody_waits_longer_than_a_day_for_quiet_hours_nor_a_week_for_a_digest(at, start, end, digest):
    mine = hours(quiet_from=start, quiet_until=end, digest_at=digest)
    opened = mine.open_from(at)
    assert at <= opened
    assert (opened - at).total_seconds() <= 25 * 3600
    assert mine.open_from(opened) == opened
    coming = mine.digest_after(at)
    assert 0 < (coming - at).total_seconds() <= 5 * 86400 + 7200
    assert coming.isoweekday() in MONDAY_TO_FRIDAY


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "23:30 on 27 Nov 2026"),
        ("Europe/Berlin", "00:30"),
        ("America/New_York", "18:30"),
        ("Nowhere/Atall", "23:30 on 27 Nov 2026"),
    ],
)
def test_a_moment_is_told_by_the_persons_clock_with_its_day_unless_that_is_today(zone, said):
    moment, now = datetime(2026, 11, 27, 23, 30, tzinfo=UTC), datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
    assert told(moment, to=Person(time_zone=zone), now=now) == said
