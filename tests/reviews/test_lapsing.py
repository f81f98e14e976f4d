"""What silence does: the next in line is asked, then policy suspends. It never keeps."""

from datetime import timedelta

import pytest

from connectors.base import Ref
from governance import clock
from governance.models import Agent, Finding, Grant, Intended, Lease
from reviews import lapsing, opening
from reviews.models import Decision, Item, Remediation, Review, Verdict
from tests.factories import AccountFactory, AgentFactory, ClaimFactory
from tests.reviews.factories import ItemFactory
from tests.reviews.scene import again, carried_out, done, entry, late, told, whom

pytestmark = pytest.mark.django_db

LATE, ALL = 13.25, 14  # days of a medium window; late is six hours after the last call


# -- escalating


def test_before_its_time_nobody_else_is_asked(scene):
    review = late(scene.asked().review, days=LATE, seconds=-30)
    assert lapsing.escalate_reviews() == 0
    assert whom(review) == "Maria"


def test_the_next_in_line_is_asked_instead(scene):
    review = late(scene.asked().review, days=LATE)
    assert lapsing.escalate_reviews() == 1
    assert whom(review) == "Deniz"
    assert review.assignments.earliest("pk").ended_because == "silence"
    assert told(review)[2:] == ["review.escalated", "assignment.closed", "assignment.opened"]
    assert again(review).leased_until is None


def test_it_escalates_once(scene):
    review = late(scene.asked().review, days=LATE)
    lapsing.escalate_reviews()
    assert lapsing.escalate_reviews() == 0
    assert whom(review) == "Deniz"


def test_a_review_that_was_closed_meanwhile_is_left(scene):
    review = late(scene.asked().review, days=LATE)
    Review.objects.filter(pk=review.pk).update(state="decided", closed_at=clock.now())
    lapsing.escalate(review)
    assert again(review).escalated_at is None
    assert "review.escalated" not in told(review)


def test_the_last_in_line_stays_asked(scene):
    for person in (scene.deputy, scene.manager, scene.governor):
        type(person).objects.filter(pk=person.pk).update(is_active=False)
    review = late(scene.asked().review, days=LATE)
    asked = review.assignment.person
    assert lapsing.escalate_reviews() == 1
    assert again(review).assignment.person == asked
    assert list(Review.objects.unassigned()) == []


def test_the_deadline_is_the_same_for_whoever_is_asked_later(scene):
    review = late(scene.asked().review, days=LATE)
    lapsing.escalate_reviews()
    assert again(review).due_at == review.due_at


# -- lapsing


def test_before_the_deadline_nothing_lapses(scene):
    late(scene.asked().review, days=ALL, seconds=-30)
    assert lapsing.lapse_reviews() == 0
    assert not Decision.objects.exists()


def test_silence_suspends(scene):
    item = scene.asked()
    late(item.review, days=ALL)
    assert lapsing.lapse_reviews() == 1
    decision = Decision.objects.get()
    assert (decision.verdict, decision.policy, decision.keep_until) == ("suspend", scene.policy, None)
    assert again(item).state == again(item.review).state == "lapsed"
    assert again(item.grant).intended == Intended.SUSPENDED
    act = Remediation.objects.get()
    assert (act.act, act.automatic, act.grant) == ("suspend", True, item.grant)
    assert told(item.review)[-1] == "review.lapsed"
    assert lapsing.lapse_reviews() == 0


def test_a_suspended_grant_is_gone_and_its_row_stays_open(scene):
    item = scene.asked()
    late(item.review, days=ALL)
    lapsing.lapse_reviews()
    assert done(Remediation.objects.get()).state == "verified"
    grant = again(item.grant)
    assert (grant.seen, grant.closed_at, scene.holds(grant)) == ("absent", None, False)
    assert Finding.objects.get().state == Finding.State.TAKEN, "a suspension is no end"


