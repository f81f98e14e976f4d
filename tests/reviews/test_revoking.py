"""Claim, call, record; success is what verifying sees."""

from datetime import timedelta

import pytest

from connectors.base import Cap
from connectors.errors import (
    AuthFailed,
    ConfigInvalid,
    Incomplete,
    NotFound,
    NotPermitted,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SchemaDrift,
    Transient,
)
from connectors.errors import Conflict as Changed
from governance import clock
from governance.errors import Conflict
from governance.models import Finding, Grant, Intended
from reviews import evidence, opening, revoking
from reviews.models import Ask, Item, Remediation, Verdict
from reviews.models.remediation import State
from tests.reviews.factories import AskFactory
from tests.reviews.scene import again, carried_out, done, entry, looked_at, overdue_now, told, whom
from tests.reviews.target import ReadOnly, door

pytestmark = pytest.mark.django_db


def copies(act: Remediation) -> Ask:
    """A copy of the question that somebody can see."""
    review = act.decision.item.review
    return AskFactory(review=review, person=review.assignments.get().person, state=Ask.State.SENT)


# -- it is sent


def test_the_grant_is_taken_away(scene):
    act = scene.act()
    assert revoking.carry_out_due() == 1
    assert not scene.holds(act.grant)
    assert scene.target.calls == [f"revoke countersign:{act.pk}"]


def test_what_was_sent_is_not_done_before_it_is_seen(scene):
    act = carried_out(scene.act())
    assert (act.state, act.level, act.verified_at) == (State.SENT, "V1", None)
    assert act.sent_at is not None
    assert act.leased_until is None
    grant = again(act.grant)
    assert (grant.seen, grant.closed_at) == ("present", None)


def test_the_attempt_says_what_was_asked_and_answered(scene):
    act = carried_out(scene.act())
    attempt = act.tries.get()
    assert (attempt.number, attempt.kind, attempt.outcome) == (1, "send", "done")
    assert (attempt.request, attempt.response) == ({"REVOKE": act.before["acl"][0]}, {"rows": 1})
    assert attempt.native_request_id == "r-1"
    assert told(act) == ["remediation.planned", "remediation.sent"]
    assert entry("remediation.sent").body == {"act": "remove", "outcome": "done", "attempt": 1}


def test_the_copies_are_rendered_again(scene):
    act = scene.act()
    ask = copies(act)
    carried_out(act)
    assert again(ask).state == Ask.State.OUTDATED


def test_it_is_sent_once(scene):
    carried_out(scene.act())
    assert revoking.carry_out_due() == 0
    assert len(scene.target.calls) == 1


def test_the_attempt_is_written_before_the_call(scene, monkeypatch):
    act = scene.act()
    seen = []
    monkeypatch.setattr(type(scene.target), "called", lambda *_: seen.append(act.tries.get().outcome))
    carried_out(act)
    assert seen == ["begun"]


def test_what_a_dead_worker_left_is_done_again_and_the_first_image_counts(scene):
    act = scene.act()
    claimed = Remediation.objects.claim_due()
    claimed.move(State.CLAIMED)
    revoking.begin(claimed)
    scene.target.present.clear()
    assert revoking.carry_out_due() == 0, "the lease still runs"
    overdue_now(act)
    assert revoking.carry_out_due() == 1
    act = again(act)
    assert act.state == State.SENT
    assert list(act.tries.order_by("number").values_list("outcome", flat=True)) == ["begun", "already"]


def test_the_image_of_before_stays_when_it_is_sent_again(scene):
    act = scene.act()
    Remediation.objects.filter(pk=act.pk).update(before={"acl": ["the first"]})
    assert carried_out(act).before == {"acl": ["the first"]}


def test_a_worker_that_was_too_slow_writes_nothing(scene):
    act = scene.act()
    slow = Remediation.objects.claim_due()
    slow.move(State.CLAIMED)
    begun = revoking.begin(slow)
    overdue_now(act)
    carried_out(act)
    with pytest.raises(Conflict, match="Somebody else has claimed"):
        revoking.finish(slow, begun, outcome="done", said=Transient(""))
    assert again(act).tries.count() == 2


