"""A review as a person sees it: rows into frozen cards."""

from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest
from django.utils import timezone

from connectors.errors import RateLimited, Refused, Transient
from governance import clock
from governance.models import Band, Grant
from reviews import evidence, handling, lapsing
from reviews.evidence import Line, card
from reviews.models import Act, Ask, Decision, Hold, Item, Remediation, State, Verdict
from reviews.models.remediation import State as Step
from tests.factories import AccountFactory, GrantFactory
from tests.reviews.factories import AssignmentFactory, ItemFactory, ReviewFactory
from tests.reviews.scene import Scene, again, carried_out, done, late, only_act, put, words
from tests.reviews.target import everyone

pytestmark = pytest.mark.django_db


def outcome(decision: Decision) -> evidence.Outcome:
    """What the card says of a decision."""
    (item,) = card(decision.item.review).items
    assert item.outcome is not None
    return item.outcome


def retired(scene: Scene) -> Decision:
    """Nobody answers for the agent, and its owner's manager retires it."""
    item = scene.asked_whose()
    scene.decide(item, Verdict.RETIRE, by=item.review.assignment.person)
    return Decision.objects.get(item=item)


def test_the_question_as_it_is_shown(scene):
    review = scene.asked().review
    shown = card(review)
    assert (shown.reference, shown.kind, shown.state) == (f"CS-{review.pk}", "certify", State.OPEN)
    assert (shown.agent, shown.person, shown.severity) == ("airline-support", "Maria", Band.MEDIUM)
    assert shown.why_you.startswith("because you have owned airline-support since")
    assert (shown.due_at, shown.policy) == (review.due_at, f"policy {scene.policy.number}")
    assert shown.silence == (
        "access is suspended; for 30 days after that, who answers for the agent or governance can give it back"
    )
    assert shown.undo == timedelta(days=1)
    assert (shown.items[0].keeping.days, shown.items[0].keeping.length) == ((90, 60, 30), 15)


def test_a_card_does_not_change(scene):
    shown = card(scene.asked().review)
    with pytest.raises(FrozenInstanceError):
        shown.question = "Another?"  # type: ignore[misc]


def test_an_item_as_it_is_shown(scene):
    item = scene.asked(entitlement__name="refund_payment", held_since="2026-03-02T12:00Z")
    (shown,) = card(item.review).items
    assert (shown.item_id, shown.fingerprint, shown.state) == (item.pk, item.fingerprint, State.OPEN)
    assert (shown.title, shown.system, shown.band) == ("refund_payment", "Airline", Band.MEDIUM)
    assert shown.lines[:3] == (
        Line("Can do", "refund_payment in Airline. Risk: medium"),
        Line("Held by", "support"),
        Line("Granted", "2 Mar 2026 (first seen by us; may be older) by owner; why is not recorded"),
    )
    assert shown.lines[-1] == Line("Blast radius", "One account")
    assert len(shown.lines) <= 6
    assert (len(shown.why_now), shown.outcome) == (1, None)
    assert shown.why_now[0].startswith("Never used in 214 runs")
    assert shown.suggestion.startswith("Revoke")


@pytest.mark.parametrize(("basis", "words"), [("source", " by"), ("stated", " (stated by a person) by")])
def test_whose_word_the_date_is(scene, basis, words):
    item = scene.asked(held_since="2026-03-02T12:00Z", held_since_basis=basis)
    assert card(item.review).items[0].lines[2].text == f"2 Mar 2026{words} owner; why is not recorded"


def test_the_same_from_two_grantors_is_told_apart(scene):
    grant = scene.grant(entitlement__name="refund_payment", native={"grantor": "dba_two"})
    assert evidence.title(grant) == "refund_payment"
    GrantFactory(account=grant.account, entitlement=grant.entitlement, origin="another")
    assert evidence.title(grant) == "refund_payment, granted by dba_two"


def test_what_was_given_back_is_not_another_grantors(scene):
    grant = scene.grant(entitlement__name="refund_payment", native={"grantor": "dba_two"}, closed_at=timezone.now())
    GrantFactory(account=grant.account, entitlement=grant.entitlement, origin=grant.origin, instance="again")
    assert evidence.title(grant) == "refund_payment"


