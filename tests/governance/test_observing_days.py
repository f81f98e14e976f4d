"""Days of use: made before anything happens on them, dropped as wholes when they are old, and never half of it."""

from datetime import UTC, timedelta

import pytest

from governance import clock, observing, tasks
from governance.models import Heartbeat, UsageEvent, UsageIntake
from governance.observing import partitions
from tests.factories import PolicyFactory, SourceFactory
from tests.governance.usage import DAY, event, import_events

OLD = DAY - timedelta(days=90)


@pytest.fixture
def use(settings):
    """Use of long ago, and of three days ago."""
    PolicyFactory()
    source = SourceFactory()
    settings.USAGE_RETENTION_DAYS = 100
    for day in (OLD, DAY):
        interval = observing.Cover(day, day + timedelta(days=1))
        import_events(source, event(account="a", action="b", resource="c", at=day.isoformat()), interval=interval)
    settings.USAGE_RETENTION_DAYS = 60


@pytest.mark.django_db
def test_days_are_made_ahead_and_old_ones_dropped_whole(use):
    today = clock.now().astimezone(UTC).date()
    assert OLD.date() in partitions.partitions()
    tasks.age_usage()
    assert partitions.partitions() == [DAY.date(), *(today + timedelta(days=number) for number in range(4))]
    assert UsageEvent.objects.get().at == UsageIntake.objects.get().starts_at == DAY
    assert Heartbeat.objects.get(name="age_usage").did == 5, "one dropped, four made"
    tasks.age_usage()
    assert Heartbeat.objects.get(name="age_usage").did == 0


def test_what_is_detached_is_dropped_also_by_a_later_sweep_and_no_reader_holds_it_up(committed, use, login):
    assert partitions.ask(partitions.DETACH, OLD.date())  # and then it was killed
    assert UsageEvent.objects.count() == 1, "its events are nobody's any more"
    reader = login("app")
    with reader.transaction():
        reader.execute("SELECT count(*) FROM governance_usageevent").fetchone()
        assert observing.age() == 1
    assert OLD.date() not in partitions.partitions()


@pytest.mark.django_db
@pytest.mark.parametrize("statement", [partitions.DETACH, partitions.DROP])
def test_the_database_lets_no_young_day_go(use, statement):
    with pytest.raises(Exception, match="less than 30 days old"):
        partitions.ask(statement, DAY.date())
