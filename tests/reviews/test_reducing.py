"""A reduce: what is too much goes, what remains is lent, and only a fresh read shows that it is so."""

from datetime import timedelta

import pytest

from connectors.base import Cap
from connectors.errors import Conflict as Changed
from connectors.errors import OutcomeUnknown, Refused, Transient
from governance import clock
from governance.errors import Invalid
from governance.models import Finding, Grant, Intended, Lease, SyncRun
from reviews import handling, opening, planning, ruling
from reviews.evidence import card, outcome
from reviews.models import Act, Decision, Item, Remediation, Verdict
from reviews.models.remediation import State
from tests.reviews.narrowable import OFFERED, WORDS, could_be_narrower, findings_of, is_wide, previewed, reduced
from tests.reviews.scene import again, carried_out, done, entry, looked_at, overdue_now, told
from tests.reviews.target import OWN_USE, everyone

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(scene) -> Item:
    return could_be_narrower(scene)


# -- before the answer


def test_the_narrower_forms_that_a_system_has_are_on_the_card(item):
    [view] = card(item.review).items
    assert [(each.key, each.text) for each in view.narrowings] == [(OWN_USE.key, OWN_USE.text)]


def test_a_grant_that_has_none_offers_none(scene):
    asked = scene.asked()
    assert "narrowings" not in previewed(asked).preview
    assert card(asked.review).items[0].narrowings == ()


def test_a_type_that_cannot_be_narrowed_offers_none(scene, item):
    scene.target.without(Cap.REPLACE)
    assert "narrowings" not in previewed(item).preview


def test_what_cannot_be_revoked_may_still_be_narrowed(scene, item):
    scene.target.trouble = [Refused("it was passed on")]
    assert previewed(item).preview == {
        "by_hand": "it was passed on",
        "narrowings": [OFFERED | {"text": OWN_USE.text}],
    }


# -- the decision


def test_what_remains_is_lent_and_the_rest_is_to_go(scene, item):
    act = reduced(scene, item, days=30)
    decision, grant = act.decision, again(item.grant)
    assert (act.act, act.remains, act.automatic) == (Act.NARROW, OFFERED | {"text": OWN_USE.text}, False)
    assert decision.keep_until - decision.at == timedelta(days=30)
    assert (grant.intended, grant.lease_ends_at) == (Intended.HELD, decision.keep_until)
    assert Lease.objects.get(grant=grant).ends_at == decision.keep_until
    assert findings_of(item).state == Finding.State.TAKEN, "nothing is proven yet"
    planned = entry("remediation.planned")
    assert set(planned.commitments) == {"remains"}
    assert OWN_USE.text not in str(planned.body)


def test_a_form_that_was_not_offered_is_refused(scene, item):
    with pytest.raises(Invalid, match="not offered"):
        reduced(scene, item, {"key": "half"})
    assert again(item).state == "open"


def test_what_says_nothing_of_what_remains_is_refused(scene, item):
    with pytest.raises(Invalid, match="what should remain"):
        reduced(scene, item, {"note": "less"})
    assert again(item).state == "open"


def test_policy_never_reduces(scene, item):
    with pytest.raises(Invalid, match="what should remain"):
        ruling.make_true(
            Decision(item=item, verdict=Verdict.REDUCE),
            item=item,
            authority=planning.Authority(scene.policy),
            at=clock.now(),
        )


# -- carried out, and proven


def test_it_is_narrower_and_stays(scene, item):
    act = carried_out(reduced(scene, item))
    assert scene.target.calls[-1] == f"narrow countersign:{act.pk} to {OWN_USE.key}"
    assert (act.state, act.before) == (State.SENT, {"wide": True})
    assert scene.holds(item.grant)
    assert not is_wide(scene, item)


