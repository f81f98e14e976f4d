"""The straight way: never used, asked, revoked, gone, proven, and taken back."""

import pytest

from governance.errors import Conflict
from governance.models import Finding, Grant
from reviews import evidence, undoing
from reviews.models import Item, Remediation, Review
from reviews.models.remediation import State
from tests.connectors.company import CALL, REFUND
from tests.journeys.world import FLIGHTS, LIST, VIA, only_act, tick, told, whom

IN_ORDER = [
    "finding.raised",
    "review.opened",
    "answer.recorded",
    "decision.made",
    "remediation.planned",
    "remediation.sent",
    "remediation.verified",
    "grant.closed",
    "finding.cleared",
]


def test_never_used_it_is_asked_about_revoked_proven_and_taken_back(world):
    grant = world.grant("agent", REFUND)
    tick()
    is_asked_about(world, grant)
    decision = world.revoke(grant)
    is_gone_when_it_was_carried_out(world, grant, only_act(decision))
    world.sync()
    tick()
    assert not Grant.objects.filter(returns_to=grant).exists()
    assert not Review.objects.open().filter(items__grant__account=grant.account).exists()
    comes_back(world, grant, undoing.undo(decision=decision, by=world.owner, via=VIA))


def is_asked_about(world, grant):
    """With its reason and a dry run; what is used is not."""
    item = world.asked(grant)
    assert whom(item.review) == "Owner"
    [finding] = item.findings.all()
    assert finding.check_name == "never_used"
    assert finding.facts["runs"] == 10
    [view] = evidence.card(item.review).items
    assert "stopped 0 of the last 10 runs" in view.replay
    assert "No other path is left; tried in the system and rolled back" in view.preview
    assert world.airline.can("agent", CALL)  # the dry run took nothing
    assert not Item.objects.filter(grant=world.grant("agent", LIST)).exists()


def is_gone_when_it_was_carried_out(world, grant, act):
    """Refused by PostgreSQL itself, and proven; the ledger tells it in order."""
    assert act.state == State.PLANNED
    assert world.airline.can("agent", CALL)
    tick()
    act.refresh_from_db()
    grant.refresh_from_db()
    assert (act.state, act.level, act.outcome["other_paths"]) == (State.VERIFIED, "V2", [])
    assert not world.airline.can("agent", CALL)
    assert world.airline.can("agent", FLIGHTS)
    assert grant.closed_at is not None
    assert not Finding.objects.filter(grant=grant).uncleared().exists()
    assert [act for act in told("grant", grant) if act in IN_ORDER] == IN_ORDER


def comes_back(world, grant, undo):
    """Proven and usable; what we gave back is no news."""
    before = world.airline.acl()
    tick()
    assert Remediation.objects.get(undo=undo).state == State.VERIFIED
    assert world.airline.can("agent", CALL)
    assert world.airline.acl() != before
    again = world.grant("agent", REFUND)
    assert (again.returns_to, again.intended) == (grant, "held")
    assert again.lease_ends_at is not None
    world.sync()
    tick()
    assert world.grant("agent", REFUND) == again
    assert not Finding.objects.filter(grant=again, check_name="returned").uncleared().exists()
    assert not Review.objects.open().filter(items__grant=again).exists()  # quiet while the undo's lease runs


def test_taken_back_before_it_was_carried_out_nothing_is_sent(world):
    grant = world.grant("agent", REFUND)
    tick()
    decision = world.revoke(grant)
    undoing.undo(decision=decision, by=world.owner, via=VIA)
    tick()
    act = only_act(decision)
    assert act.state == State.CANCELLED
    assert not act.tries.exists()
    assert world.airline.can("agent", CALL)
    with pytest.raises(Conflict, match="taken back already"):
        undoing.undo(decision=decision, by=world.owner, via=VIA)


def test_removed_outside_after_the_decision_it_is_already_done_and_proven(world, carried_out):
    grant = world.grant("agent", REFUND)
    tick()
    decision = world.revoke(grant)
    world.airline.do("REVOKE EXECUTE ON FUNCTION air.refund_payment FROM agent")
    act = carried_out(decision)
    assert act.tries.get(kind="send").outcome == "already"
    assert act.state == State.VERIFIED


def test_kept_it_has_a_lease_and_is_quiet_until_its_end(world):
    grant = world.grant("agent", REFUND)
    tick()
    world.decide(world.asked(grant), "keep", world.owner, reason="Refunds are paid every Friday.")
    world.later(days=80)
    tick()
    grant.refresh_from_db()
    assert grant.lease_ends_at is not None
    assert not Review.objects.open().filter(items__grant=grant).exists()
    world.later(days=10)
    tick()
    assert Review.objects.open().filter(items__grant=grant).exists()
    assert "agent=X" in world.airline.acl()  # itself; in 90 days other leases have ended in silence
