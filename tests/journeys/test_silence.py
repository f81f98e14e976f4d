"""Silence: the next in line, then policy suspends, through the brake. It never keeps."""

import pytest

from governance import clock, leaving, registering
from governance.errors import Invalid, NotAllowed
from governance.models import Agent, ExternalIdentity, Finding, Grant, Lease
from reviews import brake, undoing
from reviews.models import Ask, Decision, Hold, Remediation, Review, State, Verdict
from reviews.models.remediation import State as Step
from tests.connectors.company import CALL, REFUND
from tests.journeys.world import ACTOR, FLIGHTS, LIST, VIA, signs_in, tick, told, whom

FIVE = "".join(
    f"CREATE FUNCTION air.do_{number}() RETURNS text LANGUAGE sql AS 'SELECT ''x''';"
    f"REVOKE EXECUTE ON FUNCTION air.do_{number} FROM PUBLIC;"
    f"GRANT EXECUTE ON FUNCTION air.do_{number} TO other_agent;"
    for number in range(5)
)


def test_silence_asks_the_next_then_suspends_and_a_person_gives_it_back(world):
    grant = world.grant("agent", REFUND)
    tick()
    item = world.asked(grant)
    assert whom(item.review) == "Owner"
    world.later(days=0.8)
    tick()
    assert whom(item.review) == "Deputy"
    assert world.airline.can("agent", CALL)
    world.later(days=0.3)
    tick()
    is_suspended(world, item)
    made = undoing.undo(decision=item.decision, by=world.owner, via=VIA)
    tick()
    grant.refresh_from_db()
    assert Remediation.objects.get(undo=made).state == Step.VERIFIED
    assert world.airline.can("agent", CALL)
    assert (grant.intended, grant.seen, grant.closed_at) == ("held", "present", None)
    world.later(days=7)
    tick()
    assert world.asked(grant)  # the undo's lease is short: it is asked anew


def is_suspended(world, item):
    """Never kept, proven, and no news to a sync."""
    item.refresh_from_db()
    assert item.state == item.review.state == State.LAPSED
    decision = Decision.objects.get(item=item)
    assert (decision.verdict, decision.answer) == (Verdict.SUSPEND, None)
    assert not world.airline.can("agent", CALL)
    assert world.airline.can("agent", FLIGHTS)
    act = Remediation.objects.get(decision=decision)
    assert (act.state, act.automatic) == (Step.VERIFIED, True)
    assert not Lease.objects.filter(grant=item.grant, basis=Lease.Basis.DECISION).exists()
    assert {"review.reminded", "review.escalated", "review.lapsed"} <= set(told("review", item.review))
    world.sync()
    tick()
    grant = Grant.objects.get(pk=item.grant_id)
    assert (grant.intended, grant.seen, grant.closed_at) == ("suspended", "absent", None)
    assert not Review.objects.open().exists()


def test_where_nobody_can_be_asked_the_suspension_waits_for_a_person(make_world):
    world = make_world()
    leaving.leave(person=world.governor, at=clock.now(), actor=ACTOR)
    world.agent_with("support", "agent", owner=None)
    world.runs_of("support")
    tick()
    grant = world.grant("agent", REFUND)
    assert world.asked(grant).review in Review.objects.unassigned()
    world.later(days=1.1)
    tick()
    act = Remediation.objects.get(grant=grant)
    assert (act.state, act.hold.closed_at) == (Step.PLANNED, None)
    assert "could not be put to anybody" in act.hold.why
    assert world.airline.can("agent", CALL)
    assert brake.release(hold=act.hold, count=9, by=world.system_owner, at=clock.now())
    tick()
    act.refresh_from_db()
    assert act.state == Step.VERIFIED
    assert not signs_in(world.airline, "agent")  # nobody answers for the agent itself either


@pytest.fixture
def braked(make_world, airline):
    """Five unused tools of a batch agent, whose people never answer; the limit is three."""
    airline.do(f"SET ROLE air_owner; {FIVE}")
    world = make_world(brake_floor=3, brake_percent=1)
    world.agent_with("batch", "other_agent", owner=world.owner, deputies=(world.deputy,))
    world.runs_of("batch")
    tick()
    world.later(days=1.1)
    return world


def usable(world) -> int:
    """How many of the five PostgreSQL lets the agent run."""
    return sum(world.airline.can("other_agent", f"SELECT air.do_{number}()") for number in range(5))


def test_of_five_lapses_three_are_suspended_and_two_wait_for_a_person(braked):
    tick()
    assert usable(braked) == 2
    [hold] = Hold.objects.filter(closed_at=None)
    assert Remediation.objects.filter(hold=hold, state=Step.PLANNED).count() == 2
    assert Remediation.objects.filter(automatic=True, state=Step.VERIFIED).count() == 3
    for _ in range(3):
        tick()
    assert usable(braked) == 2  # time alone lets nothing through
    a_decision_of_a_person_passes(braked)
    one_is_released_and_one_cancelled(braked, hold)
    assert told("hold", hold) == ["hold.opened", "hold.released", "hold.cancelled"]
    assert not Remediation.objects.unfinished().exists()


