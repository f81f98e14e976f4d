"""The straight way: never used, asked, revoked, gone, proven, and taken back."""

import pytest

from governance.errors import Conflict
from governance.models import Finding, Grant
from reviews import evidence, undoing
from reviews.models import Item, Remediation, Review
from reviews.models.remediation import State
from tests.connectors.company import CALL, REFUND
from tests.journeys.world import FLIGHTS, LIST, VIA, only_act, tick, told, whom


def test_a_tool_that_is_never_used_is_asked_about_with_its_reason_and_a_dry_run(world):
    tick()
    item = world.asked(world.grant("agent", REFUND))
    assert whom(item.review) == "Owner"
    [finding] = item.findings.all()
    assert finding.check_name == "never_used"
    assert finding.facts["runs"] == 10
    [view] = evidence.card(item.review).items
    assert "stopped 0 of the last 10 runs" in view.replay
    assert "No other path is left; tried in the system and rolled back" in view.preview
    assert world.airline.can("agent", CALL)  # the dry run took nothing


def test_a_tool_that_is_used_is_not_asked_about(world):
    tick()
    assert not Item.objects.filter(grant=world.grant("agent", LIST)).exists()


def test_revoked_it_is_refused_by_postgresql_itself_and_proven(world):
    grant = world.grant("agent", REFUND)
    tick()
    act = only_act(world.revoke(grant))
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


def test_the_ledger_tells_it_in_order(world):
    grant = world.grant("agent", REFUND)
    tick()
    world.revoke(grant)
    tick()
    expected = [
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
    assert [act for act in told("grant", grant) if act in expected] == expected


def test_a_sync_after_it_finds_nothing_new(world):
    grant = world.grant("agent", REFUND)
    tick()
    world.revoke(grant)
    tick()
    world.sync()
    tick()
    assert not Grant.objects.filter(returns_to=grant).exists()
    assert not Review.objects.open().filter(items__grant__account=grant.account).exists()


def test_taken_back_it_is_there_again_proven_and_usable(world):
    grant = world.grant("agent", REFUND)
    tick()
    decision = world.revoke(grant)
    tick()
    before = world.airline.acl()
    made = undoing.undo(decision=decision, by=world.owner, via=VIA)
    tick()
    restoring = Remediation.objects.get(undo=made)
    assert restoring.state == State.VERIFIED
    assert world.airline.can("agent", CALL)
    assert world.airline.acl() != before
    again = world.grant("agent", REFUND)
    assert again.returns_to == grant
    assert again.intended == "held"
    assert again.lease_ends_at is not None
    world.sync()
    tick()
    assert world.grant("agent", REFUND) == again  # what we gave back is no news
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


def test_removed_outside_after_the_decision_it_is_already_done_and_proven(world):
    grant = world.grant("agent", REFUND)
    tick()
    decision = world.revoke(grant)
    world.airline.do("REVOKE EXECUTE ON FUNCTION air.refund_payment FROM agent")
    tick()
    act = only_act(decision)
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
