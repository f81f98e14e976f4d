"""A person answers, and may take it back in time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from governance import clock
from governance.errors import Conflict, Drifted, Invalid, NotAllowed
from governance.models import Band, Employment, Finding, Grant, GrantDue, Intended, Lease
from governance.policy import facts
from reviews import deciding, lapsing, opening
from reviews.models import Answer, Ask, Decision, Item, Remediation, Review, Verdict
from reviews.models.decision import Task
from reviews.models.remediation import State
from reviews.ruling import Via
from tests.factories import AccountFactory, AgentFactory, ClaimFactory, PersonFactory
from tests.reviews.factories import AskFactory
from tests.reviews.scene import (
    HIGH,
    VIA,
    again,
    entry,
    late,
    only_act,
    told,
    used,
    whom,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(scene) -> Item:
    return scene.asked()


def nothing_was_said() -> bool:
    return not (Answer.objects.exists() or Decision.objects.exists() or Remediation.objects.exists())


# -- an answer


def test_an_answer_is_stored_as_it_was_given(scene, item):
    shown_at = clock.now() - timedelta(seconds=1200)
    via = replace(VIA, shown_hash="a" * 64, shown_at=shown_at, idempotency_key="click-1")
    given = scene.decide(item, Verdict.REVOKE, via=via, reason="  Nobody refunds by agent.  ")
    assert (given.person, given.assignment, given.verdict) == (scene.owner, item.review.assignments.get(), "revoke")
    assert (given.surface, given.assurance) == ("slack", "simulated")
    assert (given.shown_hash, given.reason) == ("a" * 64, "Nobody refunds by agent.")
    assert given.dwell_ms == (given.at - shown_at) // timedelta(milliseconds=1)


def test_it_is_told_by_whom_by_what_right_and_what_was_shown(scene, item):
    given = scene.decide(item, Verdict.REVOKE, via=replace(VIA, shown_hash="b" * 64), reason="Not needed.")
    told_of = entry("answer.recorded")
    assert (told_of.actor_kind, told_of.actor_id) == ("person", str(scene.owner.pk))
    assert told_of.authority == f"assignment:{given.assignment_id}"
    assert (told_of.surface, told_of.assurance) == ("slack", "simulated")
    assert told_of.body["shown"] == "b" * 64
    assert told_of.body["fingerprint"] == item.fingerprint
    assert set(told_of.commitments) == {"reason"}
    assert "Not needed" not in str(told_of.body)


def test_a_second_click_of_the_same_is_the_same_answer(scene, item):
    via = replace(VIA, idempotency_key="click-1")
    first = scene.decide(item, Verdict.REVOKE, via=via)
    assert scene.decide(item, Verdict.REVOKE, via=via) == first
    assert Answer.objects.count() == Decision.objects.count() == Remediation.objects.count() == 1


# -- who may


def test_a_key_that_came_with_another_answer_is_refused(scene, item):
    via = replace(VIA, idempotency_key="click-1")
    scene.decide(item, Verdict.KEEP, via=via)
    other = scene.asked()
    with pytest.raises(Conflict, match="used for another answer"):
        scene.decide(other, Verdict.KEEP, via=via)
    with pytest.raises(Conflict, match="used for another answer"):
        scene.decide(item, Verdict.KEEP, by=scene.deputy, via=via)
    assert again(other).state == "open"


def test_only_who_is_asked_can_decide(scene, item):
    with pytest.raises(NotAllowed, match=r"^Only Maria can decide this now\.$"):
        scene.decide(item, Verdict.REVOKE, by=scene.deputy)
    assert nothing_was_said()


@pytest.mark.parametrize("who", ["manager", "governor", "system_owner"])
def test_rank_is_no_authority(scene, item, who):
    with pytest.raises(NotAllowed):
        scene.decide(item, Verdict.REVOKE, by=getattr(scene, who))


def test_without_an_assignment_nobody_can(scene, item):
    item.review.assignments.update(until=timezone.now())
    with pytest.raises(NotAllowed, match="Nobody is asked this now"):
        scene.decide(item, Verdict.REVOKE)


@pytest.mark.parametrize(
    "how",
    [
        {"employment": Employment.LEFT},
        {"employment": Employment.AWAY, "away_until": timezone.now() + timedelta(days=9)},
        {"is_active": False},
    ],
)
def test_who_left_between_ask_and_click_cannot(scene, item, how):
    type(scene.owner).objects.filter(pk=scene.owner.pk).update(**how)
    with pytest.raises(NotAllowed, match="your answer cannot count"):
        scene.decide(item, Verdict.KEEP, by=again(scene.owner))
    assert nothing_was_said()


# -- too late


@pytest.mark.parametrize(("verdict", "word"), [(Verdict.KEEP, "kept"), (Verdict.REVOKE, "revoked")])
def test_it_refuses_a_second_answer_and_says_whose_was_first(scene, item, verdict, word):
    scene.decide(item, verdict)
    at = Decision.objects.get().at
    with pytest.raises(Conflict, match=f"^Already {word} by Maria at {at:%H:%M}"):
        scene.decide(item, Verdict.KEEP)
    assert Answer.objects.count() == 1


def test_when_it_was_is_said_by_the_clock_of_who_is_told(scene, item):
    scene.decide(item, Verdict.REVOKE)
    at = Decision.objects.get().at
    scene.deputy.time_zone = "Asia/Kathmandu"
    there = (at + timedelta(hours=5, minutes=45)).strftime("%H:%M on %-d %b %Y")
    said = deciding.ended(again(item), to=scene.deputy, at=at + timedelta(days=1))
    assert said == f"Already revoked by Maria at {there}."


def test_what_lapsed_says_so(scene, item):
    late(item.review, days=15)
    lapsing.lapse_reviews()
    with pytest.raises(Conflict, match=rf"Already suspended by policy {scene.policy.number} at"):
        scene.decide(item, Verdict.KEEP)


def test_what_was_withdrawn_says_so(scene, item):
    Item.objects.filter(pk=item.pk).update(state="withdrawn", closed_at=timezone.now())
    with pytest.raises(Conflict, match="withdrawn: there is nothing left to decide"):
        scene.decide(item, Verdict.KEEP)


# -- what fits


@pytest.mark.parametrize("verdict", [Verdict.SUSPEND, Verdict.MINE, Verdict.THEIRS, Verdict.RETIRE])
def test_a_grant_is_kept_reduced_or_revoked(scene, item, verdict):
    with pytest.raises(Invalid, match=f"“{verdict.label}” is no answer to this question"):
        scene.decide(item, verdict)
    assert nothing_was_said()


@pytest.mark.parametrize("remains", [{}, {"text": "  "}, {"text": "..."}, {"text": "\u200b"}])
def test_a_reduce_says_what_remains(scene, item, remains):
    with pytest.raises(Invalid, match="Say what should remain"):
        scene.decide(item, Verdict.REDUCE, remains=remains)
    assert nothing_was_said()


@pytest.mark.parametrize("verdict", [Verdict.KEEP, Verdict.REVOKE, Verdict.REDUCE, Verdict.SUSPEND])
def test_an_agent_is_claimed_or_retired(scene, verdict):
    with pytest.raises(Invalid, match="is no answer to this question"):
        scene.decide(scene.asked_whose(), verdict, by=scene.manager)


@pytest.mark.parametrize(
    ("reason", "written"),
    [
        ("", 0),
        ("needed", 6),
        (" " * 40, 0),
        ("fourteen chars", 13),
        ("." * 15, 0),
        ("\u200b" * 15, 0),
        ("\u3164" * 15, 0),
        ("a" + " " * 13 + "a", 2),
        ("\u200b".join("needed to refund"), 14),
        ("\ufdfa", 1),
    ],
)
def test_a_risky_keep_wants_a_reason_that_can_be_read(scene, reason, written):
    item = scene.asked(risk=HIGH)
    with pytest.raises(
        Invalid, match=f"^{written} of at least 15 characters. Only letters and digits count"
    ) as refusal:
        scene.decide(item, Verdict.KEEP, reason=reason)
    assert refusal.value.field == "reason"
    assert nothing_was_said()


@pytest.mark.parametrize(
    "reason", ["Fifteen letters, 1.", "返金処理は毎晩二時に実行されます", "Ru\u0308ckzahlungen um 2"]
)
def test_fifteen_letters_are_a_reason(scene, reason):
    item = scene.asked(risk=HIGH)
    assert scene.decide(item, Verdict.KEEP, reason=reason).reason == reason


def test_a_risky_keep_wants_its_task_whatever_form_it_comes_from(scene):
    item = scene.asked(risk=HIGH)
    with pytest.raises(Invalid, match="Choose which task needs it") as refusal:
        scene.decide(item, Verdict.KEEP, task=Task.NONE)
    assert refusal.value.field == "task"
    assert nothing_was_said()


def test_words_that_nobody_can_see_are_none(scene, item):
    assert scene.decide(used(item), Verdict.KEEP, reason="\u200b\u200b").reason == ""


def test_a_keep_below_the_band_wants_none(scene, item):
    assert scene.decide(item, Verdict.KEEP).decision.verdict == "keep"


def test_the_band_is_policys(make_scene):
    scene = make_scene(keep_reason_from="low", keep_reason_length=3)
    with pytest.raises(Invalid, match="0 of at least 3"):
        scene.decide(scene.asked(risk=0), Verdict.KEEP, reason="")


def test_a_revoke_never_wants_a_reason(scene):
    assert scene.decide(scene.asked(risk=95), Verdict.REVOKE).reason == ""


LEFT = {"text": "It only reads its own bookings."}


@pytest.mark.parametrize("said", [{"verdict": Verdict.KEEP}, {"verdict": Verdict.REDUCE, "remains": LEFT}])
def test_what_is_critical_stays_by_an_answer_behind_a_log_in_alone(scene, said):
    item = scene.asked(risk=95)
    with pytest.raises(Invalid, match="in the browser alone"):
        scene.decide(item, **said)
    assert nothing_was_said()
    given = scene.decide(item, **said, via=Via(surface="web", assurance="web_mfa"))
    assert (given.verdict, given.assurance) == (said["verdict"], "web_mfa")


def test_from_which_band_on_it_is_behind_a_log_in_is_policy(make_scene):
    scene = make_scene(browser_from="medium")
    with pytest.raises(Invalid, match="in the browser alone"):
        scene.decide(scene.asked(), Verdict.KEEP)


# -- keep


def test_a_keep_is_a_lease(scene, item):
    scene.decide(item, Verdict.KEEP)
    decision, grant = Decision.objects.get(), again(item.grant)
    assert decision.keep_until - decision.at == timedelta(days=90)
    assert (grant.intended, grant.lease_ends_at) == (Intended.HELD, decision.keep_until)
    lease = Lease.objects.get()
    assert (lease.basis, lease.agent, lease.ends_at) == (Lease.Basis.DECISION, scene.agent, decision.keep_until)
    assert told(lease) == ["lease.opened"]
    assert not Remediation.objects.exists()


@pytest.mark.parametrize(("risk", "days"), [(10, 180), (45, 90), (65, 90), (90, 30)])
def test_every_keep_ends_by_its_band(scene, risk, days):
    via = Via(surface="web", assurance="web_mfa")
    scene.decide(scene.asked(risk=risk), Verdict.KEEP, reason="The gate staff's own tool runs it.", via=via)
    decision = Decision.objects.get()
    assert decision.keep_until - decision.at == timedelta(days=days)


def test_the_suspicion_is_quiet_until_the_lease_ends(scene, item):
    scene.decide(item, Verdict.KEEP)
    finding, until = Finding.objects.get(), Decision.objects.get().keep_until
    assert (finding.state, finding.quiet_until) == (Finding.State.ANSWERED, until)
    assert opening.open_reviews() == 0
    assert GrantDue.objects.filter(grant=item.grant).exists()


# -- revoke


def test_a_revoke_plans_the_removal(scene, item):
    scene.decide(item, Verdict.REVOKE)
    act = only_act(Decision.objects.get())
    assert (act.act, act.grant, act.state, act.automatic) == ("remove", item.grant, State.PLANNED, False)
    assert act.facts == {name: item.facts[name] for name in facts.TARGET}
    assert again(item.grant).intended == Intended.GONE
    assert again(item).state == "decided"
    assert Finding.objects.get().state == Finding.State.TAKEN, "until it is proven"
    assert told(act) == ["remediation.planned"]


def test_the_answer_is_stored_even_though_nothing_is_sent(scene, item):
    scene.decide(item, Verdict.REVOKE)
    assert scene.target.calls == []


# -- unsure


def test_who_does_not_know_passes_it_on(scene, item):
    due = item.review.due_at
    scene.decide(item, Verdict.UNSURE)
    assert whom(item.review) == "Deniz"
    assert again(item).state == "open"
    assert again(item.review).due_at == due, "the deadline runs on"
    assert item.review.assignments.earliest("pk").ended_because == "does not know"
    with pytest.raises(NotAllowed, match="Only Deniz"):
        scene.decide(item, Verdict.KEEP)
    scene.decide(item, Verdict.REVOKE, by=scene.deputy)
    assert again(item).state == "decided"


def test_when_nobody_knows_it_is_governances_queue(scene, item):
    for person in (scene.owner, scene.deputy, scene.manager, scene.governor):
        scene.decide(item, Verdict.UNSURE, by=person)
    assert list(Review.objects.unassigned()) == [item.review]
    assert Answer.objects.filter(verdict="unsure").count() == 4
    assert not Decision.objects.exists()


def test_not_knowing_asks_nothing_of_the_facts(scene, item):
    Grant.objects.filter(pk=item.grant_id).update(risk=95)
    scene.decide(item, Verdict.UNSURE)
    assert whom(item.review) == "Deniz"


# -- drift


def test_more_risk_asks_again(scene, item):
    ask = AskFactory(person=scene.owner, review=item.review, state=Ask.State.SENT)
    Grant.objects.filter(pk=item.grant_id).update(risk=65)
    with pytest.raises(Drifted, match=r"^This changed since it was shown to you: band\..*decide again"):
        scene.decide(item, Verdict.KEEP, fingerprint=item.fingerprint)
    assert nothing_was_said()
    assert again(item).facts["band"] == "high", "it is brought up to date"
    assert again(item).fingerprint == facts.fingerprint(again(item).facts) != item.fingerprint
    assert again(ask).state == Ask.State.OUTDATED
    drifted = entry("item.drifted")
    assert drifted.body == {"more": ["band"], "fingerprint": again(item).fingerprint}


def test_after_the_second_look_it_counts(scene, item):
    Grant.objects.filter(pk=item.grant_id).update(risk=65)
    with pytest.raises(Drifted):
        scene.decide(item, Verdict.REVOKE)
    fresh = again(item)
    assert scene.decide(fresh, Verdict.REVOKE, fingerprint=fresh.fingerprint).decision.facts["band"] == "high"


def test_what_was_read_before_the_change_is_stale(scene, item):
    Grant.objects.filter(pk=item.grant_id).update(risk=65)
    for _ in range(2):
        with pytest.raises(Drifted):
            scene.decide(item, Verdict.REVOKE, fingerprint=item.fingerprint)
    assert nothing_was_said()


@pytest.mark.parametrize("name", ["instance", "condition", "effect"])
def test_another_thing_than_was_shown_asks_again(scene, item, name):
    Grant.objects.filter(pk=item.grant_id).update(**{name: "deny" if name == "effect" else "another"})
    with pytest.raises(Drifted, match=f"shown to you: {name}"):
        scene.decide(item, Verdict.REVOKE)


def test_another_definition_asks_again(scene, item):
    type(item.grant.entitlement).objects.update(definition_digest="9" * 64)
    with pytest.raises(Drifted, match="shown to you: definition"):
        scene.decide(item, Verdict.KEEP)


def test_less_risk_is_noted_and_counts(scene, item):
    Grant.objects.filter(pk=item.grant_id).update(risk=10)
    given = scene.decide(item, Verdict.KEEP)
    assert given.decision.facts["band"] == "low"
    assert given.decision.keep_until - given.decision.at == timedelta(days=180), "the lease of what it is now"
    assert not told(item, "item").count("item.drifted")


# -- whose is it


def test_mine_makes_me_the_owner(scene):
    item = scene.asked_whose()
    scene.decide(item, Verdict.MINE, by=scene.manager)
    assert scene.agent.accountable(clock.now()) == scene.manager
    assert Finding.objects.get(agent=scene.agent).state == Finding.State.CLEARED
    assert Decision.objects.get().verdict == "mine"
    assert not Remediation.objects.exists()


def test_somebody_elses_makes_them_the_owner(scene):
    item = scene.asked_whose()
    given = scene.decide(item, Verdict.THEIRS, by=scene.manager, named=scene.deputy)
    assert given.named == scene.deputy
    assert scene.agent.accountable(clock.now()) == scene.deputy


@pytest.mark.parametrize("named", [None, "left"])
def test_somebody_who_can_act_is_named(scene, named):
    item = scene.asked_whose()
    person = PersonFactory(employment=Employment.LEFT) if named else None
    with pytest.raises(Invalid, match="Name somebody who is active"):
        scene.decide(item, Verdict.THEIRS, by=scene.manager, named=person)
    assert nothing_was_said()


def test_whoever_is_named_beside_mine_is_not_stored(scene):
    item = scene.asked_whose()
    assert scene.decide(item, Verdict.MINE, by=scene.manager, named=scene.deputy).named is None


def test_retiring_disables_what_only_this_agent_uses(scene):
    shared = AccountFactory(system=scene.system)
    for agent in (scene.agent, AgentFactory()):
        ClaimFactory(agent=agent, account=shared)
    scene.decide(scene.asked_whose(), Verdict.RETIRE, by=scene.manager)
    act = Remediation.objects.get()
    assert (act.act, act.account, act.automatic) == ("disable", scene.account, False)
    assert again(scene.agent).lifecycle == "retired"
    changed = entry("agent.changed")
    assert changed.body == {"lifecycle": "retired", "accounts_left_because_shared": [str(shared.pk)]}


def test_the_facts_of_other_subjects_stay(scene, item):
    other = Item(facts={"subject": "x", "band": Band.LOW})
    assert deciding.current_facts(other, at=clock.now()) == {"subject": "x", "band": Band.LOW}
