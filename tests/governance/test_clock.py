"""The one clock is the database's."""

from datetime import UTC, datetime, timedelta

import pytest

from governance import clock, ledger
from governance.models import Entry
from tests.governance.ledger.conftest import tell


@pytest.mark.django_db
def test_it_tells_the_databases_time_in_utc():
    moment = clock.now()
    assert moment.tzinfo is UTC
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)


def test_a_shift_moves_it_and_is_told_by_entries(committed, login):
    login("owner").execute("INSERT INTO evidence.clock (shift) VALUES ('30 days')")
    [entry] = tell()
    assert clock.now() - datetime.now(UTC) > timedelta(days=29)
    assert Entry.objects.get(pk=entry).simulated
    assert timedelta(0) < (ledger.lag() or timedelta(0)) < timedelta(minutes=1)
