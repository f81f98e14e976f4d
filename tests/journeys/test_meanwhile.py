"""What happens between the question and its answer, and after it: the world does not stand still."""

import pytest

from governance import clock, leaving, syncing
from governance.errors import Conflict, Drifted, NotAllowed
from governance.models import Finding, Grant
from reviews.models import Answer, Ask, Decision, Item, Review, State, Verdict
from reviews.models.remediation import State as Step
from tests.connectors.company import CALL, REFUND
from tests.journeys.world import ACTOR, only_act, tick, told, whom

OUTSIDE = "REVOKE EXECUTE ON FUNCTION air.refund_payment FROM agent"
AGAIN = "SET ROLE air_owner; GRANT EXECUTE ON FUNCTION air.refund_payment TO agent"
REDEFINED = """
    CREATE OR REPLACE FUNCTION air.refund_payment(ticket text, amount integer) RETURNS text
        LANGUAGE sql AS 'SELECT ticket || amount || amount'
"""


def test_removed_outside_before_the_click_the_question_is_withdrawn_and_the_click_refused(world):
    grant = world.grant("agent", REFUND)
    tick()
    item = world.asked(grant)
    world.airline.do(OUTSIDE)
    world.sync()
    tick()
    item.refresh_from_db()
    assert item.state == State.WITHDRAWN
    with pytest.raises(Conflict, match="withdrawn"):
        world.decide(item, Verdict.REVOKE, world.owner)
    assert not Decision.objects.filter(item=item).exists()
    assert not Finding.objects.filter(grant=grant).uncleared().exists()


def test_what_comes_back_after_its_removal_is_new_without_a_lease_and_asked_at_once(world, carried_out):
    old = world.grant("agent", REFUND)
    tick()
    carried_out(world.revoke(old))
    world.airline.do(AGAIN)
    world.sync()
    new = world.grant("agent", REFUND)
    assert new.returns_to == old
    assert new.lease_ends_at is None
    assert new.intended == "undecided"
    tick()
    item = world.asked(new)
    assert [finding.check_name for finding in item.findings.all()] == ["returned"]
    carried_out(world.revoke(new))
    assert not world.airline.can("agent", CALL)


def test_what_comes_back_after_a_suspension_is_asked_again(world):
    grant = world.grant("agent", REFUND)
    tick()
    world.later(days=1.1)
    tick()
    assert not world.airline.can("agent", CALL)
    world.airline.do(AGAIN)
    world.sync()
    tick()
    item = world.asked(grant)
    assert "returned" in [finding.check_name for finding in item.findings.all()]
    world.revoke(grant, by=item.review.assignment.person)
    tick()
    assert not world.airline.can("agent", CALL)


def test_an_owner_who_left_is_refused_and_the_deputys_answer_counts(world):
    grant = world.grant("agent", REFUND)
    tick()
    item = world.asked(grant)
    leaving.leave(person=world.owner, at=clock.now(), actor=ACTOR)
    world.owner.refresh_from_db()
    with pytest.raises(NotAllowed, match="having left"):
        world.decide(item, Verdict.KEEP, world.owner, reason="I should like to keep it.")
    tick()
    assert whom(item.review) == "Deputy"
    assert "has left" in item.review.assignment.why
    world.revoke(grant, by=world.deputy)
    tick()
    assert not world.airline.can("agent", CALL)
    assert Answer.objects.get(item=item).person == world.deputy
    assert {"review.rerouted", "assignment.closed", "assignment.opened"} <= set(told("review", item.review))


def test_while_the_owner_is_away_the_deputy_is_asked(make_world):
    world = make_world()
    leaving.go_away(person=world.owner, until=clock.now().replace(year=2099), at=clock.now(), actor=ACTOR)
    world.agent_with("support", "agent", owner=world.owner, deputies=(world.deputy,))
    world.runs_of("support")
    tick()
    review = world.asked(world.grant("agent", REFUND)).review
    assert whom(review) == "Deputy"
    assert "away until" in review.assignment.why
    assert review.assignments.count() == 1


def test_who_does_not_know_passes_it_on_and_strangers_and_yesterdays_person_are_refused(world):
    tick()
    item = world.asked(world.grant("agent", REFUND))
    with pytest.raises(NotAllowed, match="Only Owner"):
        world.decide(item, Verdict.KEEP, world.deputy)
    world.decide(item, Verdict.UNSURE, world.owner)
    tick()
    assert whom(item.review) == "Deputy"
    assert Ask.objects.filter(reviews=item.review, person=world.deputy).exists()
    assert item.review.state == State.OPEN
    with pytest.raises(NotAllowed, match="Only Deputy"):
        world.decide(item, Verdict.KEEP, world.owner)


