"""The one place that closes an item: decision, intention, acts and ledger together."""

import pytest
from django.db import transaction
from django.utils import timezone

from governance import clock, ledger
from governance.errors import Conflict
from governance.models import Finding, Grant, Intended, Lease
from reviews import evidence, opening, planning, questions, ruling
from reviews.models import Ask, Decision, Item, Remediation, Review, Verdict
from reviews.models import State as ItemState
from reviews.models.remediation import State as Step
from reviews.planning import Authority
from tests.factories import FindingFactory
from tests.reviews.factories import AskFactory, ItemFactory
from tests.reviews.scene import MEDIUM, again, carried_out, done, entry, put, told, whom

pytestmark = pytest.mark.django_db


def by_policy(item: Item, verdict: Verdict = Verdict.SUSPEND) -> Decision:
    return ruling.rule(item=item, verdict=verdict, authority=Authority(policy=item.review.policy), at=clock.now())


def test_what_policy_decides_lapses(scene):
    item = scene.asked()
    decision = by_policy(item)
    assert (decision.policy, decision.answer, decision.verdict) == (scene.policy, None, "suspend")
    assert again(item).state == again(item.review).state == "lapsed"
    made = entry("decision.made")
    assert (made.actor_kind, made.actor_id) == ("policy", str(scene.policy.pk))
    assert made.authority == f"policy:{scene.policy.number}"
    assert told(item.review)[-1] == "review.lapsed"


def test_what_a_person_decides_is_decided(scene):
    item = scene.asked()
    given = scene.decide(item, Verdict.REVOKE)
    assert again(item).state == again(item.review).state == "decided"
    made = entry("decision.made")
    assert (made.actor_kind, made.actor_id) == ("person", str(scene.owner.pk))
    assert made.authority == f"answer:{given.pk}"
    assert (made.surface, made.assurance) == ("slack", "simulated")
    assert made.body == {"verdict": "revoke", "fingerprint": item.fingerprint, "keep_until": None}
    assert told(item.review)[-1] == "review.decided"


def test_a_keep_says_until_when(scene):
    decision = scene.decided(Verdict.KEEP)
    assert entry("decision.made").body["keep_until"] == ledger.stamp(decision.keep_until)


def test_a_decision_holds_the_facts_that_it_was_about(scene):
    decision = scene.decided(Verdict.KEEP)
    assert decision.facts == decision.item.facts != {}


def test_an_item_is_ruled_on_once(scene):
    item = scene.asked()
    stale = again(item)
    by_policy(item)
    with pytest.raises(Conflict, match="lapsed already"):
        questions.close(item, ItemState.DECIDED, at=clock.now())
    with pytest.raises(Conflict, match="Somebody else was faster"):
        questions.close(stale, ItemState.DECIDED, at=clock.now())


@pytest.mark.parametrize("verdict", [Verdict.UNSURE, Verdict.MINE])
def test_a_verdict_that_leads_nowhere_is_refused(scene, verdict):
    item = scene.asked()
    with pytest.raises(Conflict, match="is no outcome for this question"):
        ruling.make_true(Decision(verdict=verdict), item=item, authority=Authority(scene.policy), at=clock.now())


def test_a_keep_without_an_end_is_refused(scene):
    item = scene.asked()
    with pytest.raises(Conflict, match="without an end"):
        ruling.keep(Decision(verdict="keep"), grant=item.grant, item=item, at=clock.now())


# -- the review


def test_a_review_closes_with_its_last_item(scene):
    grants = [scene.grant() for _ in range(2)]
    for grant in grants:
        scene.suspect(grant)
    opening.open_reviews()
    first, second = Item.objects.order_by("pk").select_related("review")
    scene.decide(first, Verdict.KEEP)
    review = again(first.review)
    assert (review.state, review.closed_at, whom(review)) == ("open", None, "Maria")
    by_policy(second)
    review = again(review)
    assert review.state == "decided", "a person has decided at least one"
    assert review.closed_at is not None
    assert whom(review) is None
    assert review.assignments.get().ended_because == "decided"
    assert told(review).count("review.decided") == 1


def test_a_closed_review_stays_as_it_is(scene):
    review = scene.asked().review
    Item.objects.update(state="withdrawn", closed_at=timezone.now())
    questions.close_with_last(review, at=clock.now())
    closed = again(review)
    questions.close_with_last(review, at=clock.now())
    assert again(review).closed_at == closed.closed_at
    assert told(review).count("review.withdrawn") == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [("sent", "outdated"), ("closed", "outdated"), ("pending", "outdated"), ("outdated", "outdated"), ("failed",) * 2],
)
def test_every_copy_that_can_be_seen_is_rendered_again(scene, before, after):
    review = scene.asked().review
    ask = AskFactory(person=scene.owner, review=review, state=before, next_at=timezone.now())
    reminder = AskFactory(person=scene.owner, review=review, state="sent", purpose="reminder")
    others = AskFactory(person=scene.owner, review=ItemFactory().review, state="sent")
    questions.outdate(review)
    assert again(ask).state == after
    assert (again(ask).next_at is None) == (after == "outdated")
    assert again(reminder).state == again(others).state == Ask.State.SENT


# -- several agents


def test_one_revoke_closes_the_others_questions(scene):
    scene.another_agent()
    item = scene.asked()
    other = Item.objects.exclude(pk=item.pk).get()
    scene.decide(item, Verdict.REVOKE)
    assert again(other).state == again(other.review).state == "withdrawn"
    assert entry("item.withdrawn").body == {"because": "taken away for another agent"}
    assert Remediation.objects.count() == 1
    with pytest.raises(Conflict, match="withdrawn"):
        scene.decide(other, Verdict.KEEP, by=other.review.assignments.get().person)