def test_it_is_proven_by_a_look_at_what_was_to_go(scene, item):
    act = done(reduced(scene, item))
    assert scene.target.calls[-1] == f"verify {OWN_USE.key}"
    assert (act.state, act.level, act.outcome["direct"]) == (State.VERIFIED, "V2", "absent")
    grant = again(item.grant)
    assert (grant.closed_at, grant.seen, grant.intended) == (None, "present", Intended.HELD)
    assert grant.native == {"grantable": False}, "as the look showed it, so that no sync calls it changed"
    assert told(act)[-1] == "remediation.verified"


def test_the_findings_rest_until_the_lease_ends(scene, item):
    act = done(reduced(scene, item))
    finding = findings_of(item)
    assert (finding.state, finding.quiet_until) == (Finding.State.ANSWERED, act.decision.keep_until)
    assert opening.open_reviews() == 0


def test_a_lease_that_ended_meanwhile_leaves_the_findings_open(scene, item):
    act = carried_out(reduced(scene, item))
    Decision.objects.update(keep_until=clock.now() - timedelta(seconds=1))
    assert looked_at(act).state == State.VERIFIED
    assert findings_of(item).state == Finding.State.OPEN


def test_a_system_that_only_says_so_is_not_believed(scene, item):
    scene.target.deaf = True
    act = done(reduced(scene, item))
    assert (act.state, act.trouble) == (State.PLANNED, "A fresh read still shows it as it was.")
    assert findings_of(item).state == Finding.State.TAKEN


def test_what_cannot_be_told_is_looked_at_again(scene, item):
    scene.target.blind = True
    assert done(reduced(scene, item)).state == State.SENT


def test_a_grant_that_is_gone_altogether_is_not_called_narrower(scene, item):
    act = carried_out(reduced(scene, item))
    scene.target.present.clear()
    act = looked_at(act)
    assert act.state == State.SENT
    assert "NotFound" in act.trouble


def test_an_answer_that_was_lost_is_found_by_looking(scene, item):
    act = reduced(scene, item)
    scene.target.trouble = [OutcomeUnknown("the line broke")]
    assert carried_out(act).state == State.SENT
    assert looked_at(act).state == State.VERIFIED


def test_what_a_dead_worker_narrowed_can_still_be_undone(scene, item):
    act = reduced(scene, item)
    Remediation.objects.claim_due().move(State.CLAIMED)
    scene.target.wide.clear()
    overdue_now(act)
    act = carried_out(act)
    assert act.tries.get().outcome == "already"
    assert act.before == {"wide": True}


def test_another_way_is_told_and_asked_about(scene, item):
    other = scene.grant(entitlement=item.grant.entitlement, origin="another")
    way = everyone(item.grant.entitlement.native_id, "another grantor")
    via = type(way.via)(type(way.via.principal)("role", scene.account.native_id), way.via.entitlement, "another")
    scene.target.others = [type(way)(way.kind, way.text, via)]
    act = done(reduced(scene, item))
    assert act.state == State.STILL_EFFECTIVE
    said = outcome(act.decision)
    assert said.execution_text == (
        "This grant is narrower in Airline, proven by a fresh read, but what was taken is still effective through "
        f"another grantor. What remains: {OWN_USE.text}"
    )
    finding = Finding.objects.get(check_name="still_effective")
    assert (finding.grant, finding.facts["revoked"]) == (other, f"what was taken from {item.grant}")
    assert findings_of(item).state == Finding.State.ANSWERED


@pytest.mark.parametrize("error", [Transient("busy"), Refused("it was passed on to dba_two")])
def test_a_system_that_says_no_is_tried_later_or_a_persons(scene, item, error):
    act = reduced(scene, item)
    scene.target.trouble = [error]
    act = carried_out(act)
    assert act.state == (State.PLANNED if error.retryable else State.STUCK)
    assert str(error) in act.trouble


