"""What a person does about what the sweeps cannot finish."""

from datetime import timedelta
from typing import Any

import pytest

from connectors.errors import NotPermitted
from governance import clock
from governance.errors import Conflict, Invalid, NotAllowed
from governance.models import Employment, Finding, Intended, Lease, Person, Seen, SyncRun
from reviews import handling, lapsing, opening
from reviews.evidence import execution_text
from reviews.models import Act, Ask, Decision, Item, Remediation, Verdict
from reviews.models.remediation import State
from tests.factories import PersonFactory, SystemFactory
from tests.reviews.scene import again, carried_out, done, entry, late, only_act, overdue_now, told

pytestmark = pytest.mark.django_db
REASON = "Revoked with psql on the primary; ticket 4711."


@pytest.fixture
def stuck(scene) -> Remediation:
    """An act that the system refuses."""
    act = scene.act()
    scene.target.trouble.append(NotPermitted("our role may not revoke it"))
    return carried_out(act)


def attested(act, by, **more):
    said: dict[str, Any] = {"reason": REASON, "at": clock.now()}
    return handling.attest(remediation=act, by=by, **said | more)


def given_up(act, by, **more):
    said: dict[str, Any] = {"reason": "It is needed for the audit.", "at": clock.now()}
    return handling.cancel(remediation=act, by=by, **said | more)


def tried(act, by):
    return handling.try_now(remediation=act, by=by, at=clock.now())


VERBS = [attested, given_up, tried]


def read(system, grants=(), *, seen=Seen.PRESENT) -> None:
    """A complete read that began just now and shows these grants so."""
    SyncRun.objects.create(system=system, state=SyncRun.State.COMPLETE, started_at=clock.now() + timedelta(seconds=1))
    for grant in grants:
        type(grant).objects.filter(pk=grant.pk).update(seen=seen)


# -- done by hand


def test_what_a_person_did_by_hand_is_said_by_them_and_not_proven(scene, stuck):
    act = again(attested(stuck, scene.governor))
    assert (act.state, act.level, act.trouble, act.verified_at) == (State.ATTESTED, "V0", "", None)
    assert (act.outcome["attested_by"], act.outcome["reason"]) == ("Ines", REASON)
    assert "said by Ines; not proven" in execution_text(act)
    assert told(act)[-1] == "remediation.attested"
    said = entry("remediation.attested")
    assert (said.actor_kind, said.actor_id) == ("person", str(scene.governor.pk))
    assert set(said.commitments) == {"reason"}
    assert REASON not in str(said.body)


def test_a_claim_closes_no_grant_and_clears_no_finding(scene, stuck):
    attested(stuck, scene.governor)
    grant = again(stuck.grant)
    assert (grant.closed_at, grant.seen, grant.intended) == (None, Seen.PRESENT, Intended.GONE)
    assert Finding.objects.get(grant=grant).state == "taken"


def test_the_sweeps_leave_a_claim_alone(scene, stuck):
    act = attested(stuck, scene.governor)
    overdue_now(act)
    assert done(act).state == State.ATTESTED


def test_what_was_sent_to_people_is_rendered_again(scene, stuck):
    review = stuck.decision.item.review
    ask = Ask.objects.create(person=scene.owner, surface="slack", state="sent", dedupe_key="a", made_at=clock.now())
    ask.reviews.add(review)
    attested(stuck, scene.governor)
    assert again(ask).state == Ask.State.OUTDATED


def test_a_claim_that_no_read_was_made_since_stands(scene, stuck):
    read(scene.system)
    SyncRun.objects.update(started_at=clock.now() - timedelta(hours=1))
    attested(stuck, scene.governor)
    assert not Remediation.objects.contradicted().exists()


def test_a_claim_that_a_later_read_contradicts_comes_back(scene, stuck):
    act = attested(stuck, scene.governor)
    read(scene.system, [stuck.grant])
    assert list(Remediation.objects.contradicted()) == [act]


@pytest.mark.parametrize("how", ["absent", "closed", "incomplete", "another system"])
def test_a_claim_that_no_read_contradicts_does_not(how, scene, stuck):
    attested(stuck, scene.governor)
    read(scene.system, [stuck.grant], seen=Seen.ABSENT if how == "absent" else Seen.PRESENT)
    if how == "closed":
        type(stuck.grant).objects.filter(pk=stuck.grant_id).update(closed_at=clock.now())
    if how == "incomplete":
        SyncRun.objects.update(state=SyncRun.State.FAILED)
    if how == "another system":
        SyncRun.objects.update(system=SystemFactory())
    assert not Remediation.objects.contradicted().exists()


def test_a_contradicted_claim_is_followed_by_a_new_act(scene, stuck):
    claim = attested(stuck, scene.governor)
    read(scene.system, [stuck.grant])
    act = tried(again(claim), scene.system_owner)
    assert (act.follows, act.act, act.target, act.decision) == (claim, Act.REMOVE, stuck.target, stuck.decision)
    assert not Remediation.objects.contradicted().exists()
    assert told(act) == ["remediation.planned"]
    assert done(act).state == State.VERIFIED
    assert again(claim).state == State.ATTESTED


