"""A decision is taken back in time: by whom, until when, and what becomes of its act."""

from datetime import timedelta

import pytest
from django.utils import timezone

from governance import clock
from governance.errors import Conflict, NotAllowed
from governance.models import Agent, Employment, Finding, Grant, Intended, Lease, Ownership
from reviews import lapsing, opening, verifying
from reviews.models import Ask, Decision, Item, Remediation, Undo, Verdict
from reviews.models.remediation import State
from tests.reviews.factories import AskFactory
from tests.reviews.scene import (
    again,
    carried_out,
    done,
    entry,
    key,
    late,
    looked_at,
    only_act,
    overdue_now,
    told,
    whom,
)
from tests.reviews.target import everyone

pytestmark = pytest.mark.django_db


# -- who and when


@pytest.mark.parametrize("who", ["owner", "governor"])
def test_the_accountable_person_and_governance_may(scene, who):
    assert scene.undo(scene.decided(Verdict.REVOKE), by=getattr(scene, who)).by == getattr(scene, who)


def test_the_decider_may_when_somebody_else_answers_for_it(scene):
    decision = scene.decided(Verdict.REVOKE)
    Ownership.objects.filter(person=scene.owner).update(until=timezone.now())
    assert scene.undo(decision, by=scene.owner).by == scene.owner


def test_who_answers_for_it_now_may(scene):
    decision = scene.decided(Verdict.REVOKE)
    Ownership.objects.filter(person=scene.owner).update(until=timezone.now())
    assert scene.undo(decision, by=scene.deputy).by == scene.deputy


@pytest.mark.parametrize("who", ["deputy", "manager", "system_owner"])
def test_others_may_not(scene, who):
    decision = scene.decided(Verdict.REVOKE)
    with pytest.raises(NotAllowed, match="Only who decided, who answers for the agent, or governance"):
        scene.undo(decision, by=getattr(scene, who))
    assert not Undo.objects.exists()
    assert only_act(decision).state == State.PLANNED


def test_the_decider_may_not_after_leaving(scene):
    decision = scene.decided(Verdict.REVOKE)
    type(scene.owner).objects.filter(pk=scene.owner.pk).update(employment=Employment.LEFT)
    with pytest.raises(NotAllowed):
        scene.undo(decision, by=again(scene.owner))


def test_the_window_ends(scene):
    decision = scene.decided(Verdict.REVOKE)
    assert decision.undo_until - decision.at == timedelta(days=1)
    Decision.objects.update(undo_until="2026-03-04T05:06Z")
    with pytest.raises(Conflict, match="could be taken back until 05:06 on 4 Mar 2026"):
        scene.undo(decision)
    assert not Undo.objects.exists()


def test_it_is_taken_back_once(scene):
    decision = scene.decided(Verdict.REVOKE)
    scene.undo(decision)
    with pytest.raises(Conflict, match="taken back already"):
        scene.undo(decision)


def test_an_ownership_is_handed_on_and_not_undone(scene):
    scene.decide(scene.asked_whose(), Verdict.MINE, by=scene.manager)
    with pytest.raises(Conflict, match="handed on"):
        scene.undo(Decision.objects.get(), by=scene.manager)


def test_an_undo_is_told(scene):
    decision = scene.decided(Verdict.REVOKE)
    made = scene.undo(decision, reason=" A flight was booked with it. ")
    told_of = entry("decision.undone")
    assert told_of.body == {"verdict": "revoke"}
    assert set(told_of.commitments) == {"reason"}
    assert told(made)[0] == "decision.undone"
    assert made.reason == "A flight was booked with it."


# -- what becomes of the act


def given_back(scene, act: Remediation) -> Remediation:
    """Take it back, and return the act that gives back."""
    scene.undo(act.decision)
    return Remediation.objects.get(undo__decision=act.decision)


def short_lease(grant: Grant) -> None:
    """It may be held again, for a week."""
    grant = again(grant)
    lease = Lease.objects.get(grant=grant, basis=Lease.Basis.UNDO)
    assert lease.ends_at - lease.starts_at == timedelta(days=7)
    assert (grant.intended, grant.lease_ends_at) == (Intended.HELD, lease.ends_at)


