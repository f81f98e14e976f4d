"""A person stops an agent at once, without having been asked, and it can be given back."""

from datetime import timedelta

import pytest

from connectors.base import Ref
from governance import access, clock, registering
from governance.access import Right
from governance.errors import Conflict, Invalid, NotAllowed
from governance.ledger import Actor
from governance.models import Account, Agent, Claim, Entry
from reviews import evidence, lapsing, opening, stopping
from reviews.models import Answer, Decision, Item, Remediation, Review
from reviews.models.remediation import State
from reviews.ruling import Via
from tests.factories import AccountFactory, AgentFactory, ClaimFactory, PersonFactory
from tests.reviews.scene import again, done

pytestmark = pytest.mark.django_db

WHY = "It deletes bookings that nobody asked it to."


def suspend(scene, *, agent=None, by=None, reason=WHY) -> Answer:
    via = Via(surface="web", assurance="web_password", action="suspend")
    return stopping.suspend(agent=agent or scene.agent, reason=reason, by=by or scene.governor, via=via, at=clock.now())


def test_its_own_accounts_are_shut_at_once_and_a_shared_one_is_left(scene):
    own, shared = AccountFactory(system=scene.system), AccountFactory(system=scene.system)
    ClaimFactory(agent=scene.agent, account=own)
    for agent in (scene.agent, AgentFactory()):
        ClaimFactory(agent=agent, account=shared)
    suspend(scene)
    acts = Remediation.objects.order_by("account")
    assert [(act.act, act.account, act.automatic, act.hold) for act in acts] == [
        ("disable", scene.account, False, None),
        ("disable", own, False, None),
    ]
    assert again(scene.agent).lifecycle == "suspended"


def test_a_read_proves_it_and_an_undo_gives_it_back_for_thirty_days(scene):
    scene.target.unread = "A session goes on."
    decision = suspend(scene).decision
    act = done(Remediation.objects.get())
    assert (act.state, again(scene.account).enabled) == (State.VERIFIED, False)
    assert evidence.execution_text(act) == "Disabled in Airline, proven by a fresh read. A session goes on."
    assert decision.undo_until - decision.at == timedelta(days=30)
    scene.undo(decision, by=scene.governor)
    assert done(Remediation.objects.get(undo__decision=decision)).state == State.VERIFIED
    assert again(scene.account).enabled
    assert again(scene.agent).lifecycle == "active"


def test_it_stands_in_the_evidence_with_its_reason(scene):
    answer = suspend(scene)
    review = answer.item.review
    assert (review.state, review.question) == ("decided", f"Does {scene.agent.name} still need to run?")
    shown = evidence.item_view(answer.item).outcome
    assert shown.decision_text == f"{scene.governor.name} decided to suspend it"
    assert shown.reason == WHY
    told = Entry.objects.filter(act="answer.recorded").get()
    assert (told.actor_id, told.body["verdict"]) == (str(scene.governor.pk), "suspend")
    assert WHY not in str(told.body)


def test_nobody_is_asked_who_answers_for_it_any_more(scene):
    item = scene.asked_whose()
    suspend(scene)
    assert again(item).state == "withdrawn"
    assert Item.objects.open().filter(subject_agent=scene.agent).count() == 0
    assert lapsing.lapse_reviews() == 0
    assert Decision.objects.count() == 1


def test_its_owner_may(scene):
    assert suspend(scene, by=scene.owner).person == scene.owner


def test_who_neither_owns_nor_governs_it_may_not(scene):
    outsider = PersonFactory(unit=scene.agent.unit)
    access.permit(who=outsider, unit=scene.agent.unit, right=Right.VIEW, actor=Actor.operator("test"))
    with pytest.raises(NotAllowed, match="Only who owns"):
        suspend(scene, by=outsider)
    assert not Review.objects.exists()


@pytest.mark.parametrize("reason", ["", "...", "too short"])
def test_it_wants_a_reason(scene, reason):
    with pytest.raises(Invalid, match="Say why it has to stop: the words go into the evidence"):
        suspend(scene, reason=reason)
    assert again(scene.agent).lifecycle == "active"


