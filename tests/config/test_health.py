"""/healthz: which process, queue, sequencer or connected system lags, and by how much."""

import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from config import health
from config.celery import AT_TIMES, SWEEPS, app
from governance import hinting, ledger
from governance.models import Heartbeat, System
from governance.models.claiming import FIRST_WAIT_SECONDS
from reviews.models import Ask, Remediation
from tests import broker
from tests.factories import PersonFactory, PolicyFactory, SystemFactory
from tests.reviews.conftest import make_scene, scene, target
from tests.reviews.factories import AskFactory, ReviewFactory, WorkspaceFactory

__all__ = ["make_scene", "scene", "target"]

pytestmark = pytest.mark.django_db
NAMES = [task.rpartition(".")[2] for task in SWEEPS]
TIMED = [task.rpartition(".")[2] for task in AT_TIMES]


def long_ago() -> datetime:
    return timezone.now() - timedelta(hours=1)


@pytest.fixture
def alive() -> None:
    """Every sweep has just run."""
    for name in NAMES:
        Heartbeat.beat(name)


@pytest.fixture
def page(client, monkeypatch, settings):
    """page(): what /healthz says; it answers 200."""
    settings.REDIS_URL = os.environ["REDIS_URL"]
    monkeypatch.setattr(hinting, "lost", type(hinting.lost)())
    broker.empty()

    def get() -> dict[str, Any]:
        answer = client.get("/healthz")
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
        return answer.json()

    return get


def test_where_all_is_well_nothing_lags(alive, page):
    found = page()
    assert (found["lagging"], found["database"], found["redis"]) == ([], "ok", "ok")
    assert found["hints_lost"] == 0
    assert {name for name in found if name.startswith("sweep.")} == {f"sweep.{name}" for name in NAMES + TIMED}
    assert found["sweep.check_due"]["seconds_ago"] < 5


def test_nobody_has_to_sign_in(alive, client):
    assert client.get("/healthz").status_code == 200


def test_a_sweep_that_never_ran_lags(page):
    found = page()
    assert found["sweep.carry_out"] == {"seconds_ago": None, "late": True}
    assert set(found["lagging"]) == {"beat"} | {f"sweep.{name}" for name in NAMES}


def test_where_no_sweep_ran_the_process_that_is_down_is_named(page):
    def down() -> set[str]:
        return {"beat", "worker"} & set(page()["lagging"])

    assert down() == {"beat"}
    Heartbeat.beat("carry_out")  # somebody has clicked
    assert down() == {"beat"}
    Heartbeat.objects.all().delete()
    app.send_task("reviews.tasks.carry_out")
    assert page()["worker"] == {"messages_waiting": 1, "late": True}
    assert down() == {"worker"}
    for name in ("carry_out", "lapse_reviews"):
        Heartbeat.beat(name)
    assert down() == set()


def test_a_sweep_that_has_stopped_lags(alive, page, settings):
    Heartbeat.objects.filter(name="verify_acts").update(at=long_ago())
    found = page()
    assert found["lagging"] == ["sweep.verify_acts"]
    assert 3500 < found["sweep.verify_acts"]["seconds_ago"] < 3700
    settings.SWEEP_SECONDS = 3600
    assert page()["lagging"] == [], "it is not expected more often"


@pytest.mark.parametrize(("name", "hours"), [("check_all", 26), ("attest_periods", 3)])
def test_what_runs_at_a_time_of_its_own_lags_when_that_time_has_passed(alive, page, name, hours):
    def ran(ago: timedelta) -> list[str]:
        Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now() - ago})
        return page()["lagging"]

    assert ran(timedelta(hours=hours, minutes=-1)) == []
    assert ran(timedelta(hours=hours, minutes=1)) == [f"sweep.{name}"]


def test_what_never_ran_at_its_time_lags_once_there_was_something_to_do_for_so_long(alive, page):
    system = SystemFactory(synced_at=timezone.now())
    assert page()["sweep.check_all"] == {"seconds_ago": None, "late": False}
    System.objects.filter(pk=system.pk).update(first_synced_at=timezone.now() - timedelta(hours=27))
    assert page()["sweep.check_all"] == {"seconds_ago": None, "late": True}


def test_a_system_that_was_not_read_for_too_long_lags_and_is_known_by_its_number(alive, page):
    PolicyFactory(stored={"sync_seconds": 600})
    read = timezone.now() - timedelta(minutes=33)
    late = SystemFactory(name="Airline", synced_at=read)
    SystemFactory(synced_at=timezone.now())
    found = page()
    assert found["lagging"] == ["systems"]
    assert found["systems"] == {"late": True, "lagging": [{"system": late.pk, "since": ledger.stamp(read)}]}


def test_who_may_see_a_system_reads_its_name(alive, page, client):
    SystemFactory(name="Airline", synced_at=long_ago() - timedelta(hours=9))
    client.force_login(PersonFactory())
    assert "name" not in page()["systems"]["lagging"][0]
    client.force_login(PersonFactory(is_superuser=True))
    assert page()["systems"]["lagging"][0]["name"] == "Airline"


def test_a_read_that_waits_for_a_person_is_counted_and_is_no_lag(alive, page):
    system = SystemFactory(synced_at=long_ago() - timedelta(hours=9))
    system.sync_runs.create(state="held", started_at=long_ago())
    found = page()
    assert found["queue.syncs"] == {"waiting": 1}
    assert found["lagging"] == []


def test_a_monitor_that_reads_only_the_status_asks_strictly(alive, page, client):
    assert client.get("/healthz?strict").status_code == 200
    Heartbeat.objects.filter(name="verify_acts").delete()
    assert client.get("/healthz?strict").status_code == 503
    assert page()["lagging"] == ["sweep.verify_acts"]