def test_nobody_answers_for_a_role_so_governance_alone_gives_back(scene):
    item = scene.asked()
    Item.objects.filter(pk=item.pk).update(agent=None)
    assert "for 30 days after that, governance can give it back" in card(item.review).silence


def test_a_grantor_is_named_by_what_is_known():
    assert evidence.grantor(Grant(native={"grantor": "dba"}, origin="10")) == "dba"
    assert evidence.grantor(Grant(origin="10")) == "10"
    assert evidence.grantor(Grant()) == "the system"


def test_a_question_about_an_agent(scene):
    shown = card(scene.asked_whose().review)
    assert (shown.kind, shown.agent) == ("claim", "airline-support")
    assert shown.silence == "its accounts are disabled; for 30 days after that, governance can enable them again"
    assert (shown.items[0].title, shown.items[0].system) == ("airline-support", "")
    assert [line.label for line in shown.items[0].lines][:2] == ["Is for", "Belongs to"]


@pytest.mark.parametrize("subject", ["account", "system"])
def test_other_subjects_have_a_name(scene, subject):
    row = getattr(scene, subject)
    item = ItemFactory(grant=None, agent=None, **{subject: row}, finding=False, facts_shown={"lines": {"Seen": 3}})
    (shown,) = card(item.review).items
    assert shown.title == row.name
    assert shown.lines == (Line("Seen", "3"),)


def test_a_review_that_nobody_is_asked_has_no_person():
    shown = card(ReviewFactory())
    assert (shown.person, shown.why_you, shown.items, shown.agent) == ("", "", (), "")


def test_a_closed_review_names_who_was_asked_last():
    now = timezone.now()
    review = AssignmentFactory(until=now, why="first").review
    AssignmentFactory(review=review, until=now, why="second")
    assert card(review).why_you == "second"


# -- the dry run


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({}, ""),
        ({"not_tried": "it is down"}, "Not tried: it is down"),
        (
            {"outcome": "planned", "other_paths": []},
            "Revoke removes it. No other path is left; tried in the system and rolled back.",
        ),
        (
            {"other_paths": ["PUBLIC", "pilots"]},
            (
                "Revoke removes this grant; it can still be used through PUBLIC, pilots. "
                "Tried in the system and rolled back."
            ),
        ),
    ],
)
def test_what_the_dry_run_said(said, text):
    assert evidence.preview_text(ItemFactory.build(preview=said, review=None, grant=None, agent=None)) == text


# -- what became of it


def test_a_decision_and_its_act_are_two_facts(scene):
    decision = scene.decided(Verdict.REVOKE)
    shown = outcome(decision)
    assert (shown.verdict, shown.decided_by, shown.decided_at) == (Verdict.REVOKE, "Maria", decision.at)
    assert shown.reason == words(decision.item)
    assert (shown.execution, shown.execution_text) == ("planned", "Nothing has happened yet; Airline is told next.")
    assert (shown.execution_at, shown.undo_until, shown.undone_by) == (None, decision.undo_until, "")


def test_sent_is_not_gone(scene):
    decision = scene.decided(Verdict.REVOKE)
    act = carried_out(only_act(decision))
    assert outcome(decision).execution_text == "Sent to Airline; not yet proven by a fresh read."
    assert outcome(decision).execution_at == act.sent_at


def test_gone_after_a_fresh_read(scene):
    decision = scene.decided(Verdict.REVOKE)
    act = done(only_act(decision))
    assert outcome(decision).execution_text == "Gone from Airline, proven by a fresh read."
    assert outcome(decision).execution_at == act.verified_at
    assert outcome(decision).summary == "Revoked"


def test_still_effective_names_the_path(scene):
    decision = scene.decided(Verdict.REVOKE)
    scene.target.others = [everyone(decision.item.grant.entitlement.native_id)]
    done(only_act(decision))
    assert outcome(decision).execution_text.endswith("but the access is still effective through PUBLIC.")


def test_given_back_is_told_instead(scene):
    decision = scene.decided(Verdict.REVOKE)
    done(only_act(decision))
    scene.undo(decision)
    done(Remediation.objects.latest("pk"))
    shown = outcome(decision)
    assert (shown.undone_by, shown.undo_until) == ("Maria", None)
    assert shown.execution_text == "Back in Airline, proven by a fresh read."


