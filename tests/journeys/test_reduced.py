"""Reduced, on a real database: the tool stays, the right to pass it on is gone, proven, and taken back."""

import pytest

from governance.models import Finding, Grant
from reviews import evidence, undoing
from reviews.models import Act, Item, Remediation, Review, Verdict
from reviews.models.remediation import State
from tests.connectors.company import CALL, REFUND
from tests.journeys.world import VIA, World, only_act, tick

FUNCTION = "FUNCTION air.refund_payment(text,integer)"
WIDE = "agent=X*/air_owner"


@pytest.fixture
def asked(make_world) -> World:
    """The agent may refund payments, never does, and may let others do so; its owner has been asked."""
    made: World = make_world()
    made.airline.do(f"SET ROLE air_owner; GRANT EXECUTE ON {FUNCTION} TO agent WITH GRANT OPTION")
    made.sync()
    made.agent_with("support", "agent", owner=made.owner)
    made.runs_of("support")
    tick()
    return made


def reduce(world: World) -> Remediation:
    """The owner chooses what the system offers."""
    item = world.asked(world.grant("agent", REFUND))
    [view] = evidence.card(item.review).items
    [offer] = view.narrowings
    assert offer.text == (
        "agent keeps EXECUTE on function air.refund_payment(text,integer), and can no longer pass it on."
    )
    return only_act(world.decide(item, Verdict.REDUCE, world.owner, remains={"key": offer.key}).decision)


def test_the_tool_stays_and_cannot_be_passed_on_until_somebody_outside_gives_that_again(asked):
    act = reduce(asked)
    assert WIDE in asked.airline.acl()
    tick()
    act.refresh_from_db()
    assert (act.state, act.outcome["direct"], act.outcome["effective"]) == (State.VERIFIED, "absent", "absent")
    assert "agent=X/air_owner" in asked.airline.acl()
    assert asked.airline.can("agent", CALL)
    grant = asked.grant("agent", REFUND)
    assert (grant.intended, grant.native["grantable"], grant.pk) == ("held", False, act.grant_id)
    asked.sync()
    tick()
    assert asked.grant("agent", REFUND) == grant
    assert not Review.objects.open().filter(items__grant=grant).exists()
    asked.airline.do(f"SET ROLE air_owner; GRANT EXECUTE ON {FUNCTION} TO agent WITH GRANT OPTION")
    asked.sync()
    tick()
    item = Item.objects.open().get(grant=act.grant_id)
    assert Finding.objects.get(items=item, check_name="changed").facts["changed"] == ["the right to pass it on"]


def test_taken_back_it_can_be_passed_on_again_and_a_sync_finds_nothing_to_ask(asked):
    act = reduce(asked)
    tick()
    undoing.undo(decision=act.decision, by=asked.owner, via=VIA)
    tick()
    back = Remediation.objects.get(act=Act.RESTORE)
    assert (back.state, back.outcome["direct"]) == (State.VERIFIED, "present")
    assert WIDE in asked.airline.acl()
    before = Finding.objects.count()
    asked.sync()
    tick()
    assert Finding.objects.count() == before
    assert not Review.objects.open().filter(items__grant=act.grant_id).exists()  # quiet while the undo's lease runs
    assert not Grant.objects.filter(returns_to=act.grant_id).exists()


def test_passed_on_already_it_is_refused_and_a_persons_to_look_at(asked):
    asked.airline.do(f"SET ROLE agent; GRANT EXECUTE ON {FUNCTION} TO other_agent")
    act = reduce(asked)
    tick()
    act.refresh_from_db()
    assert act.state == State.STUCK
    assert "agent has passed EXECUTE on to other_agent: revoke that first" in act.trouble
    assert WIDE in asked.airline.acl()