def test_what_is_only_planned_is_cancelled(scene):
    act = scene.act()
    scene.undo(act.decision)
    assert (again(act).state, again(act).trouble) == (State.CANCELLED, "")
    assert told(act) == ["remediation.planned", "remediation.cancelled"]
    assert Remediation.objects.count() == 1, "there is nothing to give back"
    short_lease(act.grant)
    finding = Finding.objects.get()
    assert (finding.state, finding.quiet_until) == (Finding.State.ANSWERED, again(act.grant).lease_ends_at)
    assert carried_out(act).state == State.CANCELLED
    assert scene.holds(act.grant)


def test_what_is_being_carried_out_has_to_wait(scene):
    act = scene.act()
    Remediation.objects.filter(pk=act.pk).update(state=State.CLAIMED)
    with pytest.raises(Conflict, match="being carried out right now"):
        scene.undo(act.decision)
    assert not Undo.objects.exists()
    assert again(act.grant).intended == Intended.GONE


def test_what_a_dead_worker_may_have_done_is_given_back(scene):
    act = scene.act()
    act.tries.create(number=1, kind="send", outcome="begun", at=timezone.now())
    restoring = given_back(scene, act)
    assert (restoring.act, again(act).state) == ("restore", State.CANCELLED)


def test_what_was_sent_is_given_back(scene):
    act = carried_out(scene.act())
    assert (act.state, scene.holds(act.grant)) == (State.SENT, False)
    restoring = given_back(scene, act)
    assert again(act).state == State.CANCELLED
    assert (restoring.act, restoring.follows, restoring.automatic) == ("restore", act, False)
    assert restoring.before == act.before == {"acl": [act_key(act)]}
    short_lease(act.grant)
    assert done(restoring).state == State.VERIFIED
    assert scene.holds(act.grant)


def act_key(act: Remediation) -> str:
    return str(act.before["acl"][0])


def test_what_is_proven_gone_is_given_back_as_a_new_period(scene):
    act = done(scene.act())
    assert act.state == State.VERIFIED
    restoring = given_back(scene, act)
    assert again(act).state == State.VERIFIED, "what was proven stays so"
    assert done(restoring).state == State.VERIFIED
    fresh = Grant.objects.open().get(returns_to=act.grant)
    assert (fresh.intended, fresh.seen) == (Intended.HELD, "present")
    assert fresh.lease_ends_at == Lease.objects.get(basis=Lease.Basis.UNDO).ends_at
    assert scene.holds(fresh)


def test_what_was_still_effective_is_given_back(scene):
    act = scene.act()
    scene.target.others = [everyone(act.grant.entitlement.native_id)]
    assert done(act).state == State.STILL_EFFECTIVE
    restoring = given_back(scene, act)
    assert done(restoring).state == State.VERIFIED
    assert again(act).state == State.STILL_EFFECTIVE
    overdue_now(act)
    assert looked_at(act).state == State.STILL_EFFECTIVE, "it is not carried out again"
    assert scene.holds(act.grant)


def test_what_was_taken_back_is_judged_no_more(scene):
    act = scene.act()
    scene.target.others = [everyone(act.grant.entitlement.native_id)]
    done(act)
    done(given_back(scene, act))
    scene.target.others = []
    scene.target.present.clear()  # somebody has removed it outside
    overdue_now(act)
    assert verifying.verify_sent() == 0
    assert again(act).state == State.STILL_EFFECTIVE


def test_what_was_stuck_is_given_back(scene):
    act = scene.act()
    Remediation.objects.filter(pk=act.pk).update(state=State.STUCK)
    assert given_back(scene, act).act == "restore"
    assert again(act).state == State.CANCELLED


def test_what_waits_to_be_sent_again_is_given_back(scene):
    act = scene.act()
    scene.target.deaf = True
    assert done(act).state == State.PLANNED
    scene.target.deaf = False
    restoring = given_back(scene, act)
    assert (restoring.act, again(act).state) == ("restore", State.CANCELLED)


def test_what_the_brake_holds_is_cancelled(make_scene):
    scene = make_scene(brake_floor=0, brake_percent=0)
    item = scene.asked()
    late(item.review, days=15)
    lapsing.lapse_reviews()
    act = Remediation.objects.get()
    assert act.hold is not None
    scene.undo(act.decision)
    assert again(act).state == State.CANCELLED
    assert Remediation.objects.count() == 1