def test_taken_back_before_anything_was_done(scene):
    decision = scene.decided(Verdict.REVOKE)
    scene.undo(decision)
    shown = outcome(decision)
    assert (shown.summary, shown.undone, shown.execution_text) == (
        "Taken back",
        "Taken back by Maria.",
        "Nothing was done.",
    )


LEFT = {Verdict.KEEP: {}, Verdict.REVOKE: {}, Verdict.REDUCE: {"remains": {"text": "Reading its own bookings."}}}


@pytest.mark.parametrize("verdict", [Verdict.KEEP, Verdict.REDUCE])
def test_what_is_kept_says_until_when(scene, verdict):
    decision = scene.decide(scene.asked(), verdict, **LEFT[verdict]).decision
    assert outcome(decision).stays_until == decision.keep_until is not None


@pytest.mark.parametrize("verdict", [Verdict.REVOKE, Verdict.REDUCE])
def test_what_is_given_back_says_when_it_is_asked_again(scene, verdict):
    decision = scene.decide(scene.asked(), verdict, **LEFT[verdict]).decision
    scene.undo(decision)
    grant = Grant.objects.get(pk=decision.item.grant_id)
    assert outcome(decision).stays_until == grant.lease_ends_at is not None


def test_a_keep_that_is_taken_back_is_asked_again_at_once(scene):
    decision = scene.decided(Verdict.KEEP)
    scene.undo(decision)
    shown = outcome(decision)
    assert shown.stays_until is None
    assert shown.undone == "Taken back by Maria. It is asked again within minutes."


def test_what_is_revoked_stays_no_longer(scene):
    assert outcome(scene.decided(Verdict.REVOKE)).stays_until is None


def failed(scene: Scene, decision: Decision, error: Exception) -> Remediation:
    """The system says no, for now."""
    scene.target.trouble = [error]
    return carried_out(Remediation.objects.latest("pk"))


def test_what_failed_says_why_and_that_it_is_tried_again(scene):
    decision = scene.decided(Verdict.REVOKE)
    act = failed(scene, decision, RateLimited("slow down"))
    shown = outcome(decision)
    assert act.state == Step.PLANNED
    assert (shown.summary, shown.execution, shown.execution_at) == ("Failed, trying again", "failed", None)
    assert shown.execution_text == "Failed: RateLimited: slow down. Trying again."


def test_what_was_told_and_is_still_there_has_failed(scene):
    decision = scene.decided(Verdict.REVOKE)
    scene.target.deaf = True
    done(only_act(decision))
    shown = outcome(decision)
    assert (shown.execution, shown.execution_at) == ("failed", None), "it is not since it was sent that it failed"
    assert shown.execution_text == "Failed: A fresh read still shows it as it was. Trying again."


def test_what_is_stuck_and_planned_again_has_failed(scene):
    decision = scene.decided(Verdict.REVOKE)
    act = failed(scene, decision, Refused("the owner must do it"))
    assert act.state == Step.STUCK
    by = scene.system.owner
    handling.try_now(remediation=act, by=by, at=clock.now())
    assert outcome(decision).execution_text == "Failed: Refused: the owner must do it. Trying again."


def test_what_could_not_be_given_back_says_so(scene):
    decision = scene.decided(Verdict.REVOKE)
    done(only_act(decision))
    scene.undo(decision)
    failed(scene, decision, Transient("restarting"))
    shown = outcome(decision)
    assert shown.execution_text == "Failed: Transient: restarting. Trying again."


def test_what_raised_is_told_and_rendered_again(scene):
    item = scene.asked()
    copy = put(item.review).asks.get()
    scene.decide(item, Verdict.REVOKE)
    decision = Decision.objects.get(item=item)
    Ask.objects.update(state="closed")
    failed(scene, decision, RuntimeError("no such shelf"))
    assert outcome(decision).execution_text == "Failed: RuntimeError: no such shelf. Trying again."
    assert again(copy).state == "outdated"


def test_a_systems_words_stay_one_short_line(scene):
    decision = scene.decided(Verdict.REVOKE)
    failed(scene, decision, Transient("\u202ebusy\n" + "x" * 400))
    text = outcome(decision).execution_text
    assert text.startswith("Failed: Transient: busy xxx")
    assert text.endswith("x…. Trying again.")
    assert len(text) < 240


