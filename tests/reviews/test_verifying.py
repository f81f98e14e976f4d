"""Only an independent, complete read shows that an act is true."""

from datetime import timedelta

import pytest

from connectors.base import Path, PathKind, Ref, Via
from governance import clock
from governance.errors import Conflict
from governance.models import Finding, Grant, GrantDue, Intended, Lease
from reviews import lapsing, opening, verifying
from reviews.models import Ask, Item, Remediation, Verdict
from reviews.models.remediation import State
from tests.factories import AccountFactory, GrantFactory
from tests.reviews.factories import AskFactory
from tests.reviews.scene import again, carried_out, done, entry, late, looked_at, overdue_now, told
from tests.reviews.target import everyone

pytestmark = pytest.mark.django_db


# -- gone


def test_gone_is_verified(scene, sent):
    assert verifying.verify_sent() == 1
    act = again(sent)
    assert (act.state, act.level, act.trouble) == (State.VERIFIED, "V2", "")
    assert act.outcome == {"direct": "absent", "effective": "absent", "other_paths": []}
    assert act.verified_at is not None
    assert act.leased_until is None


def test_the_grants_period_ends(scene, sent):
    looked_at(sent)
    grant = again(sent.grant)
    assert (grant.seen, grant.intended) == ("absent", Intended.GONE)
    assert grant.closed_at is not None
    assert entry("grant.closed").body == {"because": "removed as decided"}


def test_what_was_suspected_is_cleared(scene, sent):
    looked_at(sent)
    assert Finding.objects.get().state == Finding.State.CLEARED
    assert entry("finding.cleared").body["why"] == "gone"


def test_the_read_is_kept(scene, sent):
    act = looked_at(sent)
    read = act.tries.latest("number")
    assert (read.number, read.kind, read.outcome) == (2, "read", "direct absent, effective absent")
    assert read.response == {"evidence": {"looked": "everywhere"}, "other_paths": []}
    assert told(act)[-1] == "remediation.verified"
    assert entry("remediation.verified").body == {"act": "remove", "level": "V2", "attempt": 2}


def test_the_copies_are_rendered_again(scene, sent):
    ask = AskFactory(person=scene.owner, review=sent.decision.item.review, state=Ask.State.SENT)
    looked_at(sent)
    assert again(ask).state == Ask.State.OUTDATED


def test_what_is_proven_is_not_looked_at_again(scene, sent):
    looked_at(sent)
    assert verifying.verify_sent() == 0


def test_a_worker_that_was_too_slow_writes_nothing(scene, sent):
    slow = Remediation.objects.claim_unverified()
    overdue_now(sent)
    looked_at(sent)
    with pytest.raises(Conflict):
        verifying.verify(slow)
    assert again(sent).tries.count() == 2


# -- still effective


def test_access_that_lives_on_is_never_called_done(scene):
    act = scene.act()
    scene.target.others = [everyone(act.grant.entitlement.native_id)]
    act = done(act)
    assert act.state == State.STILL_EFFECTIVE
    assert act.outcome == {"direct": "absent", "effective": "present", "other_paths": ["PUBLIC"]}
    assert told(act)[-1] == "remediation.still_effective"
    assert entry("remediation.still_effective").body == {"paths": ["everyone"], "attempt": 2}
    grant = again(act.grant)
    assert (grant.seen, grant.closed_at is None) == ("absent", False), "this very grant is gone"


def through_public(scene, act: Remediation) -> Grant:
    """Everyone may do it too; a grant that we know."""
    public = AccountFactory(system=scene.system, native_id="0", name="PUBLIC", kind="everyone")
    grant = GrantFactory(account=public, entitlement=act.grant.entitlement, unit=scene.unit, risk=10)
    scene.target.others = [everyone(act.grant.entitlement.native_id)]
    return grant


def test_the_path_is_a_question_of_its_own(scene):
    act = scene.act()
    public = through_public(scene, act)
    done(act)
    finding = Finding.objects.get(check_name="still_effective")
    assert finding.grant == public
    assert finding.facts == {"path": "PUBLIC", "revoked": str(act.grant), "remediation": act.pk}
    assert finding.severity == "medium", "as risky as what was taken away"
    assert opening.open_reviews() == 1
    assert Item.objects.open().get().grant == public


def test_a_path_that_we_do_not_know_yet_raises_nothing(scene):
    act = scene.act()
    scene.target.others = [everyone("air.public.of_another()")]
    assert done(act).state == State.STILL_EFFECTIVE
    assert not Finding.objects.filter(check_name="still_effective").exists()


def test_another_grantors_grant_is_meant_by_its_origin(scene):
    act = scene.act()
    held = {"account": scene.account, "entitlement": act.grant.entitlement, "unit": scene.unit}
    meant, other = GrantFactory(origin="dba", **held), GrantFactory(origin="dba_two", **held)
    via = Via(Ref("role", scene.account.native_id), Ref("function", act.grant.entitlement.native_id), "dba")
    scene.target.others = [Path(PathKind.GRANTOR, "the same, granted by dba", via)]
    done(act)
    assert Finding.objects.get(check_name="still_effective").grant == meant
    assert other.pk


def test_a_path_that_is_to_go_is_not_asked_about(scene):
    act = scene.act()
    public = through_public(scene, act)
    Grant.objects.filter(pk=public.pk).update(intended=Intended.GONE)
    done(act)
    assert not Finding.objects.filter(check_name="still_effective").exists()