def one_is_released_and_one_cancelled(braked, hold):
    """By governance, with a reason."""
    with pytest.raises(NotAllowed):
        brake.release(hold=hold, count=1, by=braked.owner, at=clock.now())
    assert brake.release(hold=hold, count=1, by=braked.governor, at=clock.now()) == 1
    tick()
    assert usable(braked) == 1
    with pytest.raises(Invalid, match="why"):
        brake.cancel(hold=hold, by=braked.governor, reason=" ", at=clock.now())
    reason = "The batch is needed until Friday."
    assert brake.cancel(hold=hold, by=braked.governor, reason=reason, at=clock.now()) == 1
    tick()
    assert usable(braked) == 1


def a_decision_of_a_person_passes(braked):
    """The brake is closed to what silence decides alone."""
    braked.airline.do("SET ROLE air_owner; GRANT EXECUTE ON FUNCTION air.list_flights TO other_agent")
    braked.sync()
    tick()
    braked.revoke(braked.grant("other_agent", LIST), by=braked.owner)
    tick()
    assert not braked.airline.can("other_agent", FLIGHTS)


def test_what_a_person_cancelled_is_undecided_and_asked_again(braked):
    tick()
    [hold] = Hold.objects.filter(closed_at=None)
    held = list(Grant.objects.filter(remediations__hold=hold))
    brake.cancel(hold=hold, by=braked.governor, reason="Asked too late; ask again.", at=clock.now())
    tick()
    for grant in held:
        grant.refresh_from_db()
        assert (grant.intended, grant.seen) == ("undecided", "present")
        assert braked.asked(grant).review.state == State.OPEN


@pytest.fixture
def orphaned(make_world):
    """An agent whose only owner has left; the brake lets its account be shut at once."""
    world = make_world(brake_floor=50)
    agent = world.agent_with("orphan", "agent", owner=world.owner)
    world.runs_of("orphan")
    leaving.leave(person=world.owner, at=clock.now(), actor=ACTOR)
    tick()
    return world, agent


def test_an_agent_without_an_owner_is_claimed_by_the_last_owners_manager(orphaned):
    world, agent = orphaned
    item = world.asked(agent)
    assert whom(item.review) == "Manager"
    assert "last owner" in item.review.assignment.why
    world.decide(item, Verdict.MINE, world.manager)
    tick()
    assert agent.accountable(clock.now()) == world.manager
    assert not Finding.objects.filter(agent=agent).uncleared().exists()
    assert not Review.objects.open().filter(items__subject_agent=agent).exists()
    assert signs_in(world.airline, "agent")


def test_an_agent_without_an_owner_is_handed_to_somebody_who_is_asked_from_then_on(orphaned):
    world, agent = orphaned
    world.decide(world.asked(agent), Verdict.THEIRS, world.manager, named=world.deputy)
    tick()
    assert agent.accountable(clock.now()) == world.deputy


def test_a_retired_agents_account_is_shut(orphaned):
    world, agent = orphaned
    world.decide(world.asked(agent), Verdict.RETIRE, world.manager)
    tick()
    agent.refresh_from_db()
    assert agent.lifecycle == "retired"
    assert not signs_in(world.airline, "agent")


def test_silence_about_an_ownerless_agent_shuts_its_account_and_undo_opens_it_and_asks_again(orphaned):
    world, agent = orphaned
    world.later(days=1.1)
    tick()
    assert not signs_in(world.airline, "agent")
    agent.refresh_from_db()
    assert agent.lifecycle == "suspended"
    decision = Decision.objects.get(item__subject_agent=agent)
    assert Remediation.objects.get(decision=decision).state == Step.VERIFIED
    made = undoing.undo(decision=decision, by=world.governor, via=VIA)
    tick()
    assert Remediation.objects.get(undo=made).state == Step.VERIFIED
    assert signs_in(world.airline, "agent")
    agent.refresh_from_db()
    assert agent.lifecycle == "active"
    tick()
    assert world.asked(agent)  # it still has no owner


def test_an_account_that_another_agent_uses_is_left_open(make_world):
    world = make_world()
    orphan = world.agent_with("orphan", "agent", owner=world.owner)
    world.agent_with("other", "agent", owner=world.deputy)
    leaving.leave(person=world.owner, at=clock.now(), actor=ACTOR)
    tick()
    world.later(days=1.1)
    tick()
    assert Agent.objects.get(pk=orphan.pk).lifecycle == "suspended"
    assert signs_in(world.airline, "agent")


def test_a_new_policy_does_not_move_the_deadline_of_what_was_asked_before(world):
    tick()
    review = world.asked(world.grant("agent", REFUND)).review
    registering.set_policy(
        parameters={"review_seconds": dict.fromkeys(("low", "medium", "high", "critical"), 1)},
        at=clock.now(),
        actor=ACTOR,
    )
    tick()
    review.refresh_from_db()
    assert review.state == State.OPEN
    assert world.airline.can("agent", CALL)


def test_the_suspension_of_what_no_surface_could_ask_waits_for_a_person(world):
    ExternalIdentity.objects.filter(person__in=[world.owner, world.deputy, world.manager, world.governor]).delete()
    tick()
    assert Ask.objects.filter(surface=Ask.NOWHERE).exists()
    world.later(days=0.8)
    tick()
    tick()
    assert Ask.objects.filter(person=world.deputy).exists()  # at once, not when the owner is looked for again
    world.later(days=0.3)
    tick()
    assert world.airline.can("agent", CALL)
    [hold] = Hold.objects.filter(closed_at=None)
    assert brake.release(hold=hold, count=9, by=world.governor, at=clock.now())
    tick()
    assert not world.airline.can("agent", CALL)