def test_a_function_that_was_redefined_since_it_was_shown_is_asked_again(world):
    grant = world.grant("agent", REFUND)
    tick()
    item = world.asked(grant)
    shown = item.fingerprint
    world.airline.do(REDEFINED)
    world.sync()
    with pytest.raises(Drifted, match="definition"):
        world.decide(item, Verdict.KEEP, world.owner, reason="Refunds are paid on Fridays.", fingerprint=shown)
    item.refresh_from_db()
    assert item.state == State.OPEN
    assert item.fingerprint != shown
    assert "item.drifted" in told("item", item)
    tick()
    assert {finding.check_name for finding in item.findings.all()} == {"never_used", "changed"}
    with pytest.raises(Drifted):  # the old message's button stays refused
        world.decide(item, Verdict.REVOKE, world.owner, fingerprint=shown)
    world.decide(item, Verdict.REVOKE, world.owner, fingerprint=item.fingerprint)
    tick()
    assert not world.airline.can("agent", CALL)


def test_a_function_that_was_redefined_after_the_decision_is_not_touched_and_asked_again(world):
    grant = world.grant("agent", REFUND)
    tick()
    decision = world.revoke(grant)
    world.airline.do(REDEFINED)
    world.sync()
    tick()
    assert only_act(decision).state == Step.CANCELLED
    assert world.airline.can("agent", CALL)
    tick()
    world.revoke(grant)
    tick()
    assert not world.airline.can("agent", CALL)


def test_a_function_that_was_made_anew_after_the_decision_is_not_touched(world):
    grant = world.grant("agent", REFUND)
    tick()
    decision = world.revoke(grant)
    world.airline.do(
        "SET ROLE air_owner; DROP FUNCTION air.refund_payment; "
        "CREATE FUNCTION air.refund_payment(ticket text, amount integer) RETURNS text LANGUAGE sql AS 'SELECT ticket'; "
        "REVOKE EXECUTE ON FUNCTION air.refund_payment FROM PUBLIC; "
        "GRANT EXECUTE ON FUNCTION air.refund_payment TO agent"
    )
    tick()
    act = only_act(decision)
    assert act.state == Step.CANCELLED
    assert act.tries.get(kind="send").outcome == "changed"
    assert world.airline.can("agent", CALL)
    world.sync()
    tick()
    new = world.grant("agent", REFUND)
    assert new != grant
    assert "returned" in world.asked(new).findings.values_list("check_name", flat=True)


def test_a_read_that_has_shrunk_is_held_and_withdraws_nothing(world):
    for number in range(8):
        world.airline.do(
            f"SET ROLE air_owner; CREATE FUNCTION air.more_{number}() RETURNS text LANGUAGE sql AS 'SELECT ''''';"
        )
    world.sync()
    tick()
    asked = set(Item.objects.open().values_list("pk", flat=True))
    world.airline.do("DROP SCHEMA air CASCADE")
    run = syncing.sync(type(world.system).objects.get(pk=world.system.pk))
    assert run.state == "held"
    tick()
    assert set(Item.objects.open().values_list("pk", flat=True)) == asked
    assert Grant.objects.open().filter(entitlement__native_id=REFUND, seen="present").exists()


def test_two_agents_that_share_an_account_are_both_asked_about_and_one_revoke_closes_the_other(make_world):
    world = make_world()
    support = world.agent_with("support", "agent", owner=world.owner)
    batch = world.agent_with("batch", "agent", owner=world.deputy)
    world.runs_of("support", "batch")
    tick()
    grant = world.grant("agent", REFUND)
    mine, theirs = world.asked(grant, support), world.asked(grant, batch)
    assert (whom(mine.review), whom(theirs.review)) == ("Owner", "Deputy")
    world.decide(mine, Verdict.REVOKE, world.owner)
    theirs.refresh_from_db()
    assert theirs.state == State.WITHDRAWN
    with pytest.raises(Conflict):
        world.decide(theirs, Verdict.KEEP, world.deputy)
    tick()
    assert not world.airline.can("agent", CALL)
    assert not Review.objects.open().filter(items__grant=grant).exists()


def test_one_keep_of_two_agents_does_not_keep_what_the_other_revokes(make_world):
    world = make_world()
    support = world.agent_with("support", "agent", owner=world.owner)
    batch = world.agent_with("batch", "agent", owner=world.deputy)
    world.runs_of("support", "batch")
    tick()
    grant = world.grant("agent", REFUND)
    world.decide(world.asked(grant, batch), Verdict.KEEP, world.deputy, reason="The batch refunds on Fridays.")
    tick()
    assert world.asked(grant, support)  # the other's people are still asked
    world.decide(world.asked(grant, support), Verdict.REVOKE, world.owner)
    tick()
    assert not world.airline.can("agent", CALL)