def test_what_went_outside_before_it_was_sent_is_looked_for_again(make_scene):
    scene = make_scene(brake_floor=0, brake_percent=0)
    late(scene.asked().review, days=15)
    lapsing.lapse_reviews()
    act = Remediation.objects.get()
    Grant.objects.filter(pk=act.grant_id).update(seen="absent")  # as syncing says of what is to be suspended
    scene.undo(act.decision)
    assert (again(act.grant).seen, again(act.grant).intended) == ("unknown", Intended.HELD)


def test_a_suspension_that_waited_can_be_taken_back_as_long_as_any(scene):
    late(scene.asked().review, days=15)
    lapsing.lapse_reviews()
    Decision.objects.update(undo_until=clock.now())  # it was held for a month
    act = done(Remediation.objects.get())
    assert again(act.decision).undo_until - act.sent_at == timedelta(days=30)
    assert done(given_back(scene, act)).state == State.VERIFIED


def test_a_suspension_is_taken_back(scene):
    item = scene.asked()
    late(item.review, days=15)
    lapsing.lapse_reviews()
    act = done(Remediation.objects.get())
    assert (act.act, act.state, again(act.grant).closed_at) == ("suspend", State.VERIFIED, None)
    restoring = given_back(scene, act)
    assert done(restoring).state == State.VERIFIED
    grant = again(act.grant)
    assert (grant.seen, grant.intended, grant.closed_at) == ("present", Intended.HELD, None)
    assert grant.resumed_at == grant.seen_at, "what could not be used meanwhile is not called unused"
    assert Grant.objects.count() == 1


def test_a_keep_that_is_taken_back_is_asked_again(scene):
    decision = scene.decided(Verdict.KEEP)
    grant = decision.item.grant
    scene.undo(decision)
    assert (again(grant).intended, again(grant).lease_ends_at) == (Intended.UNDECIDED, None)
    assert Finding.objects.get().state == Finding.State.OPEN
    assert opening.open_reviews() == 1
    fresh = Item.objects.open().get()
    assert (fresh.grant, whom(fresh.review)) == (grant, "Maria")
    assert not Lease.objects.filter(grant=grant, ends_at__gt=clock.now()).exists(), "the lease ended with the keep"


def test_a_retired_agent_is_taken_back_and_asked_about_again(scene):
    scene.decide(scene.asked_whose(), Verdict.RETIRE, by=scene.manager)
    act = done(Remediation.objects.get())
    assert (act.state, again(scene.account).enabled) == (State.VERIFIED, False)
    scene.undo(act.decision, by=scene.manager)
    restoring = Remediation.objects.get(undo__decision=act.decision)
    assert restoring.act == "enable"
    assert done(restoring).state == State.VERIFIED
    assert again(scene.account).enabled
    assert Agent.objects.get(pk=scene.agent.pk).lifecycle == "active"
    assert Finding.objects.get(agent=scene.agent).state == Finding.State.OPEN


def test_the_copies_are_rendered_again(scene):
    decision = scene.decided(Verdict.REVOKE)
    ask = AskFactory(person=scene.owner, review=decision.item.review, state=Ask.State.CLOSED)
    scene.undo(decision)
    assert again(ask).state == Ask.State.OUTDATED


# -- a newer decision, and acts that were tried anew


def test_an_older_decision_cannot_be_taken_back_under_a_newer_one(scene):
    late(scene.asked().review, days=15)
    lapsing.lapse_reviews()
    suspended = Decision.objects.get()
    done(only_act(suspended))
    Grant.objects.update(seen="present", intended=Intended.UNDECIDED)
    scene.target.present.add(key(suspended.item.grant))
    scene.suspect(suspended.item.grant, "returned")
    opening.open_reviews()
    item = Item.objects.open().get()
    scene.decide(item, Verdict.REVOKE)
    newer = Decision.objects.get(item=item)
    with pytest.raises(Conflict, match=r"A newer decision stands: Revoke, by Maria\."):
        scene.undo(suspended)
    scene.undo(newer)
    assert Undo.objects.get().decision == newer
    scene.undo(suspended)


def test_what_was_tried_anew_after_a_claim_is_given_back_once(scene):
    act = scene.act()
    Remediation.objects.filter(pk=act.pk).update(state="attested")
    successor = Remediation.objects.create(
        act="remove", grant=act.grant, system=act.system, decision=act.decision, follows=act, planned_at=act.planned_at
    )
    done(successor)
    undo = scene.undo(act.decision)
    restoring = Remediation.objects.get(undo=undo)
    assert restoring.follows == successor
    assert done(restoring).state == State.VERIFIED