def test_only_what_nobody_answered_lapses(scene):
    grants = [scene.grant() for _ in range(3)]
    for grant in grants:
        scene.suspect(grant)
    opening.open_reviews()
    first, *rest = Item.objects.order_by("pk").select_related("review")
    scene.decide(first, Verdict.KEEP)
    late(first.review, days=ALL)
    lapsing.lapse_reviews()
    assert again(first.grant).intended == Intended.HELD
    assert {again(item.grant).intended for item in rest} == {Intended.SUSPENDED}
    assert sorted(Item.objects.values_list("state", flat=True)) == ["decided", "lapsed", "lapsed"]


def test_whoever_was_not_even_asked_does_not_keep_it_alive(scene):
    item = scene.asked()
    item.review.assignments.update(until=clock.now())
    late(item.review, days=ALL)
    assert lapsing.lapse_reviews() == 1
    assert again(item.grant).intended == Intended.SUSPENDED


def test_an_answer_that_came_in_between_counts(scene):
    item = scene.asked()
    review = late(item.review, days=ALL)
    scene.decide(item, Verdict.KEEP)
    lapsing.lapse(review)
    assert Decision.objects.get().verdict == "keep"


def test_a_review_that_is_not_due_is_left_by_the_verb_too(scene):
    item = scene.asked()
    lapsing.lapse(item.review)
    assert again(item).state == "open"


def test_silence_never_keeps(scene):
    for risk in (0, 45, 65, 95):
        late(scene.asked(risk=risk).review, days=40)
    lapsing.lapse_reviews()
    assert set(Decision.objects.values_list("verdict", flat=True)) == {"suspend"}
    assert not Grant.objects.filter(intended=Intended.HELD).exists()


def test_what_is_being_given_back_right_now_does_not_stop_the_others_of_its_question(scene, caplog):
    sent = done(scene.act())
    scene.undo(sent.decision)
    back = carried_out(Remediation.objects.latest("pk"))
    goes = scene.asked()
    waits = ItemFactory(grant=sent.grant, agent=scene.agent, review=goes.review, finding=False)
    late(goes.review, days=ALL)
    assert lapsing.lapse_reviews() == 0
    assert (again(goes).state, again(waits).state) == ("lapsed", "open")
    assert "being given back right now" in again(goes.review).trouble
    done(back)
    Review.objects.update(next_at=None)
    assert lapsing.lapse_reviews() == 1
    assert again(waits).state == "lapsed"


def test_what_raises_does_not_stop_the_others(scene, caplog):
    broken = scene.asked()
    late(broken.review, days=ALL)
    Item.objects.filter(pk=broken.pk).update(grant=None, system=scene.system)
    good = scene.asked()
    late(good.review, days=ALL)
    assert lapsing.lapse_reviews() == 1
    assert again(good).state == "lapsed"
    assert "no outcome" in again(broken.review).trouble
    assert again(broken.review).next_at > clock.now()
    assert "a row raised in its sweep" in caplog.text


# -- an agent that nobody answers for


def test_silence_disables_the_agents_own_accounts_and_leaves_shared_ones(scene):
    own, shared = AccountFactory(system=scene.system), AccountFactory(system=scene.system)
    ClaimFactory(agent=scene.agent, account=own)
    for agent in (scene.agent, AgentFactory()):
        ClaimFactory(agent=agent, account=shared)
    item = scene.asked_whose()
    late(item.review, days=ALL)
    assert lapsing.lapse_reviews() == 1
    acts = Remediation.objects.order_by("account")
    assert [(act.act, act.account, act.automatic) for act in acts] == [
        ("disable", scene.account, True),
        ("disable", own, True),
    ]
    assert again(scene.agent).lifecycle == "suspended"
    assert entry("agent.changed").body == {
        "lifecycle": "suspended",
        "accounts_left_because_shared": [str(shared.pk)],
    }


def test_a_retired_or_former_user_does_not_make_an_account_shared(scene):
    ClaimFactory(agent=AgentFactory(lifecycle="retired"), account=scene.account)
    ClaimFactory(agent=AgentFactory(), account=scene.account, until=clock.now() + timedelta(seconds=1))
    late(scene.asked_whose().review, days=ALL)
    lapsing.lapse_reviews()
    assert Remediation.objects.get().account == scene.account


