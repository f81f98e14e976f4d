"""kill -9 of the worker at each point of a revocation: it converges, and nothing is lost or done twice."""

import os
import signal

import pytest

from governance.hinting import publish
from governance.models import Heartbeat
from reviews.models import Remediation
from reviews.models.remediation import State
from tests.config.processes import descendants
from tests.connectors.company import CALL
from tests.faults.conftest import (
    WAITING,
    changing,
    converges,
    forget_leases,
    kill,
    locked_out,
    standing_still,
)
from tests.journeys.waiting import until
from tests.journeys.world import only_act


def test_killed_before_anything_it_is_done_by_the_next(world, decided, worker, start_worker):
    kill(worker)
    start_worker()
    act = converges(world, decided)
    assert act.tries.count() == 2


def test_killed_after_the_claim_before_anything_was_written(world, decided, worker, start_worker, ours):
    with ours() as other:
        other.execute("LOCK TABLE governance_grant IN ACCESS EXCLUSIVE MODE")
        publish("reviews.tasks.carry_out")
        until(lambda: only_act(decided).fence == 1)
        until(lambda: locked_out(other))
        kill(worker)
        other.rollback()
    act = only_act(decided)
    assert act.state in {State.PLANNED, State.CLAIMED}
    assert not act.tries.exists()
    assert world.airline.can("agent", CALL)
    forget_leases()
    start_worker()
    converges(world, decided)


def test_killed_after_the_attempt_was_written_before_the_call(world, decided, worker, start_worker):
    with standing_still(world):
        publish("reviews.tasks.carry_out")
        until(lambda: only_act(decided).tries.exists())  # noqa: PLW0108  (read again each time)
        kill(worker)
    act = only_act(decided)
    assert (act.state, act.tries.get().outcome) == (State.CLAIMED, "begun")
    forget_leases()
    start_worker()
    act = converges(world, decided)
    outcomes = list(act.tries.filter(kind="send").order_by("number").values_list("outcome", flat=True))
    assert outcomes == ["begun", "done"]  # the broken-off attempt stays in the record


