"""Observing with real commits: what the app may not do, several at once, and an import that was killed."""

import threading
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from django.db import ProgrammingError, connection, connections, transaction

from governance import clock, observing
from governance.models import Coverage, Entry, GrantUse, UsageEvent
from governance.observing import Cover, importing, partitions, storing
from governance.observing.judging import Rules, judge_event
from governance.observing.naming import Names
from governance.observing.reading import Line
from tests.factories import GrantFactory, PolicyFactory, SourceFactory
from tests.governance.usage import DAY, import_events, use_of


@pytest.fixture
def source(committed):
    PolicyFactory()
    return SourceFactory()


@pytest.fixture
def grant(source):
    return GrantFactory(system=source.system)


def run(*statements):
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE governance_usageevent SET outcome = 'denied'",
        "DELETE FROM governance_usageevent",
        "TRUNCATE governance_usageevent",
        f"DELETE FROM governance_usageevent_{DAY:%Y%m%d}",
        f"INSERT INTO governance_usageevent_{DAY:%Y%m%d} SELECT * FROM governance_usageevent",
        f"DROP TABLE governance_usageevent_{DAY:%Y%m%d}",
    ],
)
def test_the_app_adds_and_reads_and_nothing_else(source, grant, statement):
    import_events(source, use_of(grant))
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        run(statement)


def test_the_database_drops_no_young_day_and_makes_none_far_ahead(source):
    with pytest.raises(Exception, match="less than 30 days old"):
        run(f"SELECT usage_partition_drop('{clock.now():%Y-%m-%d}')")
    with pytest.raises(Exception, match="lies in the future"):
        run(f"SELECT usage_partition_make('{clock.now() + timedelta(days=9):%Y-%m-%d}')")


def test_the_auditor_reads_use(source, grant, login):
    import_events(source, use_of(grant))
    assert login("auditor").execute("SELECT count(*) FROM governance_usageevent").fetchone() == (1,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        login("auditor").execute("SELECT usage_partition_make('2026-01-01')")


def test_last_use_has_room_on_its_page(committed):
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE oid = 'governance_grantuse'::regclass")
        assert cursor.fetchone() == (["fillfactor=50"],)


def at_once(*acts):
    """Run these in threads of their own, together; return what they raised."""
    gate, raised = threading.Barrier(len(acts)), []

    def go(act):
        try:
            gate.wait()
            act()
        except Exception as error:  # noqa: BLE001  the test looks at them
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_several_import_the_same_at_once_and_it_is_stored_once(source, grant):
    events = [use_of(grant, run=f"r{number}") for number in range(50)]
    assert at_once(*[lambda: import_events(source, *events)] * 4) == []
    assert UsageEvent.objects.count() == 50
    assert GrantUse.objects.get().uses == 50
    assert Coverage.objects.count() == 1


def test_several_roll_up_at_once_and_it_is_summed_once(source, grant):
    frame = storing.Frame(source, Cover(DAY, DAY + timedelta(days=1)), clock.now(), "")
    for each in (source, *SourceFactory.create_batch(3, system=source.system)):
        stored_only(replace(frame, source=each), grant)
    assert at_once(*[observing.roll_up] * 4) == []
    observing.roll_up()
    assert GrantUse.objects.get().uses == 4


def stored_only(frame, grant):
    """Store an event and roll nothing up, as an import does that is killed between the two."""
    act = grant.entitlement.actions.get()
    rules = Rules(frame.cover, clock.now(), timedelta(days=400), {})
    cells = {
        "at": (DAY + timedelta(hours=9)).isoformat(),
        "event_id": "e1",
        "account": grant.account.native_id,
        "action": act.action,
        "resource": act.resource,
        "outcome": "allowed",
    }
    event = judge_event(Line(1, b"", cells), rules)
    names = Names(frame.source)
    names.learn(accounts=[event.use.account])
    partitions.make([DAY.date()])
    storing.store([event], frame=frame, names=names)


def test_an_import_that_was_killed_claims_nothing_and_is_finished_by_the_next(source, grant):
    frame = storing.Frame(source, Cover(DAY, DAY + timedelta(days=1)), clock.now(), "")
    stored_only(frame, grant)
    assert not Coverage.objects.exists()
    imported = import_events(source, use_of(grant, event_id="e1"))
    assert (imported.events.kept, imported.events.already_there) == (0, 1)
    assert GrantUse.objects.get().uses == 1
    assert Coverage.objects.exists()


def test_a_batch_that_fails_leaves_nothing_of_itself(source, grant, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 2)
    monkeypatch.setattr(storing, "UNSTAGE", "SELECT 1 / (SELECT count(*) - 2 FROM usage_batch)")
    with pytest.raises(Exception, match="division by zero"):
        import_events(source, *(use_of(grant) for _ in range(4)))
    assert not UsageEvent.objects.exists()
    assert not Entry.objects.exists()


def test_a_long_file_is_stored_batch_by_batch(source, grant, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 3)
    imported = import_events(source, *(use_of(grant, run=f"r{number // 2}") for number in range(10)))
    assert imported.events.kept == 10
    use = GrantUse.objects.get()
    assert (use.uses, use.runs) == (10, 5)
