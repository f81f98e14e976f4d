"""The alarms of knowing: each calls its verb once and says that it ran; and the timetable rings all of them."""

from datetime import timedelta

import pytest

from config.celery import AT_TIMES, SWEEPS, app
from governance import clock, due, tasks
from governance.models import FullCheck, Grant, Heartbeat
from tests.factories import AgentFactory, GrantFactory, PolicyFactory, SystemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def policy():
    PolicyFactory()


def beats() -> dict[str, int]:
    return dict(Heartbeat.objects.values_list("name", "did"))


@pytest.mark.parametrize("task", ["sync_systems", "roll_up_usage", "attribute_late", "go_on_checking"])
def test_each_says_that_it_ran_also_when_there_was_nothing_to_do(task):
    getattr(tasks, task)()
    assert beats() == {task: 0}


def test_systems_are_read_and_one_that_cannot_be_keeps_its_trouble():
    system = SystemFactory(kind="nothing-we-know")
    tasks.sync_systems()
    system.refresh_from_db()
    assert (system.attempts, bool(system.trouble)) == (1, True)
    assert beats() == {"sync_systems": 1}


def test_grants_that_are_due_and_agents_are_checked():
    GrantFactory(lease_ends_at=clock.now() + timedelta(hours=1))
    due.pull(Grant.objects.all(), clock.now())
    AgentFactory()
    tasks.check_due()
    assert beats() == {"check_due": 2}, "a lease that ends and an agent of nobody"


def test_the_full_check_beats_when_it_has_ended():
    GrantFactory(lease_ends_at=clock.now() + timedelta(hours=1))
    tasks.check_all()
    assert FullCheck.objects.get().ended_at is not None
    assert beats() == {"check_all": 1}


def test_a_full_check_that_was_broken_off_goes_on():
    GrantFactory(lease_ends_at=clock.now() + timedelta(hours=1))
    FullCheck.objects.create(started_at=clock.now())
    tasks.go_on_checking()
    assert beats() == {"check_all": 1, "go_on_checking": 1}


def test_the_timetable_rings_every_task_and_no_other():
    app.loader.import_default_modules()  # as a worker does
    ours = {name for name in app.tasks if name.startswith(("governance.", "reviews."))}
    assert {each["task"] for each in app.conf.beat_schedule.values()} == ours == {*SWEEPS, *AT_TIMES}


def test_every_ring_goes_where_the_workers_listen():
    for entry in app.conf.beat_schedule.values():
        route = app.amqp.router.route(dict(entry.get("options", {})), entry["task"])
        assert route["queue"].name == app.conf.task_default_queue