@pytest.mark.parametrize("state", ["suspended", "retired"])
def test_what_is_stopped_is_not_stopped_again(scene, state):
    Agent.objects.filter(pk=scene.agent.pk).update(lifecycle=state)
    Account.objects.update(enabled=False)
    with pytest.raises(Conflict, match=f"is {state} already"):
        suspend(scene)
    assert not Review.objects.exists()


def test_an_account_of_a_suspended_agent_that_is_open_is_shut(scene):
    Agent.objects.filter(pk=scene.agent.pk).update(lifecycle="suspended")
    Account.objects.update(enabled=True)
    suspend(scene)
    assert not stopping.to_suspend(again(scene.agent)), "it is being shut"
    assert done(Remediation.objects.get()).state == State.VERIFIED
    assert not stopping.to_suspend(again(scene.agent))


def test_no_question_is_made_of_it_by_the_sweeps(scene):
    suspend(scene)
    assert opening.open_reviews() == 0


# -- an account that two agents use


def test_it_is_shut_with_the_last_of_them_and_opened_with_the_first(scene):
    other = scene.another_agent()
    first, second = suspend(scene).decision, suspend(scene, agent=other).decision
    act = done(Remediation.objects.get())
    assert (act.decision, act.state, again(scene.account).enabled) == (second, State.VERIFIED, False)
    scene.undo(first, by=scene.governor)
    assert done(Remediation.objects.get(undo__decision=first)).state == State.VERIFIED
    assert again(scene.account).enabled
    scene.undo(second, by=scene.governor)
    assert not Remediation.objects.filter(undo__decision=second).exists(), "it is open already"


# -- given back


def test_an_account_that_was_shut_before_stays_shut(scene):
    scene.target.shut.add(Ref(scene.account.native_type, scene.account.native_id))
    decision = suspend(scene).decision
    done(Remediation.objects.get())
    scene.undo(decision, by=scene.governor)
    assert Remediation.objects.count() == 1
    assert again(scene.agent).lifecycle == "active"


def test_one_that_was_shut_with_another_agent_before_stays_shut(scene):
    other = scene.another_agent()
    Claim.objects.filter(agent=scene.agent).update(until=clock.now())
    suspend(scene, agent=other)
    assert done(Remediation.objects.get()).state == State.VERIFIED
    ClaimFactory(agent=scene.agent, account=scene.account)
    decision = suspend(scene).decision
    done(Remediation.objects.get(decision=decision))
    scene.undo(decision, by=scene.governor)
    assert not Remediation.objects.filter(undo__decision=decision).exists()


def test_it_is_again_what_it_was(scene):
    Agent.objects.filter(pk=scene.agent.pk).update(lifecycle="proposed")
    scene.undo(suspend(scene).decision, by=scene.governor)
    assert again(scene.agent).lifecycle == "proposed"


def test_what_was_asked_before_is_asked_again(scene):
    scene.asked_whose()
    scene.undo(suspend(scene).decision, by=scene.governor)
    assert opening.open_reviews() == 1
    assert Item.objects.open().get().subject_agent == scene.agent


def test_one_that_was_retired_since_is_not_brought_back(scene):
    decision = suspend(scene).decision
    Agent.objects.filter(pk=scene.agent.pk).update(lifecycle="retired")
    with pytest.raises(Conflict, match="is retired by now"):
        scene.undo(decision, by=scene.governor)


def test_its_owner_of_now_gives_it_back_and_one_of_before_does_not(scene):
    decision = suspend(scene, by=scene.owner).decision
    somebody = PersonFactory()
    registering.set_owner(agent=scene.agent, person=somebody, at=clock.now(), actor=Actor.operator("test"))
    with pytest.raises(NotAllowed):
        scene.undo(decision, by=scene.owner)
    scene.undo(decision, by=somebody)
    assert again(scene.agent).lifecycle == "active"
