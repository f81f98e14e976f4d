"""The alarms of asking, acting and attesting: each calls its verb once, says that it ran, and wakes the next."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from config.celery import SWEEPS, app
from governance import clock
from governance.models import Heartbeat
from reviews import tasks
from reviews.models import Ask, Remediation, Review, Verdict
from tests.reviews.scene import late

QUEUE = app.conf.task_default_queue
NAMES = [name.removeprefix("reviews.tasks.") for name in SWEEPS if name.startswith("reviews.")]


@pytest.fixture
def broker() -> Iterator[Any]:
    """The queue of the workers, empty."""
    with app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        client = channel.client
        client.delete(QUEUE)
        yield client
        client.delete(QUEUE)


def woken(client) -> list[str]:
    return [json.loads(each)["headers"]["task"] for each in client.lrange(QUEUE, 0, -1)]


def did(name: str) -> int:
    return Heartbeat.objects.get(name=name).did


@pytest.mark.parametrize("name", [*NAMES, "attest_periods"])
def test_each_says_that_it_ran_and_wakes_nobody_where_nothing_was_done(scene, broker, name):
    getattr(tasks, name)()
    assert list(Heartbeat.objects.values_list("name", "did")) == [(name, 0)]
    assert woken(broker) == []


def test_a_question_wakes_who_asks_it(committed, scene, broker):
    scene.suspect(scene.grant())
    tasks.open_reviews()
    assert Review.objects.count() == did("open_reviews") == 1
    assert woken(broker) == ["reviews.tasks.ask_people"]


def test_who_asks_wakes_who_delivers(scene, broker):
    scene.asked()
    tasks.ask_people()
    assert Ask.objects.count() == did("ask_people") == 1
    assert sorted(woken(broker)) == ["reviews.tasks.deliver_by_mail", "reviews.tasks.deliver_to_slack"]


def test_silence_wakes_who_carries_it_out(scene, broker):
    review = scene.asked().review
    late(review, days=400)
    tasks.lapse_reviews()
    assert Review.objects.get().state == "lapsed"
    assert did("lapse_reviews") == 1
    assert woken(broker) == ["reviews.tasks.carry_out"]


def test_who_left_wakes_who_asks_the_next(scene, broker):
    scene.asked()
    scene.owner.employment, scene.owner.away_until = "away", clock.now() + timedelta(days=9)
    scene.owner.save()
    tasks.reroute_reviews()
    assert Review.objects.get().assignment.person == scene.deputy
    assert did("reroute_reviews") == 1
    assert woken(broker) == ["reviews.tasks.ask_people"]


def test_what_lost_its_reason_is_taken_back_and_rendered_again(scene, broker):
    item = scene.asked()
    item.findings.update(state="cleared", cleared_at=clock.now())
    tasks.withdraw_items()
    assert Review.objects.get().state == "withdrawn"
    assert did("withdraw_items") == 1
    assert woken(broker) == ["reviews.tasks.deliver_to_slack"]


def test_an_act_is_carried_out_and_then_looked_at(scene, broker):
    decision = scene.decided(Verdict.REVOKE)
    broker.delete(QUEUE)
    tasks.carry_out()
    assert Remediation.objects.get(decision=decision).state == "sent"
    assert did("carry_out") == 1
    assert woken(broker) == ["reviews.tasks.verify_acts"]
    tasks.verify_acts()
    assert Remediation.objects.get(decision=decision).state == "verified"
    assert did("verify_acts") == 1
    assert woken(broker)[0] == "reviews.tasks.deliver_to_slack"