def test_a_claim_that_stands_is_not_tried(scene, stuck):
    claim = attested(stuck, scene.governor)
    with pytest.raises(Conflict, match="Nothing is left to try"):
        tried(again(claim), scene.governor)


# -- given up


def test_what_is_given_up_is_undecided_and_asked_again(scene, stuck):
    act = again(given_up(stuck, scene.system_owner))
    assert (act.state, act.trouble) == (State.CANCELLED, "Given up by Omar.")
    assert again(act.grant).intended == Intended.UNDECIDED
    assert Finding.objects.get(grant=act.grant).state == "open"
    assert "remediation.cancelled" in told(act)
    assert set(entry("remediation.cancelled").commitments) == {"reason"}
    opening.open_reviews()
    assert Item.objects.open().filter(grant=act.grant).exists()
    assert scene.holds(act.grant)


# -- tried at once


def test_what_is_stuck_is_tried_at_once(scene, stuck):
    assert carried_out(stuck).state == State.STUCK, "its turn has not come"
    tried(stuck, scene.governor)
    assert told(stuck)[-1] == "remediation.retried"
    assert done(stuck).state == State.VERIFIED


# -- all three


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("who", ["owner", "deputy", "manager", "stranger"])
def test_only_the_systems_owner_and_governance_may(verb, who, scene, stuck):
    by = PersonFactory() if who == "stranger" else getattr(scene, who)
    with pytest.raises(NotAllowed, match=rf"Only Omar or who governs {scene.unit.name}"):
        verb(stuck, by)
    assert again(stuck).state == State.STUCK


@pytest.mark.parametrize("verb", VERBS)
def test_a_systems_owner_who_has_left_may_not(verb, scene, stuck):
    Person.objects.filter(pk=scene.system_owner.pk).update(employment=Employment.LEFT)
    with pytest.raises(NotAllowed):
        verb(stuck, again(scene.system_owner))


@pytest.mark.parametrize("verb", [attested, given_up])
@pytest.mark.parametrize("reason", ["", " \n"])
def test_a_reason_is_wanted(verb, reason, scene, stuck):
    with pytest.raises(Invalid, match="the words go into the evidence"):
        verb(stuck, scene.governor, reason=reason)
    assert again(stuck).state == State.STUCK


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", ["planned", "claimed", "sent"])
def test_what_is_being_tried_is_left_alone(verb, state, scene, stuck):
    Remediation.objects.update(state=state)
    with pytest.raises(Conflict, match="being tried right now"):
        verb(stuck, scene.governor)


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_over_is_left_alone(verb, scene, stuck):
    Remediation.objects.update(state=State.VERIFIED)
    with pytest.raises(Conflict, match="over already: verified"):
        verb(stuck, scene.governor)


def test_an_act_of_policy_can_be_handled_too(make_scene):
    scene = make_scene()
    item = scene.asked_whose()
    late(item.review, days=15)
    scene.decide(item, Verdict.RETIRE, by=item.review.assignment.person)
    scene.target.trouble.append(NotPermitted("our role may not disable it"))
    act = carried_out(only_act(item.decision))
    assert attested(act, scene.governor).state == State.ATTESTED
    read(scene.system)
    assert Remediation.objects.contradicted().exists()
    type(scene.account).objects.update(enabled=False)
    assert not Remediation.objects.contradicted().exists()


# -- given up: what should have been given back, and a retired agent


def test_a_restore_that_is_given_up_leaves_it_taken_away(scene):
    late(scene.asked().review, days=15)
    lapsing.lapse_reviews()
    decision = Decision.objects.get()
    done(Remediation.objects.get())
    scene.undo(decision)
    restoring = Remediation.objects.latest("pk")
    Remediation.objects.filter(pk=restoring.pk).update(state=State.STUCK)
    handling.cancel(remediation=again(restoring), by=scene.governor, reason="The role is gone.", at=clock.now())
    grant = again(restoring.grant)
    assert (grant.intended, grant.seen, grant.lease_ends_at) == ("suspended", "absent", None)
    assert opening.open_reviews() == 0, "nobody is asked about what is not there"
    assert not Lease.objects.filter(grant=grant, ends_at__gt=clock.now()).exists()


@pytest.mark.parametrize("verdict", [Verdict.RETIRE, Verdict.SUSPEND])
def test_an_agent_whose_account_stays_open_has_to_be_answered_for_again(scene, verdict):
    item = scene.asked_whose()
    if verdict == Verdict.RETIRE:
        scene.decide(item, verdict, by=scene.manager)
    else:
        late(item.review, days=15)
        lapsing.lapse_reviews()
    shuts = Remediation.objects.get()
    Remediation.objects.filter(pk=shuts.pk).update(state=State.STUCK)
    handling.cancel(remediation=again(shuts), by=scene.governor, reason="It has to go on.", at=clock.now())
    assert again(scene.agent).lifecycle == "active"
    assert entry("agent.changed").body["lifecycle"] == "active"
    assert opening.open_reviews() == 1
    assert Item.objects.open().get().subject_agent == scene.agent