def test_it_is_looked_at_again_in_an_hour(scene):
    act = scene.act()
    scene.target.others = [everyone(act.grant.entitlement.native_id)]
    act = done(act)
    assert timedelta(minutes=59) < act.next_at - clock.now() <= timedelta(hours=1)
    assert verifying.verify_sent() == 0
    overdue_now(act)
    act = looked_at(act)
    assert act.state == State.STILL_EFFECTIVE
    assert act.next_at - clock.now() > timedelta(minutes=59)
    assert act.leased_until is None
    assert told(act).count("remediation.still_effective") == 1


def test_when_the_last_path_is_gone_it_is_verified(scene):
    act = scene.act()
    scene.target.others = [everyone(act.grant.entitlement.native_id)]
    act = done(act)
    scene.target.others = []
    overdue_now(act)
    act = looked_at(act)
    assert (act.state, act.outcome["effective"]) == (State.VERIFIED, "absent")
    assert told(act)[-1] == "remediation.verified"


def test_a_new_path_is_named_at_the_next_look(scene):
    act = scene.act()
    scene.target.others = [everyone(act.grant.entitlement.native_id)]
    act = done(act)
    through_public(scene, act)
    scene.target.others.append(everyone(act.grant.entitlement.native_id, "the role pilots"))
    overdue_now(act)
    assert looked_at(act).outcome["other_paths"] == ["PUBLIC", "the role pilots"]
    assert Finding.objects.filter(check_name="still_effective").exists()


def test_what_comes_back_later_is_not_sent_again(scene):
    act = scene.act()
    scene.target.others = [everyone(act.grant.entitlement.native_id)]
    act = done(act)
    scene.target.present.add(act.before["acl"][0])
    overdue_now(act)
    act = looked_at(act)
    assert act.state == State.STILL_EFFECTIVE, "its return is a question that syncing raises"
    assert act.next_at > clock.now()


# -- suspended, and given back


def suspended(scene) -> Remediation:
    late(scene.asked().review, days=15)
    lapsing.lapse_reviews()
    return Remediation.objects.get()


def test_a_suspended_grant_stays_a_row(scene):
    act = done(suspended(scene))
    assert act.state == State.VERIFIED
    grant = again(act.grant)
    assert (grant.seen, grant.intended, grant.closed_at) == ("absent", Intended.SUSPENDED, None)
    assert "grant.closed" not in told(grant)


def test_what_was_given_back_is_the_same_row_after_a_suspension(scene):
    act = done(suspended(scene))
    scene.undo(act.decision)
    restoring = done(Remediation.objects.latest("pk"))
    assert (restoring.state, restoring.outcome["direct"]) == (State.VERIFIED, "present")
    grant = again(act.grant)
    assert (grant.seen, grant.closed_at) == ("present", None)
    assert GrantDue.objects.filter(grant=grant).exists()


def given_back(scene, sent: Remediation) -> Remediation:
    looked_at(sent)
    scene.undo(sent.decision)
    return Remediation.objects.latest("pk")


def test_what_was_given_back_after_its_end_is_a_new_period(scene, sent):
    Grant.objects.filter(pk=sent.grant_id).update(held_since_basis="stated")
    assert done(given_back(scene, sent)).state == State.VERIFIED
    old, new = again(sent.grant), Grant.objects.open().get()
    assert (new.held_since_basis, new.held_since) == ("first_seen", new.opened_at), "nobody stated that"
    assert (new.returns_to, new.account, new.entitlement, new.origin) == (old, old.account, old.entitlement, old.origin)
    assert (new.seen, new.intended, new.lease_ends_at) == ("present", Intended.HELD, old.lease_ends_at)
    assert Lease.objects.get(ends_at__gt=clock.now()).grant == new
    assert entry("grant.returned").body == {"because": "given back by us"}


def test_a_period_that_syncing_saw_first_is_taken_over(scene, sent):
    restoring = given_back(scene, sent)
    old = again(sent.grant)
    seen = GrantFactory(account=old.account, entitlement=old.entitlement, origin=old.origin, unit=scene.unit)
    finding = scene.suspect(seen, "returned")
    done(restoring)
    assert Grant.objects.open().get() == seen
    assert again(seen).intended == Intended.HELD
    assert again(finding).state == Finding.State.CLEARED, "we gave it back ourselves"


def test_what_was_not_given_back_is_sent_again(scene, sent):
    restoring = carried_out(given_back(scene, sent))
    scene.target.present.clear()
    assert looked_at(restoring).state == State.PLANNED


def test_what_was_given_back_is_quiet_until_its_lease_ends(scene, sent):
    done(given_back(scene, sent))
    assert opening.open_reviews() == 0


# -- accounts


def test_an_account_is_proven_to_be_shut_and_open_again(scene):
    scene.decide(scene.asked_whose(), Verdict.RETIRE, by=scene.manager)
    act = done(Remediation.objects.get())
    assert (act.state, again(scene.account).enabled) == (State.VERIFIED, False)
    assert act.tries.latest("number").response["evidence"] == {"enabled": False}
    scene.undo(act.decision, by=scene.manager)
    assert done(Remediation.objects.latest("pk")).state == State.VERIFIED
    assert again(scene.account).enabled


def test_an_account_that_can_still_sign_in_is_shut_again(scene):
    scene.decide(scene.asked_whose(), Verdict.RETIRE, by=scene.manager)
    act = carried_out(Remediation.objects.get())
    scene.target.shut.clear()
    assert looked_at(act).state == State.PLANNED
    assert again(scene.account).enabled
