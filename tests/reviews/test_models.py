"""What is always true: constraints that no code repeats, and the tables of moves."""

from datetime import timedelta
from itertools import product

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from governance.errors import Conflict
from reviews.models import Act, Answer, Ask, Assignment, Campaign, Decision, Hold, Item, Remediation, Review, Undo
from reviews.models.remediation import MOVES, UNFINISHED, State
from reviews.models.review import MOVES as CLOSING
from tests.factories import AccountFactory, AgentFactory, GrantFactory, PersonFactory, PolicyFactory, SystemFactory
from tests.reviews.factories import AskFactory, AssignmentFactory, CampaignFactory, ItemFactory, ReviewFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def refused(constraint: str):
    """The database says no, and names the constraint."""
    return pytest.raises(IntegrityError, match=constraint)


def answer(**more) -> Answer:
    item = more.pop("item", None) or ItemFactory()
    assignment = AssignmentFactory(review=item.review, person=more.pop("person", None) or PersonFactory())
    given = {"verdict": "revoke", "surface": "slack", "assurance": "simulated", "at": NOW} | more
    return Answer.objects.create(item=item, assignment=assignment, person=assignment.person, **given)


def decision(**more) -> Decision:
    given = {"verdict": "revoke", "undo_until": NOW, "facts": {}, "at": NOW}
    if "policy" not in more and "answer" not in more:
        more["answer"] = answer()
    return Decision.objects.create(item=more.pop("item", None) or ItemFactory(), **given | more)


def remediation(**more) -> Remediation:
    grant = GrantFactory()
    given = {"act": Act.REMOVE, "grant": grant, "system": grant.account.system, "planned_at": NOW} | more
    if "decision" not in more and "undo" not in more:
        given["decision"] = decision()
    return Remediation.objects.create(**given)


# -- decisions


def test_policy_never_keeps():
    with refused("policy_never_keeps"):
        decision(verdict="keep", policy=PolicyFactory(), keep_until=NOW)


@pytest.mark.parametrize("verdict", ["keep", "revoke", "reduce", "retire", "mine", "unsure"])
def test_policy_says_nothing_but_suspend(verdict):
    until = NOW if verdict in {"keep", "reduce"} else None
    with refused("policy_never_keeps"):
        decision(verdict=verdict, policy=PolicyFactory(), keep_until=until)


def test_policy_may_suspend():
    policy = PolicyFactory()
    assert decision(verdict="suspend", policy=policy).by == f"policy {policy.number}"


def test_every_keep_is_a_lease():
    with refused("every_keep_is_a_lease"):
        decision(verdict="keep")


def test_only_a_keep_has_a_lease():
    with refused("every_keep_is_a_lease"):
        decision(verdict="revoke", keep_until=NOW)


def test_a_decision_has_somebody_who_made_it():
    with refused("decision_is_by_a_person_or_policy"):
        decision(answer=None)


def test_a_decision_is_not_by_a_person_and_by_policy():
    with refused("decision_is_by_a_person_or_policy"):
        decision(verdict="suspend", policy=PolicyFactory(), answer=answer())


def test_an_item_is_decided_once():
    first = decision()
    with refused("reviews_decision_item_id"):
        decision(item=first.item)


def test_a_decision_is_undone_once():
    made = decision()
    said = {"decision": made, "surface": "slack", "assurance": "simulated", "at": NOW}
    Undo.objects.create(by=PersonFactory(), **said)
    with refused("reviews_undo_decision_id"):
        Undo.objects.create(by=PersonFactory(), **said)


def test_nobody_suspends_without_a_reason():
    with refused("answer_suspends_with_a_reason"):
        answer(verdict="suspend")


def test_somebody_elses_names_somebody():
    with refused("answer_names_somebody_iff_theirs"):
        answer(verdict="theirs")


def test_nothing_else_names_somebody():
    with refused("answer_names_somebody_iff_theirs"):
        answer(verdict="mine", named=PersonFactory())


def test_a_click_counts_once():
    answer(idempotency_key="click")
    with refused("idempotency_key"):
        answer(idempotency_key="click")


def test_answers_without_a_key_are_many():
    answer()
    answer()
    assert Answer.objects.filter(idempotency_key=None).count() == 2