def test_what_is_held_is_not_claimed(scene):
    act = scene.act()
    hold = scene.system.holds.create(why="", opened_at=clock.now())
    Remediation.objects.filter(pk=act.pk).update(hold=hold)
    assert revoking.carry_out_due() == 0


# -- the system says no


def test_later_where_trying_again_can_help(scene):
    act = scene.act()
    scene.target.trouble = [Transient("restarting")]
    act = carried_out(act)
    assert (act.state, act.attempts, act.trouble) == (State.PLANNED, 1, "Transient: restarting")
    assert act.next_at > clock.now()
    assert act.leased_until is None
    assert act.tries.get().outcome == "Transient"
    assert entry("remediation.failed").body == {"error": "Transient", "attempt": 1}
    assert revoking.carry_out_due() == 0, "it waits"
    overdue_now(act)
    assert carried_out(act).state == State.SENT


def test_it_waits_longer_each_time(scene):
    act = scene.act()
    scene.target.trouble = [RateLimited("slowly", retry_after=1) for _ in range(4)]
    waits = []
    for _ in range(4):
        overdue_now(act)
        act = carried_out(act)
        waits.append(act.next_at - clock.now())
    assert waits == sorted(waits)
    assert waits[-1] > 4 * waits[0]


def test_what_does_not_help_for_long_is_a_persons(make_scene):
    scene = make_scene(stuck_attempts=2)
    act = scene.act()
    scene.target.trouble = [Transient("restarting") for _ in range(3)]
    for state in (State.PLANNED, State.PLANNED, State.STUCK):
        overdue_now(act)
        act = carried_out(act)
        assert act.state == state
    assert entry("remediation.stuck").body == {"error": "Transient", "attempt": 3}


@pytest.mark.parametrize("error", [Refused, NotPermitted, AuthFailed, ConfigInvalid, SchemaDrift, Incomplete])
def test_a_refusal_is_a_persons_at_once(scene, error):
    act = scene.act()
    ask = copies(act)
    scene.target.trouble = [error("not today")]
    act = carried_out(act)
    assert (act.state, act.trouble) == (State.STUCK, f"{error.__name__}: not today")
    assert told(act)[-1] == "remediation.stuck"
    assert again(ask).state == Ask.State.OUTDATED, "the card says that it is stuck"
    assert again(act.grant).intended == Intended.GONE


def test_a_principal_that_is_not_there_is_looked_for_again(scene):
    act = scene.act()
    scene.target.trouble = [NotFound("no such role")]
    assert carried_out(act).state == State.PLANNED


def test_what_is_stuck_is_tried_again_slowly(scene):
    act = scene.act()
    scene.target.trouble = [Refused("a maintenance window")]
    act = carried_out(act)
    assert act.next_at - clock.now() > timedelta(minutes=14)
    assert revoking.carry_out_due() == 0
    overdue_now(act)
    assert carried_out(act).state == State.SENT


def test_a_lost_answer_is_looked_at_and_not_sent_again(scene):
    act = scene.act()
    scene.target.trouble = [OutcomeUnknown("the connection broke")]
    act = carried_out(act)
    assert act.state == State.SENT
    assert (act.tries.get().outcome, act.tries.get().response) == ("unknown", {"error": "the connection broke"})
    assert looked_at(act).state == State.VERIFIED


def test_a_secret_of_ours_that_is_missing_makes_it_stuck(scene):
    act = scene.act()
    type(scene.system).objects.update(config={"at": "env:NOBODY_HAS_SET_THIS"})
    act = carried_out(act)
    assert act.state == State.STUCK, "claimed, it could not even be taken back"
    assert "NOBODY_HAS_SET_THIS" in act.trouble


# -- no way to do it