def test_a_keep_has_no_act(scene):
    shown = outcome(scene.decided(Verdict.KEEP))
    assert (shown.execution, shown.execution_text, shown.execution_at) == ("", "", None)
    assert (shown.summary, shown.decision_text) == ("Kept", "Maria decided to keep it")


def test_policy_decided_without_words(scene):
    item = scene.asked()
    late(item.review, days=15)
    lapsing.lapse_reviews()
    shown = outcome(Decision.objects.get())
    assert (shown.verdict, shown.decided_by, shown.reason) == (
        Verdict.SUSPEND,
        f"policy {scene.policy.number}",
        "",
    )
    assert shown.decision_text == f"As no answer came, policy {scene.policy.number} decided to suspend it"


def test_what_policy_decided_and_the_brake_holds_has_not_happened(scene):
    item = scene.asked()
    Hold.objects.create(system=scene.system, why="", opened_at=timezone.now())
    late(item.review, days=15)
    lapsing.lapse_reviews()
    shown = outcome(Decision.objects.get())
    assert (shown.summary, shown.execution) == ("Held by the brake", "held")
    assert shown.execution_text.startswith("Nothing has happened yet.")


def test_an_agents_accounts_are_told_one_by_one_the_open_one_first(scene):
    decision = retired(scene)
    first = only_act(decision)
    another = AccountFactory(system=scene.system, name="support_two")
    second = Remediation.objects.create(
        act=Act.DISABLE, account=another, system=scene.system, decision=decision, planned_at=timezone.now()
    )
    Remediation.objects.filter(pk=first.pk).update(state=Step.VERIFIED)
    shown = outcome(decision)
    assert (shown.summary, shown.execution) == ("Disabling", "planned")
    assert shown.execution_text == (
        "support_two: Nothing has happened yet; Airline is told next. "
        "support: Disabled in Airline, proven by a fresh read."
    )
    Remediation.objects.filter(pk=second.pk).update(state=Step.STUCK, trouble="Not allowed")
    assert outcome(decision).execution_text.startswith("support_two: Not done. Not allowed. A person has to look")


def test_what_came_to_nothing_is_not_taken_back(scene):
    decision = scene.decided(Verdict.REVOKE)
    Remediation.objects.update(state=Step.CANCELLED, trouble="Cancelled by Priya.")
    shown = outcome(decision)
    assert (shown.summary, shown.undo_until) == ("Not carried out", None)
    assert shown.execution_text == "Nothing was done. Cancelled by Priya."


def test_what_was_sent_and_then_cancelled_may_have_been_done(scene):
    act = Remediation(state=Step.CANCELLED, act=Act.REMOVE, system=scene.system, sent_at=timezone.now())
    assert evidence.execution_text(act) == "Ended before it was proven."


def test_what_was_done_by_hand_names_who_said_so(scene):
    act = Remediation(state=Step.ATTESTED, act=Act.REMOVE, system=scene.system, outcome={"attested_by": "Rosa"})
    assert evidence.execution_text(act) == "Done by hand, said by Rosa; not proven by a read."


@pytest.mark.parametrize("state", Step)
def test_every_state_has_words(scene, state):
    act = Remediation(state=state, act=Act.REMOVE, system=scene.system, outcome={"other_paths": ["PUBLIC"]})
    text = evidence.execution_text(act)
    assert text.endswith(".")
    assert ("Gone" in text) == (state == Step.VERIFIED), "gone only after a fresh read"


def test_what_is_held_says_so(scene):
    held = Remediation(state=Step.PLANNED, act=Act.SUSPEND, system=scene.system)
    held.hold_id = Hold.objects.create(system=scene.system, why="", opened_at=timezone.now()).pk
    assert evidence.execution(held) == "held"
    assert evidence.execution_text(held) == ("Nothing has happened yet. The brake holds it: a person must release it.")


def test_who_was_handed_an_agent_is_named_and_no_undo_is_promised(scene):
    item = scene.asked_whose()
    scene.decide(item, Verdict.THEIRS, by=scene.manager, named=scene.deputy)
    [view] = evidence.card(again(item.review)).items
    assert (view.outcome.summary, view.outcome.undo_until) == ("Handed to Deniz", None)