def test_killed_during_the_revoke_nothing_was_done_and_the_next_does_it(world, decided, worker, start_worker):
    with changing(world):
        until(lambda: world.airline.ask(WAITING), meanwhile=lambda: publish("reviews.tasks.carry_out"))
        kill(worker)
    until(lambda: not world.airline.ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'countersign'"))
    assert world.airline.can("agent", CALL)
    forget_leases()
    start_worker()
    act = converges(world, decided)
    assert act.tries.filter(kind="send").latest("number").outcome == "done"


@pytest.mark.parametrize("all_of_it", [True, False])
def test_killed_during_the_revoke_in_one_of_several_processes(world, decided, worker, start, all_of_it):
    kill(worker)
    several = ("celery", "-A", "config", "worker", "--concurrency=2")  # as in production: a parent and its pool
    parent = start(*several)
    with changing(world):
        until(lambda: world.airline.ask(WAITING), meanwhile=lambda: publish("reviews.tasks.carry_out"))
        pool = descendants(parent.pid)
        assert len(pool) == 2
        for pid in [parent.pid, *pool] if all_of_it else pool:
            os.kill(pid, signal.SIGKILL)
    until(lambda: not world.airline.ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'countersign'"))
    assert world.airline.can("agent", CALL)
    forget_leases()
    if all_of_it:
        start(*several)
    act = converges(world, decided)
    assert act.tries.filter(kind="send").latest("number").outcome == "done"


def test_killed_after_the_revoke_before_it_was_recorded(world, decided, worker, start_worker, ours):
    with ours() as other:
        with changing(world):
            until(lambda: world.airline.ask(WAITING), meanwhile=lambda: publish("reviews.tasks.carry_out"))
            attempt = only_act(decided).tries.latest("number")
            other.execute("SELECT FROM reviews_attempt WHERE id = %s FOR UPDATE", [attempt.pk])
        until(lambda: not world.airline.can("agent", CALL))
        until(lambda: locked_out(other))
        kill(worker)
        other.rollback()
    act = only_act(decided)
    assert act.state == State.CLAIMED
    assert act.sent_at is None
    forget_leases()
    start_worker()
    act = converges(world, decided)
    assert act.tries.filter(kind="send").latest("number").outcome == "already"  # only one REVOKE took effect


def test_killed_after_the_record_before_it_was_verified(world, decided, worker, start_worker, ours):
    with ours() as other:
        with changing(world):
            until(lambda: world.airline.ask(WAITING), meanwhile=lambda: publish("reviews.tasks.carry_out"))
            other.execute("LOCK TABLE governance_systemsecret IN ACCESS EXCLUSIVE MODE")
        until(lambda: only_act(decided).state == State.SENT)
        until(lambda: locked_out(other))  # verifying wants to sign in
        kill(worker)
        other.rollback()
    assert only_act(decided).state == State.SENT
    assert not only_act(decided).tries.filter(kind="read").exists()
    forget_leases()
    start_worker()
    act = converges(world, decided)
    assert act.tries.filter(kind="send", outcome="done").count() == 1


def test_killed_after_the_read_before_what_it_showed_was_written(world, decided, worker, start_worker, ours):
    with ours() as signing_in, ours() as writing:
        with changing(world):
            until(lambda: world.airline.ask(WAITING), meanwhile=lambda: publish("reviews.tasks.carry_out"))
            signing_in.execute("LOCK TABLE governance_systemsecret IN ACCESS EXCLUSIVE MODE")
        until(lambda: only_act(decided).state == State.SENT)
        until(lambda: locked_out(signing_in))
        writing.execute("LOCK TABLE reviews_attempt IN EXCLUSIVE MODE")
        signing_in.rollback()
        until(lambda: locked_out(writing))
        kill(worker)
        writing.rollback()
    act = only_act(decided)
    assert (act.state, act.tries.filter(kind="read").exists()) == (State.SENT, False)
    forget_leases()
    start_worker()
    act = converges(world, decided)
    assert act.tries.filter(kind="send", outcome="done").count() == 1


def test_killed_again_and_again_it_still_converges(world, decided, worker, start_worker):
    kill(worker)
    for _ in range(2):
        with changing(world):
            another = start_worker()
            until(lambda: world.airline.ask(WAITING), meanwhile=lambda: publish("reviews.tasks.carry_out"))
            kill(another)
        forget_leases()
    start_worker()
    converges(world, decided)


def test_a_worker_that_was_thought_dead_and_wakes_up_writes_nothing(world, decided, worker, ours):
    with ours() as other, changing(world):
        until(lambda: world.airline.ask(WAITING), meanwhile=lambda: publish("reviews.tasks.carry_out"))
        old = only_act(decided)
        attempt = old.tries.latest("number")
        other.execute("SELECT FROM reviews_attempt WHERE id = %s FOR UPDATE", [attempt.pk])
        Remediation.objects.filter(pk=old.pk).update(fence=old.fence + 1)  # somebody else has claimed it since
        Heartbeat.objects.filter(name="carry_out").update(at="2000-01-01T00:00:00Z")
    until(lambda: Heartbeat.objects.filter(name="carry_out", at__year__gt=2000).exists())
    assert not world.airline.can("agent", CALL)
    assert only_act(decided).tries.get(pk=attempt.pk).outcome == "begun"
    assert only_act(decided).state == State.CLAIMED
    forget_leases()
    converges(world, decided)


@pytest.mark.parametrize("verb", ["pg_terminate_backend", "pg_cancel_backend"])
def test_an_administrator_who_ends_the_connectors_session_delays_it_only(world, decided, worker, verb):
    with changing(world):
        until(lambda: world.airline.ask(WAITING), meanwhile=lambda: publish("reviews.tasks.carry_out"))
        world.airline.ask(f"SELECT count({verb}(pid)) FROM pg_stat_activity WHERE application_name = 'countersign'")
    until(lambda: only_act(decided).attempts > 0 or only_act(decided).state == State.SENT)
    forget_leases()
    converges(world, decided)