@pytest.mark.parametrize("how", ["by us", "by the system"])
def test_what_is_no_longer_what_was_decided_about_is_asked_again(scene, item, how):
    act = reduced(scene, item)
    if how == "by us":
        Grant.objects.filter(pk=item.grant_id).update(instance="another")
    else:
        scene.target.trouble = [Changed("it was made again")]
    act = carried_out(act)
    assert act.state == State.CANCELLED
    grant = again(item.grant)
    assert (grant.intended, grant.lease_ends_at) == (Intended.UNDECIDED, None)
    assert not Lease.objects.filter(grant=grant, ends_at__gt=clock.now()).exists()
    assert Finding.objects.filter(grant=grant, state=Finding.State.OPEN).count() == 2


# -- in words


def test_each_step_says_what_remains(scene, item):
    act = reduced(scene, item)
    said = [outcome(act.decision)]
    carried_out(act)
    said.append(outcome(again(act.decision)))
    looked_at(act)
    said.append(outcome(again(act.decision)))
    assert [each.summary for each in said] == ["Reducing", "Reducing", "Reduced"]
    assert [each.execution_text for each in said] == [
        f"Nothing has happened yet; Airline is told next. What is to remain: {OWN_USE.text}",
        f"Sent to Airline; not yet proven by a fresh read. What is to remain: {OWN_USE.text}",
        f"Narrower in Airline, proven by a fresh read. What remains: {OWN_USE.text}",
    ]
    assert said[0].decision_text == "Maria decided to reduce it"


# -- what a person described


@pytest.fixture
def by_hand(scene, item) -> Remediation:
    """What the connector cannot do: somebody wrote what should remain."""
    return carried_out(reduced(scene, item, {"text": WORDS}))


def test_what_a_person_described_is_a_persons_task(scene, by_hand):
    assert (by_hand.state, by_hand.remains) == (State.STUCK, {"text": WORDS})
    assert by_hand.trouble == (
        f"Unsupported: Airline has no way to do this: narrow it by hand, so that this remains: {WORDS}"
    )
    assert not [call for call in scene.target.calls if call.startswith("narrow")]
    assert WORDS in outcome(by_hand.decision).execution_text


def test_a_person_attests_it_and_the_findings_rest(scene, item, by_hand):
    handling.attest(remediation=by_hand, by=scene.system_owner, reason="Done with psql.", at=clock.now())
    act = again(by_hand)
    assert (act.state, act.level) == (State.ATTESTED, "V0")
    assert findings_of(item).state == Finding.State.ANSWERED
    assert outcome(act.decision).execution_text == (
        f"Done by hand, said by Omar; not proven by a read. What remains: {WORDS}"
    )


def test_a_read_that_shows_the_grant_does_not_contradict_it(scene, by_hand):
    handling.attest(remediation=by_hand, by=scene.system_owner, reason="Done with psql.", at=clock.now())
    later = clock.now() + timedelta(seconds=1)
    SyncRun.objects.create(system=scene.system, state=SyncRun.State.COMPLETE, started_at=later)
    assert not Remediation.objects.contradicted().exists()


def test_given_up_it_is_undecided_and_lent_no_longer(scene, item, by_hand):
    handling.cancel(remediation=by_hand, by=scene.governor, reason="It cannot be split.", at=clock.now())
    grant = again(item.grant)
    assert (grant.intended, grant.lease_ends_at) == (Intended.UNDECIDED, None)
    assert findings_of(item).state == Finding.State.OPEN


def test_undone_before_anybody_did_it_nothing_is_to_be_given_back(scene, by_hand):
    scene.undo(by_hand.decision)
    assert again(by_hand).state == State.CANCELLED
    assert not Remediation.objects.filter(act=Act.RESTORE).exists()


def test_undone_after_somebody_did_it_it_is_a_persons_task_again(scene, by_hand):
    handling.attest(remediation=by_hand, by=scene.system_owner, reason="Done with psql.", at=clock.now())
    scene.undo(by_hand.decision)
    back = done(Remediation.objects.get(act=Act.RESTORE))
    assert back.state == State.STUCK
    assert "give back by hand what was taken" in back.trouble
    assert not [call for call in scene.target.calls if call.startswith("restore")]
