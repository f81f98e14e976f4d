"""What a person may answer, and what follows: a lease, a removal, somebody else who is asked, an owner."""

from datetime import timedelta

import pytest

from governance import clock
from governance.errors import Invalid, NotAllowed
from governance.models import Employment, Finding, Grant, GrantDue, Intended, Lease
from governance.policy import facts
from reviews import opening
from reviews.models import Answer, Decision, Remediation, Review, Verdict
from reviews.models.decision import Task
from reviews.models.remediation import State
from reviews.ruling import Via
from tests.factories import AccountFactory, AgentFactory, ClaimFactory, PersonFactory
from tests.reviews.scene import HIGH, again, entry, nothing_was_said, only_act, told, used, whom

pytestmark = pytest.mark.django_db


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
