"""A reduce that did not stay alone: it is taken back, or somebody else decides about the same grant."""

from typing import Any

import pytest

from connectors.errors import Refused
from governance import clock, ledger
from governance.errors import Conflict
from governance.models import Finding, Grant, Intended, Lease
from reviews import handling, opening
from reviews.evidence import outcome
from reviews.models import Act, Decision, Item, Remediation, Verdict
from reviews.models.remediation import State
from tests.reviews.narrowable import WORDS, could_be_narrower, findings_of, is_wide, previewed, reduced
from tests.reviews.scene import again, carried_out, done, key, only_act, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(scene) -> Item:
    return could_be_narrower(scene)


# -- taken back


def test_taken_back_before_it_was_sent_nothing_is_done(scene, item):
    act = reduced(scene, item)
    scene.undo(act.decision)
    assert again(act).state == State.CANCELLED
    assert not Remediation.objects.filter(act=Act.RESTORE).exists()
    assert is_wide(scene, item)


@pytest.mark.parametrize("seen", [False, True])
def test_taken_back_later_what_was_taken_comes_back_and_is_proven(scene, item, seen):
    act = done(reduced(scene, item)) if seen else carried_out(reduced(scene, item))
    scene.undo(act.decision)
    back = done(Remediation.objects.get(act=Act.RESTORE))
    assert back.state == State.VERIFIED
    assert is_wide(scene, item)
    grant = again(item.grant)
    assert (grant.native, grant.closed_at) == ({"grantable": True}, None)
    assert not Grant.objects.filter(returns_to=grant).exists()
    assert outcome(act.decision).summary == "Given back"


def test_the_grants_presence_does_not_prove_that_it_is_whole(scene, item):
    act = done(reduced(scene, item))
    scene.undo(act.decision)
    scene.target.deaf = True
    back = done(Remediation.objects.get(act=Act.RESTORE))
    assert back.state == State.PLANNED
    assert scene.holds(item.grant)


def test_the_lease_of_the_undo_takes_the_place_of_the_other(scene, item):
    act = done(reduced(scene, item))
    made = scene.undo(act.decision)
    running = Lease.objects.filter(grant=item.grant, ends_at__gt=clock.now())
    assert [lease.basis for lease in running.exclude(starts_at__gt=made.at)] == [Lease.Basis.UNDO]
    assert again(item.grant).lease_ends_at == running.get().ends_at
    assert findings_of(item).quiet_until == running.get().ends_at


def test_where_it_does_not_come_back_the_rest_is_still_held(scene, item):
    act = done(reduced(scene, item))
    scene.undo(act.decision)
    scene.target.trouble = [Refused("the grantor is gone")]
    back = carried_out(Remediation.objects.get(act=Act.RESTORE))
    handling.cancel(remediation=back, by=scene.governor, reason="The grantor left.", at=clock.now())
    grant = again(item.grant)
    assert (grant.intended, grant.seen) == (Intended.HELD, "present")
    assert grant.lease_ends_at is not None


# -- beside another decision about the same grant


@pytest.fixture
def both(scene) -> tuple[Item, Item]:
    """Two agents act with the account, and the owner of each is asked."""
    scene.another_agent()
    grant = scene.grant(native={"grantable": True})
    scene.target.wide.add(key(grant))
    scene.suspect(grant)
    opening.open_reviews()
    one, other = Item.objects.open().filter(grant=grant).order_by("pk")
    return previewed(one), previewed(other)


def asked_for(item: Item) -> Any:
    return item.review.assignment.person


def test_a_revoke_overtakes_it(scene, both):
    one, other = both
    act = reduced(scene, one, by=asked_for(one))
    scene.decide(other, Verdict.REVOKE, by=asked_for(other))
    assert again(act).state == State.CANCELLED
    removal = done(only_act(Decision.objects.get(item=other)))
    assert (removal.act, removal.state) == (Act.REMOVE, State.VERIFIED)
    assert again(one.grant).intended == Intended.GONE
    assert not Finding.objects.filter(grant=one.grant).uncleared().exists()


def test_a_revoke_overtakes_what_waits_for_a_person(scene, both):
    one, other = both
    act = carried_out(reduced(scene, one, {"text": WORDS}, by=asked_for(one)))
    assert act.state == State.STUCK
    scene.decide(other, Verdict.REVOKE, by=asked_for(other))
    assert done(only_act(Decision.objects.get(item=other))).state == State.VERIFIED


def test_a_revoke_waits_while_the_system_is_being_told(scene, both):
    one, other = both
    reduced(scene, one, by=asked_for(one))
    Remediation.objects.claim_due().move(State.CLAIMED)
    with pytest.raises(Conflict, match="right now"):
        scene.decide(other, Verdict.REVOKE, by=asked_for(other))


def test_a_second_reduce_waits_for_the_first(scene, both):
    one, other = both
    act = reduced(scene, one, by=asked_for(one))
    with pytest.raises(Conflict, match="right now"):
        reduced(scene, other, by=asked_for(other))
    done(act)
    second = done(reduced(scene, other, by=asked_for(other)))
    assert second.tries.get(kind="send").outcome == "already"
    assert second.state == State.VERIFIED
    assert ledger.Act.REMEDIATION_VERIFIED in told(second)
