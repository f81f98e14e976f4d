"""Many at once: the brake's limit holds, sweeps double nothing, and of four clicks one counts."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections, transaction
from django.utils.module_loading import import_string

from config.celery import AT_TIMES, SWEEPS
from governance import checking, clock, findings
from governance.errors import Conflict, Refusal
from governance.hinting import publish
from governance.ledger import Actor
from governance.models import Agent, Entry, Finding, Grant, SyncRun, System
from reviews import deciding, opening, undoing
from reviews.deciding import Said
from reviews.lapsing import lapse
from reviews.models import Answer, Ask, Decision, Hold, Item, Remediation, Review, Verdict
from reviews.models.remediation import State as Step
from reviews.ruling import Via
from tests.connectors.company import CALL, REFUND
from tests.faults.conftest import WAITING, locked_out
from tests.journeys.waiting import nudge, until
from tests.journeys.world import STEPS, VIA, delivered, only_act, tick


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run each in a thread with a connection of its own, all from the same moment; return answers and refusals."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            gate.wait(60)
            return act()
        except Refusal as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def eight(make_world, airline):
    """Eight reviews about eight tools of eight agents, all late; the limit is three."""
    for number in range(8):
        airline.do(
            f"CREATE ROLE worker_{number} LOGIN; SET ROLE air_owner; "
            f"CREATE FUNCTION air.do_{number}() RETURNS text LANGUAGE sql AS 'SELECT ''x'''; "
            f"REVOKE EXECUTE ON FUNCTION air.do_{number} FROM PUBLIC; "
            f"GRANT EXECUTE ON FUNCTION air.do_{number} TO worker_{number}"
        )
    world = make_world(brake_floor=3, brake_percent=1)
    names = [f"worker-{number}" for number in range(8)]
    for number, name in enumerate(names):
        world.agent_with(name, f"worker_{number}", owner=world.owner)
    world.runs_of(*names)
    tick()
    assert Review.objects.open().filter(items__agent__name__in=names).count() == 8
    world.later(days=1.1)
    return world


def test_eight_workers_at_the_brakes_limit_never_pass_it(eight):
    reviews = list(Review.objects.overdue(clock.now()))
    at_once(*[lambda review=review: lapse(review) for review in reviews])
    assert stopped_at_three()
    tick()
    assert Remediation.objects.filter(state=Step.VERIFIED).count() == 3


def test_eight_processes_of_workers_that_reach_the_brake_together_never_pass_it(eight, worker, start_worker, ours):
    for _ in range(7):
        start_worker()
    with ours() as other:
        other.execute("SELECT FROM governance_system FOR NO KEY UPDATE")  # what the brake waits for
        until(
            lambda: locked_out(other) == 8,
            meanwhile=lambda: publish("reviews.tasks.lapse_reviews"),
        )
    until(lambda: Decision.objects.count() == 8)
    assert stopped_at_three()
    until(lambda: Remediation.objects.filter(state=Step.VERIFIED).count() == 3, meanwhile=nudge)
    assert stopped_at_three()


def stopped_at_three() -> bool:
    """Whether the brake let three through, and holds five."""
    acts = Remediation.objects.filter(automatic=True)
    held = acts.filter(hold__isnull=False, hold__closed_at=None)
    return (acts.filter(hold=None).count(), held.count(), Hold.objects.count()) == (3, 5, 1)


def test_eight_whole_sweeps_at_the_brakes_limit_never_pass_it(eight):
    at_once(*[tick] * 8)
    tick()
    assert Remediation.objects.filter(automatic=True, hold=None).count() == 3
    assert Decision.objects.filter(verdict=Verdict.SUSPEND).count() == 8
    assert Entry.objects.filter(act="hold.opened").count() == 1


@pytest.fixture
def both(make_world, airline):
    """Two agents, each with an owner, may call the same function; both are to lose that."""
    airline.do("SET ROLE air_owner; GRANT EXECUTE ON FUNCTION air.refund_payment TO other_agent")
    world = make_world()
    for name, role, owner in (("support", "agent", world.owner), ("batch", "other_agent", world.deputy)):
        world.agent_with(name, role, owner=owner)
    world.runs_of("support", "batch")
    tick()
    return world


def test_two_who_lose_the_same_at_once_both_lose_it(both, worker, start_worker):
    decisions = [both.revoke(both.grant("agent", REFUND)), both.revoke(both.grant("other_agent", REFUND), both.deputy)]
    start_worker()
    with both.airline.open_admin() as other:
        other.execute("BEGIN; GRANT EXECUTE ON FUNCTION air.refund_payment TO dba_two")  # they want the same row
        until(lambda: both.airline.ask(WAITING) == 2, meanwhile=lambda: publish("reviews.tasks.carry_out"))
        other.execute("COMMIT")
    until(lambda: {only_act(each).state for each in decisions} == {Step.VERIFIED}, meanwhile=nudge)
    assert not any(both.airline.can(role, CALL) for role in ("agent", "other_agent"))
    assert not Finding.objects.filter(check_name="changed").exists()
    assert not Entry.objects.filter(act="remediation.cancelled").exists()


def doubled() -> dict[str, list[object]]:
    """What is there twice though it should be there once."""

    def twice(keys):
        seen = list(keys)
        return sorted({key for key in seen if seen.count(key) > 1}, key=str)

    findings = Finding.objects.uncleared().values_list("check_name", "grant", "agent", "system")
    acts = ("review.opened", "decision.made", "remediation.sent", "remediation.verified", "grant.closed")
    told = [
        (entry.act, entry.subjects[0]["kind"], entry.subjects[0]["id"]) for entry in Entry.objects.filter(act__in=acts)
    ]
    return {
        "findings": twice(findings),
        "items": twice(Item.objects.values_list("grant", "subject_agent", "agent", "state")),
        "asks": twice(Ask.objects.values_list("dedupe_key", flat=True)),
        "decisions": twice(Decision.objects.values_list("item", flat=True)),
        "acts": twice(Remediation.objects.values_list("grant", "account", "decision")),
        "sent": twice(Remediation.objects.filter(tries__kind="send", tries__outcome="done").values_list("pk")),
        "told": twice(told),
    }


def test_two_of_every_sweep_at_once_double_nothing(world):
    for step in STEPS:
        at_once(step, step)
    world.revoke(world.grant("agent", REFUND))
    for step in STEPS:
        at_once(step, step)
    assert not world.airline.can("agent", CALL)
    assert not any(doubled().values()), doubled()


def test_two_of_every_alarm_of_the_timetable_at_once_double_nothing(world):
    names = [name for name in (*SWEEPS, *AT_TIMES) if "deliver" not in name]  # `delivered` stands for Slack and e-mail
    alarms = [import_string(name) for name in names]

    def twice_each() -> None:
        System.objects.update(next_at=clock.now())
        for alarm in (*alarms, delivered):
            at_once(alarm, alarm)

    twice_each()
    world.revoke(world.grant("agent", REFUND))
    twice_each()
    assert not world.airline.can("agent", CALL)
    assert SyncRun.objects.count() == 3  # the first one was the world's own
    assert not any(doubled().values()), doubled()


def test_all_sweeps_at_once_twice_double_nothing_and_converge(world):
    at_once(*STEPS, *STEPS)
    tick()
    decision = world.revoke(world.grant("agent", REFUND))
    at_once(*STEPS, *STEPS)
    tick()
    assert only_act(decision).state == Step.VERIFIED
    assert not any(doubled().values()), doubled()


def test_of_four_clicks_at_once_one_answer_counts(world):
    tick()
    item = world.asked(world.grant("agent", REFUND))
    said = at_once(*[lambda: world.decide(item, Verdict.REVOKE, world.owner)] * 4)
    assert sum(isinstance(each, Answer) for each in said) == 1
    assert sum(isinstance(each, Conflict) for each in said) == 3
    assert Answer.objects.count() == Decision.objects.count() == Remediation.objects.count() == 1


def test_the_same_click_delivered_four_times_at_once_gives_the_same_answer(world):
    tick()
    item = world.asked(world.grant("agent", REFUND))
    via = Via(surface="slack", assurance="simulated", idempotency_key="click-1")
    said = at_once(
        *[lambda: deciding.decide(item=item, said=Said(verdict=Verdict.REVOKE), by=world.owner, via=via)] * 4
    )
    assert len({each.pk for each in said if isinstance(each, Answer)}) == 1, said
    assert all(isinstance(each, Answer) for each in said), said


def test_a_click_and_its_deadline_at_once_leave_one_outcome(world):
    tick()
    item = world.asked(world.grant("agent", REFUND))
    world.later(days=1.1)
    at_once(
        lambda: world.decide(item, Verdict.KEEP, world.owner, reason="It is needed on Fridays."),
        lambda: lapse(item.review),
    )
    assert Decision.objects.filter(item=item).count() == 1
    tick()
    kept = Decision.objects.get(item=item).verdict == Verdict.KEEP
    assert world.airline.can("agent", CALL) == kept


def test_keep_and_revoke_of_two_owners_at_once_end_in_the_revoke(make_world):
    world = make_world()
    agents = [world.agent_with(name, "agent", owner=who) for name, who in (("one", world.owner), ("two", world.deputy))]
    world.runs_of("one", "two")
    tick()
    grant = world.grant("agent", REFUND)
    first, second = (world.asked(grant, agent) for agent in agents)
    at_once(
        lambda: world.decide(first, Verdict.REVOKE, world.owner),
        lambda: world.decide(second, Verdict.KEEP, world.deputy, reason="It is needed on Fridays."),
    )
    tick()
    grant.refresh_from_db()
    assert not world.airline.can("agent", CALL)
    assert grant.intended == "gone"


def test_four_undos_at_once_restore_once(world):
    tick()
    decision = world.revoke(world.grant("agent", REFUND))
    tick()
    said = at_once(*[lambda: undoing.undo(decision=decision, by=world.owner, via=VIA)] * 4)
    assert sum(isinstance(each, Refusal) for each in said) == 3, said
    tick()
    assert world.airline.can("agent", CALL)
    assert Remediation.objects.count() == 2


def test_a_finding_that_is_raised_while_its_question_is_being_answered_is_not_lost(world):
    tick()
    grant = world.grant("agent", REFUND)
    item = world.asked(grant)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Review.objects.select_for_update().get(pk=item.review_id)
            Item.objects.select_for_update().get(pk=item.pk)
            raised = pool.submit(raise_and_open, grant)
            wait_for_a_lock_or(raised)
            world.decide(item, Verdict.KEEP, world.owner, reason="It is needed on Fridays.")
        raised.result(60)
    tick()
    finding = Finding.objects.get(grant=grant, check_name="changed")
    assert Item.objects.open().filter(findings=finding).exists()


def raise_and_open(grant: Grant) -> None:
    """Another process: syncing has just seen a change, and opening looks."""
    try:
        findings.raise_finding(
            check_name="changed",
            subject=grant,
            facts={},
            severity="medium",
            at=clock.now(),
            actor=Actor.step("syncing"),
        )
        opening.open_reviews()
    finally:
        connections.close_all()


def wait_for_a_lock_or(done) -> None:
    """Until the other one waits for us, or has gone by."""
    with connection.cursor() as cursor:

        def waits() -> bool:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return done.done() or cursor.fetchone()[0] > 0

        until(waits)


def test_an_agent_is_found_ownerless_once_by_many(make_world):
    world = make_world()
    agent = world.agent_with("orphan", "agent", owner=None)
    at_once(*[checking.check_agents] * 6)
    assert Finding.objects.filter(agent=agent, check_name="ownerless").count() == 1
    assert Agent.objects.count() == 1
