"""Access that lives on by another path is told, and asked about; it never counts as done."""

import pytest

from governance.models import Finding
from governance.policy.checks import reason
from reviews import evidence
from reviews.models import Decision, Remediation, Review, Verdict
from reviews.models.remediation import State
from reviews.ruling import Via
from tests.connectors.company import AGENTS, CALL, REFUND
from tests.journeys.world import REASON, tick, told, whom


@pytest.fixture
def widened(make_world, airline):
    """widened("GRANT …"): the usual world, where somebody opened another path before the first sync."""

    def widened(script: str):
        airline.do(script)
        made = make_world()
        made.agent_with("support", "agent", owner=made.owner, deputies=(made.deputy,))
        made.runs_of("support")
        tick()
        return made

    return widened


PUBLIC = "SET ROLE air_owner; GRANT EXECUTE ON FUNCTION air.refund_payment TO PUBLIC"
ROLE = """
    SET ROLE air_owner;
    GRANT EXECUTE ON FUNCTION air.refund_payment TO airline_agents;
    RESET ROLE;
    GRANT airline_agents TO agent;
"""
GRANTOR = """
    SET ROLE air_owner;
    GRANT EXECUTE ON FUNCTION air.refund_payment TO dba_two WITH GRANT OPTION;
    GRANT USAGE ON SCHEMA air TO dba_two;
    SET ROLE dba_two;
    GRANT EXECUTE ON FUNCTION air.refund_payment TO agent;
"""


def revoked(world) -> Decision:
    """The owner revokes the direct grant."""
    return world.revoke(world.grant("agent", REFUND, by="air_owner"))


def test_public_keeps_it_alive_until_the_systems_owner_closes_it_too(widened, carried_out):
    world = widened(PUBLIC)
    [view] = evidence.card(world.asked(world.grant("agent", REFUND)).review).items
    assert "it can still be used through PUBLIC" in view.preview  # before the click
    act = carried_out(revoked(world))
    is_asked_of_the_systems_owner(world, act)
    assert carried_out(world.revoke(world.grant("PUBLIC", REFUND), by=world.system_owner)).state == State.VERIFIED
    assert not world.airline.can("agent", CALL)
    Remediation.objects.filter(pk=act.pk).update(next_at=act.planned_at)  # the hour until it is looked at again
    tick()
    act.refresh_from_db()
    assert act.state == State.VERIFIED
    assert told("remediation", act)[-2:] == ["remediation.still_effective", "remediation.verified"]


def is_asked_of_the_systems_owner(world, act):
    """The agent may still, and PUBLIC's grant is named and asked about."""
    assert act.state == State.STILL_EFFECTIVE
    assert act.outcome["other_paths"] == ["PUBLIC"]
    assert "through PUBLIC" in evidence.execution_text(act)
    assert world.airline.can("agent", CALL)
    everyone = world.grant("PUBLIC", REFUND)
    finding = Finding.objects.get(check_name="still_effective", grant=everyone)
    assert "PUBLIC" in reason(finding.check_name, finding.facts)
    tick()
    item = world.asked(everyone)
    assert finding in item.findings.all()
    assert whom(item.review) == "Sysowner"


def test_kept_with_a_reason_it_stays_still_effective_and_is_not_asked_again(widened, carried_out):
    world = widened(PUBLIC)
    act = carried_out(revoked(world))
    tick()
    item = world.asked(world.grant("PUBLIC", REFUND))
    browser = Via(surface="web", assurance="web_password")  # everyone may move money by it: Slack does not keep that
    world.decide(item, Verdict.KEEP, world.system_owner, via=browser, reason=REASON)
    Remediation.objects.filter(pk=act.pk).update(next_at=act.planned_at)
    tick()
    tick()
    act.refresh_from_db()
    assert act.state == State.STILL_EFFECTIVE
    assert not Review.objects.open().filter(items__grant=item.grant).exists()


def test_a_role_keeps_it_alive_and_is_asked_about_until_the_membership_goes(widened, carried_out):
    world = widened(ROLE)
    act = carried_out(revoked(world))
    assert act.state == State.STILL_EFFECTIVE
    assert act.outcome["other_paths"] == ["role airline_agents"]
    assert world.airline.can("agent", CALL)
    tick()
    item = world.asked(world.grant("airline_agents", REFUND))
    assert whom(item.review) == "Sysowner"
    membership = world.grant("agent", AGENTS)
    world.airline.do("REVOKE airline_agents FROM agent")
    world.sync()
    assert not world.airline.can("agent", CALL)
    membership.refresh_from_db()
    assert membership.closed_at is not None


def test_a_second_grantor_keeps_it_alive_and_is_another_question(widened, carried_out):
    world = widened(GRANTOR)
    first, second = (world.grant("agent", REFUND, by=name) for name in ("air_owner", "dba_two"))
    assert world.asked(first) != world.asked(second)
    act = carried_out(revoked(world))
    assert act.state == State.STILL_EFFECTIVE
    assert act.outcome["other_paths"] == ["another grantor: dba_two"]
    assert world.airline.can("agent", CALL)
    assert Finding.objects.uncleared().filter(grant=second, check_name="still_effective").exists()
    assert carried_out(world.revoke(second)).state == State.VERIFIED
    assert not world.airline.can("agent", CALL)


def test_ownership_keeps_it_alive_and_is_named(widened, carried_out):
    world = widened("GRANT air_owner TO agent")
    act = carried_out(revoked(world))
    assert act.state == State.STILL_EFFECTIVE
    assert act.outcome["other_paths"] == ["ownership, through role air_owner"]
    assert world.airline.can("agent", CALL)


def test_a_path_that_was_opened_after_the_last_sync_is_found_by_the_look_itself(world, carried_out):
    tick()
    decision = world.revoke(world.grant("agent", REFUND))
    world.airline.do(PUBLIC)
    act = carried_out(decision)
    assert act.state == State.STILL_EFFECTIVE
    assert not Finding.objects.filter(check_name="still_effective").exists()  # no row yet to say it about
    world.sync()
    Remediation.objects.filter(pk=act.pk).update(next_at=act.planned_at)
    tick()
    assert Finding.objects.filter(check_name="still_effective", grant=world.grant("PUBLIC", REFUND)).exists()