# -- reviews


@pytest.mark.parametrize("model", [ReviewFactory, ItemFactory])
@pytest.mark.parametrize(("state", "closed"), [("open", NOW), ("decided", None), ("lapsed", None), ("withdrawn", None)])
def test_what_is_closed_says_when(model, state, closed):
    with refused("closed_at_iff_closed"):
        model(state=state, closed_at=closed)


@pytest.mark.parametrize(
    "moments",
    [
        {"remind_at": NOW - timedelta(hours=3)},
        {"escalate_at": NOW},
        {"due_at": NOW + timedelta(days=1)},
    ],
)
def test_the_moments_of_a_review_are_in_order(moments):
    with refused("review_moments_in_order"):
        ReviewFactory(opened_at=NOW - timedelta(hours=1), **moments)


def test_an_item_is_about_one_thing():
    with refused("item_has_one_subject"):
        ItemFactory(subject_agent=AgentFactory(), finding=False)


def test_an_item_is_about_something():
    with refused("item_has_one_subject"):
        ItemFactory(grant=None, finding=False)


def test_an_item_is_open_once_for_a_subject_and_agent():
    item = ItemFactory()
    with refused("item_is_open_once"):
        ItemFactory(grant=item.grant, agent=item.agent, finding=False)


def test_without_an_agent_it_is_open_once_too():
    item = ItemFactory(agent=None)
    with refused("item_is_open_once"):
        ItemFactory(grant=item.grant, agent=None, finding=False)


def test_another_agents_item_is_another():
    item = ItemFactory()
    ItemFactory(grant=item.grant, finding=False)
    assert Item.objects.filter(grant=item.grant).count() == 2


def test_a_closed_item_makes_room():
    item = ItemFactory(state="decided", closed_at=NOW)
    ItemFactory(grant=item.grant, agent=item.agent, finding=False)
    assert Item.objects.open().get().grant == item.grant


def test_one_person_is_asked_at_a_time():
    assignment = AssignmentFactory()
    with refused("assignment_is_open_once_a_stage"):
        AssignmentFactory(review=assignment.review)


def test_the_same_question_is_put_once():
    ask = AskFactory()
    with refused("dedupe_key"):
        AskFactory(dedupe_key=ask.dedupe_key)


def test_a_campaign_is_one_per_period_and_policy():
    one = CampaignFactory()
    with refused("campaign_is_one_per_period_and_policy"):
        CampaignFactory(policy=one.policy, starts_at=one.starts_at, ends_at=one.ends_at)


def test_a_campaign_ends_after_it_starts():
    with refused("campaign_ends_after_it_starts"):
        CampaignFactory(starts_at=NOW, ends_at=NOW)


def test_nothing_that_is_evidence_is_cascaded():
    for model in (Answer, Assignment, Ask, Campaign, Decision, Hold, Item, Remediation, Review, Undo):
        fields = model._meta.get_fields()
        kept = [field for field in fields if field.many_to_one or field.one_to_one]
        actions = {field.name: field.remote_field.on_delete.__name__ for field in kept if field.concrete}
        assert set(actions.values()) <= {"PROTECT"}, (model, actions)


# -- what waits for whom


def test_a_review_that_nobody_is_asked_is_unassigned():
    asked, nobodys = AssignmentFactory().review, ReviewFactory()
    AssignmentFactory(review=nobodys, until=NOW)
    ReviewFactory(state="withdrawn", closed_at=NOW)
    assert list(Review.objects.unassigned()) == [nobodys]
    assert list(Review.objects.open().assigned()) == [asked]


def test_the_running_campaign_is_the_newest_that_holds_the_moment():
    old = CampaignFactory(starts_at=NOW - timedelta(days=40), ends_at=NOW - timedelta(days=10))
    new = CampaignFactory()
    CampaignFactory(scope="another")
    assert Campaign.objects.running(NOW) == new
    assert Campaign.objects.running(NOW - timedelta(days=20)) == old
    assert list(Campaign.objects.closed(NOW)) == [old]


# -- remediations


def test_a_remediation_has_one_target():
    with refused("remediation_has_one_target"):
        remediation(account=AccountFactory())