def test_a_system_that_cannot_be_written_is_a_persons_task(scene, monkeypatch):
    act = scene.act()
    monkeypatch.setattr(door, "behind", ReadOnly())
    act = carried_out(act)
    assert act.state == State.STUCK
    assert act.trouble == "Unsupported: Airline has no way to remove this: do it by hand."
    assert evidence.outcome(act.decision).execution_text == f"It waits for Omar, who owns Airline. {act.task}"


@pytest.mark.parametrize("why", ["no cap", "implicit"])
def test_a_type_that_cannot_be_revoked_is_a_persons_task(scene, why):
    act = scene.act(revocable=why != "implicit")
    if why == "no cap":
        scene.target.without(Cap.REVOKE)
    act = carried_out(act)
    assert act.state == State.STUCK
    assert "cannot be changed by us (function): do it in the system itself" in act.trouble
    assert scene.target.calls == []


def test_a_type_that_cannot_be_restored_is_a_persons_task(scene):
    act = done(scene.act())
    scene.target.without(Cap.RESTORE)
    scene.undo(act.decision)
    restoring = carried_out(Remediation.objects.latest("pk"))
    assert (restoring.act, restoring.state) == ("restore", State.STUCK)


# -- it changed after the decision


CHANGES = [{"instance": "another"}, {"effect": "deny"}]


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_no_longer_the_same_thing_is_not_touched(scene, change):
    act = scene.act()
    Grant.objects.filter(pk=act.grant_id).update(**change)
    act = carried_out(act)
    name = next(iter(change))
    assert (act.state, act.trouble) == (State.CANCELLED, f"It changed after the decision: {name}.")
    assert scene.target.calls == []
    assert again(act.grant).intended == Intended.UNDECIDED
    assert entry("remediation.cancelled").body == {"changed": name}


def test_another_definition_is_another_thing(scene):
    act = scene.act()
    type(act.grant.entitlement).objects.update(definition_digest="9" * 64)
    assert carried_out(act).state == State.CANCELLED


def test_more_or_less_risk_is_no_reason_not_to_remove(scene):
    act = scene.act()
    Grant.objects.filter(pk=act.grant_id).update(risk=95, condition="mfa")
    assert carried_out(act).state == State.SENT


def test_a_system_that_sees_another_thing_asks_again_too(scene):
    act = scene.act()
    ask = copies(act)
    scene.target.trouble = [Changed("the function was replaced")]
    act = carried_out(act)
    assert (act.state, act.tries.get().outcome) == (State.CANCELLED, "changed")
    changed = Finding.objects.get(check_name="changed")
    assert changed.facts == {"changed": "the function was replaced"}
    assert again(ask).state == Ask.State.OUTDATED


def test_then_it_is_asked_anew_with_both_suspicions(scene):
    act = scene.act()
    Grant.objects.filter(pk=act.grant_id).update(instance="another")
    carried_out(act)
    assert opening.open_reviews() == 1
    item = Item.objects.open().get()
    assert sorted(item.findings.values_list("check_name", flat=True)) == ["changed", "never_used"]
    assert (item.facts["instance"], whom(item.review)) == ("another", "Maria")
    assert scene.decide(item, Verdict.REVOKE).decision.remediations.get().state == State.PLANNED


# -- accounts


def disabling(scene) -> Remediation:
    scene.decide(scene.asked_whose(), Verdict.RETIRE, by=scene.manager)
    return Remediation.objects.get()


def test_an_account_is_disabled(scene):
    act = carried_out(disabling(scene))
    assert act.state == State.SENT
    assert [ref.id for ref in scene.target.shut] == [scene.account.native_id]


def test_a_system_that_cannot_disable_is_a_persons_task(scene, monkeypatch):
    act = disabling(scene)
    monkeypatch.setattr(door, "behind", ReadOnly())
    act = carried_out(act)
    assert act.trouble == "Unsupported: Airline has no way to disable this: do it by hand."