def test_a_sequencer_that_is_behind_says_by_how_much(alive, page, monkeypatch):
    monkeypatch.setattr(ledger, "lag", lambda: timedelta(minutes=5))
    found = page()
    assert found["lagging"] == ["sequencer"]
    assert found["sequencer"]["seconds_behind"] == 300


def test_entries_of_a_moment_ago_are_no_lag(alive, page, scene):
    scene.asked()
    found = page()
    assert found["sequencer"]["entries_behind"] > 0
    assert (found["sequencer"]["late"], found["sequencer"]["unreadable"]) == (False, 0)


def test_acts_that_wait_are_counted_and_old_ones_lag(alive, page, scene):
    act = scene.act()
    found = page()
    assert found["queue.acts"] == {"waiting": 1, "stuck": 0, "late": False}
    Remediation.objects.filter(pk=act.pk).update(next_at=long_ago())
    assert page()["lagging"] == ["queue.acts"]


def test_what_the_brake_holds_is_no_lag(alive, page, scene):
    hold = scene.system.holds.create(why="", opened_at=timezone.now())
    act = scene.act()
    Remediation.objects.filter(pk=act.pk).update(hold=hold, next_at=long_ago())
    assert page()["queue.acts"] == {"waiting": 0, "stuck": 0, "late": False}


def test_what_is_stuck_is_counted(alive, page, scene):
    act = scene.act()
    Remediation.objects.filter(pk=act.pk).update(state="stuck", next_at=long_ago())
    found = page()
    assert (found["queue.acts"], found["lagging"]) == ({"waiting": 0, "stuck": 1, "late": False}, [])


@pytest.mark.parametrize("state", ["pending", "outdated"])
def test_questions_that_wait_are_counted(alive, page, state):
    AskFactory(person=PersonFactory(), state=state)
    assert page()["queue.asks"] == {"waiting": 1, "late": False}


def test_a_question_that_nobody_sends_lags(alive, page):
    AskFactory(made_at=long_ago())
    assert page()["lagging"] == ["queue.asks"]


@pytest.mark.parametrize("state", ["pending", "outdated"])
def test_a_question_that_fails_again_and_again_lags_whenever_it_is_tried_next(alive, page, state):
    ask = AskFactory(made_at=long_ago(), state=state, fence=30)
    for _ in range(30):
        ask.refresh_from_db()
        ask.keep_trouble(RuntimeError("token_revoked"))
    assert Ask.objects.get().next_at > timezone.now()
    assert page()["lagging"] == ["queue.asks"]


def test_a_question_that_changed_before_it_was_ever_tried_lags_too(alive, page):
    AskFactory(made_at=long_ago(), state="outdated")
    assert page()["lagging"] == ["queue.asks"]


def test_what_is_rendered_again_lags_when_that_has_failed_for_two_minutes(alive, page):
    sent = AskFactory(made_at=long_ago(), sent_at=long_ago(), state="outdated", fence=1, attempts=6)
    assert page()["lagging"] == []
    tries = sum(FIRST_WAIT_SECONDS * 2**number for number in range(health.LATE_TRIES - 1))
    assert timedelta(seconds=tries) >= health.LATE
    Ask.objects.filter(pk=sent.pk).update(attempts=7)
    assert page()["lagging"] == ["queue.asks"]


def test_what_is_over_and_only_closed_once_more_is_no_lag(alive, page):
    AskFactory(made_at=long_ago(), state="outdated", fence=1)
    AskFactory(made_at=long_ago(), state="failed", fence=1, attempts=30)
    assert page()["lagging"] == []


@pytest.mark.parametrize("state", ["paused", "uninstalled"])
def test_a_workspace_to_which_nothing_is_sent_lags_and_is_known_by_its_number(alive, page, state):
    WorkspaceFactory()
    assert page()["slack"] == {"late": False, "lagging": []}
    shut = WorkspaceFactory(state=state, name="Skyway Air", team_id="T0SKYWAY")
    found = page()
    assert found["lagging"] == ["slack"]
    assert found["slack"]["lagging"] == [{"workspace": shut.pk, "state": state}]
    assert not [name for name in ("Skyway Air", "T0SKYWAY") if name in str(found)]


def test_governances_queue_is_counted(alive, page):
    ReviewFactory()
    assert page()["queue.unassigned"] == {"waiting": 1}


def test_redis_away_is_a_warning(alive, page, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    found = page()
    assert found["redis"] == "unreachable: hints are lost, sweeps go on when it is back"
    assert found["lagging"] == []


def test_lost_hints_are_counted(alive, page):
    hinting.lost["reviews.tasks.carry_out"] += 3
    assert page()["hints_lost"] == 3


def test_without_a_database_no_decision_can_be_taken(client, monkeypatch):
    def gone() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(health, "sweeps", gone)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"database": "unreachable"})


def test_it_names_nobody_and_nothing(alive, page, scene):
    scene.decided("revoke")
    text = str(page())
    assert not [
        name for name in ("Maria", "Airline", "airline-support", connection.settings_dict["NAME"]) if name in text
    ]


def test_a_socket_lags_when_slack_has_not_spoken_on_it_for_two_minutes(alive, page):
    WorkspaceFactory()
    WorkspaceFactory(app_token="env:SOCKET", state="uninstalled")
    spoken, silent, never = (WorkspaceFactory(app_token="env:SOCKET").socket_beat for _ in range(3))
    Heartbeat.beat(spoken)
    Heartbeat.objects.create(name=silent, at=long_ago())
    found = page()
    assert {name for name in found if name.startswith("slack_socket.")} == {spoken, silent, never}
    assert {name for name in found["lagging"] if name.startswith("slack_socket.")} == {silent, never}
    assert found[never] == {"seconds_ago": None, "late": True}
