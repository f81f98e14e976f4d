"""Redis may be emptied or killed at any time: seconds are lost, never work, and the one who clicks does not wait."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from config.celery import app as celery_app
from config.embedded import servers
from config.embedded.stack import Stack
from reviews.models.remediation import State
from tests import broker
from tests.connectors.company import CALL
from tests.faults.conftest import WAITING, changing, converges
from tests.journeys.waiting import nudge, until
from tests.journeys.world import only_act, tick

BRIEF = 5  # seconds; generous: a third of one is what it takes, and six is what the broker's client took by itself

PUBLISH = """
import django, time
django.setup()
from governance import hinting
hinting.publish("reviews.tasks.carry_out")  # the first one also loads what it needs
begun = time.monotonic()
hinting.publish("reviews.tasks.verify_acts")
print(time.monotonic() - begun, sum(hinting.lost.values()))
"""


def test_emptied_during_a_revocation_it_converges(world, decided, worker):
    with changing(world):
        until(lambda: world.airline.ask(WAITING), meanwhile=nudge)
        broker.empty()
    broker.empty()
    converges(world, decided)


def test_emptied_before_anybody_heard_the_timetable_says_it_again(world, decided, worker):
    nudge()
    broker.empty()
    converges(world, decided)


def test_killed_the_sweeps_do_the_work_without_it(world, decided, own_redis, monkeypatch):
    own_redis.process.kill()
    own_redis.process.wait()
    monkeypatch.setitem(celery_app.conf, "broker_url", own_redis.url)
    tick()
    assert only_act(decided).state == State.VERIFIED
    assert not world.airline.can("agent", CALL)


def test_killed_and_started_again_the_worker_takes_up_its_work(world, decided, own_redis, start_worker, tmp_path):
    start_worker()
    with changing(world):
        until(lambda: world.airline.ask(WAITING), meanwhile=lambda: published(own_redis.url))
        own_redis.process.kill()
        own_redis.process.wait()
    again = Stack()
    try:
        assert servers.redis(again, folder_of(own_redis.url)) == own_redis.url
        until(lambda: only_act(decided).state == State.VERIFIED, meanwhile=lambda: published(own_redis.url))
    finally:
        again.stop()
    assert not world.airline.can("agent", CALL)


def folder_of(url: str) -> Path:
    """The state folder in which a server was started."""
    return Path(url.removeprefix("redis+socket://")).parents[1]


def published(url: str) -> tuple[float, int]:
    """Say what the timetable says, as a web process does; return how long the last took and how many were lost."""
    done = subprocess.run(
        [sys.executable, "-c", PUBLISH],
        env=os.environ | {"COUNTERSIGN_PROCESS": "web", "REDIS_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    took, lost = done.stdout.split()
    return float(took), int(lost)


def test_a_web_process_publishes(committed, own_redis):
    assert published(own_redis.url)[1] == 0


def test_with_redis_dead_a_web_process_does_not_wait_and_does_not_raise(committed, own_redis):
    own_redis.process.kill()
    own_redis.process.wait()
    took, lost = published(own_redis.url)
    assert lost == 2
    assert took < BRIEF


def test_with_redis_hung_a_web_process_does_not_wait_and_does_not_raise(committed, own_redis):
    own_redis.process.send_signal(signal.SIGSTOP)
    took, lost = published(own_redis.url)
    assert lost == 2
    assert took < BRIEF


def test_with_a_redis_that_cannot_be_reached_a_web_process_does_not_wait(committed):
    took, lost = published("redis://192.0.2.1:6379/0")  # nobody answers there, by RFC 5737
    assert lost == 2
    assert took < BRIEF