def test_a_remediation_has_one_cause():
    with refused("remediation_has_one_cause"):
        remediation(decision=None)


@pytest.mark.parametrize("state", UNFINISHED)
def test_a_grant_has_one_act_under_way(state):
    first = remediation(state=state)
    with refused("remediation_is_open_once_a_grant"):
        remediation(grant=first.grant)


def test_an_account_has_one_act_under_way():
    first = remediation(grant=None, account=AccountFactory())
    with refused("remediation_is_open_once_an_account"):
        remediation(grant=None, account=first.account)


@pytest.mark.parametrize("state", sorted(set(State.values) - set(UNFINISHED)))
def test_an_act_that_has_ended_makes_room(state):
    first = remediation(state=state)
    assert remediation(grant=first.grant).grant == first.grant


def test_a_system_has_one_hold():
    system = SystemFactory()
    Hold.objects.create(system=system, why="", opened_at=NOW, closed_at=NOW)
    Hold.objects.create(system=system, why="", opened_at=NOW)
    with refused("hold_is_open_once_a_system"):
        Hold.objects.create(system=system, why="", opened_at=NOW)


@pytest.mark.parametrize("act", Act)
def test_two_acts_give(act):
    assert act.gives == (act in {"restore", "enable"})


# -- moves


def test_every_state_has_its_moves():
    ends = set(State) - MOVES.keys()
    assert ends == {State.VERIFIED, State.ATTESTED, State.CANCELLED}
    assert set().union(*MOVES.values()) | {State.PLANNED} == set(State), "each can be reached"
    assert {state for state, to in MOVES.items() if State.CANCELLED in to} == set(UNFINISHED) - {State.CLAIMED}
    assert {"open": {"decided", "lapsed", "withdrawn"}} == CLOSING


def test_what_is_still_effective_is_never_called_cancelled():
    assert MOVES[State.STILL_EFFECTIVE] == {State.VERIFIED, State.PLANNED}


def test_an_act_moves_as_the_table_says():
    act = remediation()
    for start, to in product(State, State):
        Remediation.objects.filter(pk=act.pk).update(state=start, trouble="")
        act.refresh_from_db()
        if to in MOVES.get(start, set()):
            act.move(to, trouble="moved")
            act.refresh_from_db()
            assert (act.state, act.trouble) == (to, "moved"), start
        else:
            with pytest.raises(Conflict, match=f"does not go from {start} to {to}"):
                act.move(to)
            act.refresh_from_db()
            assert act.state == start


class Workers(RuleBasedStateMachine):
    """Two workers with their own copies of one row: a stale one never writes, and no move is outside the table."""

    def __init__(self) -> None:
        super().__init__()
        self.act = remediation()
        self.copies = [Remediation.objects.get(pk=self.act.pk) for _ in range(2)]
        self.state, self.fence, self.path = str(State.PLANNED), 0, [State.PLANNED]

    @rule(who=st.integers(0, 1))
    def claim(self, who: int) -> None:
        """What `claim` does: the fence rises, and the worker knows."""
        self.fence += 1
        Remediation.objects.filter(pk=self.act.pk).update(fence=self.fence)
        self.copies[who] = Remediation.objects.get(pk=self.act.pk)

    @rule(who=st.integers(0, 1), to=st.sampled_from(State))
    def move(self, who: int, to: State) -> None:
        mine = self.copies[who]
        fresh = (mine.state, mine.fence) == (self.state, self.fence)
        allowed = to in MOVES.get(mine.state, set())
        try:
            with transaction.atomic():
                mine.move(to)
        except Conflict:
            assert not (fresh and allowed)
        else:
            assert fresh
            assert allowed
            self.state = str(to)
            self.path.append(to)

    @invariant()
    def the_row_is_what_the_last_winner_wrote(self) -> None:
        stored = Remediation.objects.values_list("state", "fence").get(pk=self.act.pk)
        assert stored == (self.state, self.fence)
        assert all(to in MOVES[start] for start, to in zip(self.path, self.path[1:], strict=False))


def test_workers_never_leave_the_table(db):
    run_state_machine_as_test(Workers, settings=settings(max_examples=12, stateful_step_count=15))