def test_one_keep_leaves_the_others_questions(scene):
    scene.another_agent()
    item = scene.asked()
    other = Item.objects.exclude(pk=item.pk).get()
    scene.decide(item, Verdict.KEEP)
    assert again(other).state == "open"
    scene.decide(other, Verdict.REVOKE, by=other.review.assignments.get().person)
    assert again(item.grant).intended == Intended.GONE


# -- leases


def test_what_was_lent_ends_with_the_grant(scene):
    grant = scene.decided(Verdict.KEEP).item.grant
    lease = Lease.objects.get()
    Finding.objects.update(state="open", quiet_until=None)
    opening.open_reviews()
    scene.decide(Item.objects.open().get(), Verdict.REVOKE)
    assert again(lease).ends_at == Decision.objects.latest("pk").at
    assert told(lease) == ["lease.opened", "lease.closed"]
    assert again(grant).intended == Intended.GONE


# -- acts


def test_one_act_a_target(scene):
    act = scene.act()
    again_planned = planning.plan(
        act.decision, act=act.act, target=act.grant, authority=Authority(scene.policy), at=clock.now()
    )
    assert again_planned is None
    assert Remediation.objects.get() == act


def test_after_an_end_there_may_be_another(scene):
    act = scene.act()
    Remediation.objects.update(state=Step.CANCELLED)
    authority = Authority(scene.policy, act.decision.answer)
    planned = planning.plan(act.decision, act=act.act, target=act.grant, authority=authority, at=clock.now())
    assert planned is not None
    assert (planned.state, planned.hold) == (Step.PLANNED, None)


def test_what_silence_plans_is_automatic(scene):
    item = scene.asked()
    put(item.review)
    by_policy(item)
    act = Remediation.objects.get()
    assert (act.act, act.automatic) == ("suspend", True)
    assert act.released_at is not None
    assert Grant.objects.get().intended == Intended.SUSPENDED


def test_the_review_of_an_act_is_its_decisions_also_after_an_undo(scene):
    act = scene.act()
    review = act.decision.item.review
    carried_out(act)
    undo = scene.undo(act.decision)
    assert act.review == Remediation.objects.get(undo=undo).review == review


# -- what is under way


def disabled(scene) -> Remediation:
    """The agent's account is shut by policy, and somebody takes that back: the act that opens it again waits."""
    item = scene.asked_whose()
    put(item.review)
    decision = by_policy(item)
    done(Remediation.objects.get(decision=decision))
    scene.undo(decision, by=scene.governor)
    return Remediation.objects.latest("pk")


def retired(scene) -> Decision:
    """Who answers for the agent retires it."""
    opening.open_reviews()
    item = Item.objects.open().get(subject_agent=scene.agent)
    scene.decide(item, Verdict.RETIRE, by=scene.manager)
    return Decision.objects.get(item=item)


def test_nothing_is_asked_about_an_agent_while_its_account_is_being_opened(scene):
    opens = disabled(scene)
    assert (opens.act, opens.state) == ("enable", Step.PLANNED)
    assert opening.open_reviews() == 0
    done(opens)
    assert opening.open_reviews() == 1


def test_a_newer_decision_overtakes_what_only_waits_to_be_given_back(scene):
    opens = disabled(scene)
    item = ItemFactory(grant=None, agent=None, subject_agent=scene.agent, review__unit=scene.unit, finding=False)
    put(item.review)
    decision = by_policy(item)
    assert again(opens).state == Step.CANCELLED
    assert told(opens)[-1] == "remediation.cancelled"
    shuts = Remediation.objects.get(decision=decision)
    assert (shuts.act, shuts.state) == ("disable", Step.PLANNED)


def test_a_newer_decision_waits_for_what_is_just_being_given_back(scene):
    opens = disabled(scene)
    carried_out(opens)
    item = ItemFactory(grant=None, agent=None, subject_agent=scene.agent, review__unit=scene.unit, finding=False)
    put(item.review)
    with pytest.raises(Conflict, match="being given back right now"), transaction.atomic():
        by_policy(item)
    assert again(item).state == "open", "nothing of it was written"
    done(opens)
    assert Remediation.objects.get(decision=by_policy(again(item))).state == Step.PLANNED


# -- the line


def test_passing_on_ends_one_assignment_and_opens_the_next(scene):
    review = scene.asked().review
    ask = AskFactory(person=scene.owner, review=review, state="sent")
    assert questions.pass_on(review, because="silence", at=clock.now()).person == scene.deputy
    first = review.assignments.earliest("pk")
    assert (first.person, first.ended_because) == (scene.owner, "silence")
    assert again(ask).state == Ask.State.OUTDATED
    assert told(review) == ["review.opened", "assignment.opened", "assignment.closed", "assignment.opened"]


def test_after_the_last_there_is_nobody(scene):
    review = scene.asked().review
    for _ in range(3):
        assert questions.pass_on(review, because="silence", at=clock.now())
    assert questions.pass_on(review, because="silence", at=clock.now()) is None
    assert whom(review) is None
    assert Review.objects.unassigned().get() == review


def test_risk_is_not_lost_between_facts_and_lease(scene):
    """A grant whose facts name no band is treated as low: the shortest words, the longest lease."""
    item = ItemFactory(grant=scene.grant(risk=MEDIUM), facts={}, finding=FindingFactory())
    assert evidence.band_of(item) == "low"