def test_disabling_passes_the_brake_too(scene):
    for _ in range(4):
        ClaimFactory(agent=scene.agent, account=AccountFactory(system=scene.system))
    late(scene.asked_whose().review, days=ALL)
    lapsing.lapse_reviews()
    assert Remediation.objects.filter(hold=None).count() == 3
    assert Remediation.objects.exclude(hold=None).count() == 2


def test_a_disabled_account_is_proven(scene):
    late(scene.asked_whose().review, days=ALL)
    lapsing.lapse_reviews()
    assert done(Remediation.objects.get()).state == "verified"
    assert again(scene.account).enabled is False
    assert len(scene.target.shut) == 1


def test_an_account_that_was_dropped_meanwhile_can_sign_in_no_more(scene):
    late(scene.asked_whose().review, days=ALL)
    lapsing.lapse_reviews()
    scene.target.dropped.add(Ref(scene.account.native_type, scene.account.native_id))
    act = done(Remediation.objects.get())
    assert (act.state, act.tries.get(kind="send").outcome) == ("verified", "already")


# -- an account that agents share


def shared(scene) -> tuple[Item, Item]:
    """The same grant, asked of the people of both agents that use its account."""
    other = scene.another_agent()
    item = scene.asked()
    return item, Item.objects.get(grant=item.grant, agent=other)


def test_silence_about_one_agent_takes_nothing_from_what_is_kept_for_another(scene):
    kept, silent = shared(scene)
    scene.decide(kept, Verdict.KEEP)
    late(silent.review, days=ALL)
    lapsing.lapse_reviews()
    assert again(silent).state == "withdrawn"
    assert again(kept.grant).intended == Intended.HELD
    assert not Remediation.objects.exists()
    assert entry("item.withdrawn").body == {"because": "kept for another agent that shares the account"}


def test_silence_about_one_agent_waits_for_the_answer_about_another(scene):
    waiting, silent = shared(scene)
    late(silent.review, days=ALL)
    assert lapsing.lapse_reviews() == 1
    assert (again(silent).state, again(waiting).state) == ("withdrawn", "open")
    assert entry("item.withdrawn").body == {"because": "still asked for another agent that shares the account"}
    assert not Remediation.objects.exists()
    late(waiting.review, days=ALL)
    lapsing.lapse_reviews()
    assert again(waiting).state == "lapsed", "the last who is silent lets it go"
    assert Remediation.objects.get().grant == waiting.grant


def test_both_silent_at_once_suspend_it_once(scene):
    for item in shared(scene):
        late(item.review, days=ALL)
    lapsing.lapse_reviews()
    assert Remediation.objects.count() == Decision.objects.count() == 1


def test_keeps_from_before_the_question_do_not_answer_it(scene):
    first = shared(scene)
    for item in first:
        scene.decide(item, Verdict.KEEP, by=item.review.assignment.person)
    Lease.objects.filter(grant=first[0].grant).update(starts_at=clock.now() - timedelta(days=60))
    scene.suspect(first[0].grant, "changed")
    opening.open_reviews()
    for item in Item.objects.open():
        late(item.review, days=ALL)
    assert lapsing.lapse_reviews() == 2
    assert again(first[0].grant).intended == Intended.SUSPENDED
    assert Decision.objects.filter(verdict=Verdict.SUSPEND).count() == Remediation.objects.count() == 1


def test_silence_counts_where_the_other_agent_is_gone(scene):
    kept, silent = shared(scene)
    scene.decide(kept, Verdict.KEEP)
    Agent.objects.filter(pk=kept.agent_id).update(lifecycle="retired")
    late(silent.review, days=ALL)
    lapsing.lapse_reviews()
    assert again(kept.grant).intended == Intended.SUSPENDED


def test_what_silence_suspended_can_be_given_back_for_a_month(scene):
    late(scene.asked().review, days=ALL)
    lapsing.lapse_reviews()
    decision = Decision.objects.get()
    assert decision.undo_until - decision.at == timedelta(days=30)
