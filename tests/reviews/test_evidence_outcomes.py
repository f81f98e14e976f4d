"""What a card says of a decision: what it was, and what became of it."""

import pytest
from django.utils import timezone

from connectors.errors import RateLimited, Refused, Transient
from governance import clock
from governance.models import Grant
from reviews import evidence, handling, lapsing
from reviews.evidence import card
from reviews.models import Act, Ask, Decision, Hold, Remediation, Verdict
from reviews.models.remediation import State as Step
from tests.factories import AccountFactory
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


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (Act.REMOVE, "Gone from Airline, proven by a fresh read. Keys were not read."),
        (Act.RESTORE, "Back in Airline, proven by a fresh read."),
    ],
)
def test_what_a_read_does_not_show_is_said_of_what_is_gone(scene, act, text):
    scene.system.name = "Airline"
    done = Remediation(state=Step.VERIFIED, act=act, system=scene.system, outcome={"unread": "Keys were not read."})
    assert evidence.execution_text(done) == text


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
