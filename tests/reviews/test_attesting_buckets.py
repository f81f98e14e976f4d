"""Every grant of a period lies in exactly one bucket: each bucket, and what became of a decision."""

from typing import Any

import pytest

from governance import ledger
from reviews.models import Decision, Remediation
from reviews.models.remediation import State
from tests.reviews.stories import END, Acted, Asked, Held, Restored, at, build, rows


def bucket_of(*asked: Asked, closed: int | None = None, cleared: int | None = None) -> str:
    """The bucket of one grant alone."""
    build(Held(0, closed, asked, cleared))
    (row,) = rows()
    return str(row["bucket"])


# -- each bucket


@pytest.mark.django_db
class TestEachBucket:
    def test_kept(self):
        assert bucket_of(Asked(11, 12, "keep")) == "kept"

    def test_reduced(self):
        assert bucket_of(Asked(11, 12, "reduce")) == "reduced"

    def test_revoked(self):
        assert bucket_of(Asked(11, 12, "revoke"), closed=13) == "revoked"

    def test_suspended(self):
        assert bucket_of(Asked(11, 12, "suspend")) == "suspended"

    def test_removed_outside(self):
        assert bucket_of(closed=15) == "removed_outside"

    def test_removed_outside_while_it_was_asked_about(self):
        assert bucket_of(Asked(11, 15), closed=15) == "removed_outside"

    def test_withdrawn(self):
        assert bucket_of(Asked(11, 12)) == "withdrawn"

    @pytest.mark.parametrize("question", [Asked(11), Asked(5), Asked(11, END, "keep"), Asked(11, 25, "revoke")])
    def test_carried_over(self, question):
        assert bucket_of(question) == "carried_over"

    def test_not_asked(self):
        assert bucket_of() == "not_asked"

    def test_a_question_after_the_period_is_another_periods(self):
        assert bucket_of(Asked(END, 22, "revoke")) == "not_asked"

    def test_an_earlier_keep_is_a_lease_that_runs(self):
        assert bucket_of(Asked(1, 2, "keep")) == "not_asked"

    def test_an_earlier_keep_does_not_hide_what_somebody_did_outside(self):
        assert bucket_of(Asked(1, 2, "keep"), closed=15) == "removed_outside"

    def test_an_earlier_withdrawal_is_no_question_of_this_period(self):
        assert bucket_of(Asked(1, 2)) == "not_asked"

    @pytest.mark.parametrize(("verdict", "bucket"), [("revoke", "revoked"), ("suspend", "suspended")])
    def test_what_was_taken_away_earlier_stays_so(self, verdict, bucket):
        assert bucket_of(Asked(1, 2, verdict), closed=11 if verdict == "revoke" else None) == bucket

    def test_an_earlier_suspension_that_was_kept_since_is_neither(self):
        assert bucket_of(Asked(1, 2, "suspend"), Asked(3, 4, "keep")) == "not_asked"

    @pytest.mark.parametrize("verdict", ["revoke", "suspend"])
    def test_a_removal_that_was_taken_back_before_anything_was_taken_is_kept(self, verdict):
        assert bucket_of(Asked(11, 12, verdict, undone=13)) == "kept"

    def test_a_keep_that_was_taken_back_is_asked_again(self):
        assert bucket_of(Asked(11, 12, "keep", undone=13)) == "carried_over"

    def test_a_keep_that_was_taken_back_and_of_which_nothing_is_suspected_any_more_is_withdrawn(self):
        assert bucket_of(Asked(11, 12, "keep", undone=13), cleared=14) == "withdrawn"

    def test_what_is_taken_back_after_the_period_stands_in_it(self):
        assert bucket_of(Asked(11, 19, "revoke", undone=END)) == "revoked"

    def test_what_was_taken_back_before_the_period_is_over(self):
        assert bucket_of(Asked(1, 2, "revoke", undone=3)) == "not_asked"

    def test_what_was_decided_before_and_taken_back_in_the_period_counts(self):
        assert bucket_of(Asked(1, 9, "revoke", undone=11)) == "kept"

    def test_the_last_word_counts_whoever_was_asked_first(self):
        assert bucket_of(Asked(11, 15, "revoke"), Asked(11, 12, "keep")) == "revoked"
        assert {row["review"] for row in rows()} == {str(Decision.objects.get(verdict="revoke").item)}

    def test_what_one_keeps_while_another_has_not_answered_is_carried_over(self):
        assert bucket_of(Asked(11, 12, "keep"), Asked(11)) == "carried_over"


def suspended(day: int = 12, **acted: Any) -> Asked:
    """Silence suspended it."""
    return Asked(day - 1, day, "suspend", acted=Acted(**acted))


@pytest.mark.django_db
class TestWhatBecameOfIt:
    """The end of the period counts, and what was made true by then."""

    @pytest.mark.parametrize("day", [2, 12])
    def test_what_the_brake_holds_is_carried_over(self, day):
        assert bucket_of(suspended(day, held=True)) == "carried_over"

    @pytest.mark.parametrize("day", [2, 12])
    def test_what_was_released_in_time_is_suspended(self, day):
        assert bucket_of(suspended(day, held=True, released=13)) == "suspended"

    @pytest.mark.parametrize("after", [{"released": END}, {"cancelled": END}])
    def test_what_was_held_until_after_the_period_is_carried_over(self, after):
        assert bucket_of(suspended(held=True, **after)) == "carried_over"

    @pytest.mark.parametrize("day", [2, 12])
    def test_a_held_removal_that_was_cancelled_is_carried_over_in_that_period(self, day):
        assert bucket_of(suspended(day, held=True, cancelled=13)) == "carried_over"

    def test_a_cancelled_removal_says_nothing_about_later_periods(self):
        assert bucket_of(suspended(2, held=True, cancelled=3)) == "not_asked"

    def test_a_cancelled_removal_of_which_nothing_is_suspected_any_more_is_withdrawn(self):
        assert bucket_of(suspended(held=True, cancelled=13), cleared=14) == "withdrawn"

    def test_what_is_cleared_after_the_period_was_suspected_in_it(self):
        assert bucket_of(suspended(held=True, cancelled=13), cleared=END) == "carried_over"

    def test_a_removal_that_is_cancelled_after_the_period_stands_in_it(self):
        build(Held(asked=(suspended(held=True, released=13, told=14, cancelled=END),)))
        (act,) = Remediation.objects.all()
        step = ledger.Actor.step("revoking")  # today: long after the period
        ledger.record(act=ledger.Act.REMEDIATION_CANCELLED, actor=step, subjects=[act], body={})
        assert rows()[0]["bucket"] == "suspended"

    def test_a_removal_that_was_cancelled_and_asked_again_follows_the_new_answer(self):
        assert bucket_of(suspended(held=True, cancelled=13), Asked(14, 15, "keep")) == "kept"

    def test_what_closed_while_the_brake_held_it_was_removed_outside(self):
        assert bucket_of(suspended(held=True), closed=15) == "removed_outside"

    def test_what_closed_after_its_removal_was_cancelled_was_removed_outside(self):
        assert bucket_of(suspended(held=True, cancelled=13), closed=15) == "removed_outside"

    def test_what_was_told_before_it_was_cancelled_and_then_closed_is_ours(self):
        asked = Asked(11, 12, "revoke", acted=Acted(told=13, cancelled=14))
        assert bucket_of(asked, closed=15) == "revoked"

    def test_what_was_taken_back_before_it_was_told_and_then_closed_was_removed_outside(self):
        assert bucket_of(Asked(11, 12, "revoke", undone=13, acted=Acted(cancelled=13)), closed=15) == "removed_outside"

    @pytest.mark.parametrize("kept", [2, 12])
    def test_what_was_kept_and_then_removed_outside_is_that(self, kept):
        assert bucket_of(Asked(1, kept, "keep"), closed=15) == "removed_outside"

    def test_what_was_kept_and_removed_outside_later_is_kept_until_then(self):
        build(Held(0, 25, (Asked(11, 12, "keep"),)))
        assert [rows(start, start + 10)[0]["bucket"] for start in (10, 20)] == ["kept", "removed_outside"]

    def test_what_closed_while_it_was_asked_about_waits_for_nothing(self):
        assert bucket_of(Asked(11), closed=15) == "removed_outside"

    @pytest.mark.parametrize("state", [State.PLANNED, State.SENT, State.STUCK, State.ATTESTED, State.VERIFIED])
    def test_how_far_a_removal_came_is_no_matter_of_the_bucket(self, state):
        build(Held(asked=(Asked(11, 12, "revoke", acted=Acted()),)))
        Remediation.objects.update(state=state)
        assert [(row["bucket"], row["act_state"]) for row in rows()] == [("revoked", state)]

    def test_a_closing_after_the_period_is_not_told(self):
        build(Held(0, 25))
        assert [row["closed_at"] for row in (*rows(10, 20), *rows(20, 30))] == ["", "2026-03-26T00:00:00.000000Z"]


def undone(verdict: str = "suspend", day: int = 14, **restored: Any) -> Asked:
    """It was taken away on day 13, and that was taken back."""
    return Asked(11, 12, verdict, undone=day, acted=Acted(told=13), restored=Restored(**restored))


RUNS: list[dict[str, Any]] = [{}, {"sent": 15}, {"sent": 15, "back": END}, {"said": END}, {"given_up": END}]
BACK = [{"sent": 15, "back": 16}, {"said": 16}]


@pytest.mark.django_db
class TestWhatWasGivenBack:
    """What was taken is kept only when it has come back."""

    @pytest.mark.parametrize("restored", RUNS)
    @pytest.mark.parametrize(("verdict", "closed"), [("suspend", None), ("revoke", 13), ("revoke", None)])
    def test_what_is_not_back_by_the_end_of_the_period_is_carried_over(self, verdict, closed, restored):
        assert bucket_of(undone(verdict, **restored), closed=closed) == "carried_over"

    @pytest.mark.parametrize("restored", BACK)
    @pytest.mark.parametrize(("verdict", "closed"), [("suspend", None), ("revoke", 13), ("revoke", None)])
    def test_what_came_back_is_kept(self, verdict, closed, restored):
        assert bucket_of(undone(verdict, **restored), closed=closed) == "kept"

    @pytest.mark.parametrize("sent", [15, None])
    @pytest.mark.parametrize(
        ("verdict", "closed", "bucket"),
        [("suspend", None, "suspended"), ("revoke", 13, "revoked"), ("revoke", 17, "revoked")],
    )
    def test_what_was_not_given_back_in_the_end_stays_taken(self, verdict, closed, bucket, sent):
        assert bucket_of(undone(verdict, sent=sent, given_up=16), closed=closed) == bucket

    @pytest.mark.parametrize(
        ("restored", "buckets"),
        [
            ({}, ["carried_over", "carried_over", "carried_over"]),
            ({"sent": 15, "back": 16}, ["kept", "not_asked", "not_asked"]),
            ({"sent": 15, "back": 25}, ["carried_over", "kept", "not_asked"]),
            ({"given_up": 25}, ["carried_over", "suspended", "suspended"]),
        ],
    )
    def test_what_comes_back_later_is_kept_then(self, restored, buckets):
        build(Held(asked=(undone(**restored),)))
        assert [rows(start, start + 10)[0]["bucket"] for start in (10, 20, 30)] == buckets

    def test_what_is_asked_anew_follows_the_new_answer(self):
        assert bucket_of(undone(), Asked(15, 16, "keep")) == "kept"

    def test_what_was_given_back_and_then_closed_was_removed_outside(self):
        assert bucket_of(undone(sent=15), closed=17) == "removed_outside"

    @pytest.mark.parametrize(("restored", "bucket"), [({}, "carried_over"), ({"sent": 16, "back": 17}, "kept")])
    def test_what_closed_before_it_was_given_back_is_ours(self, restored, bucket):
        assert bucket_of(undone(**restored), closed=15) == bucket

    def test_what_closed_before_we_told_the_system_and_is_given_back_was_removed_outside(self):
        taken = Asked(11, 12, "revoke", undone=15, acted=Acted(told=14), restored=Restored())
        assert bucket_of(taken, closed=13) == "removed_outside"

    def test_what_a_person_took_away_by_hand_is_ours_too(self):
        taken = Asked(11, 12, "revoke", undone=16, acted=Acted(said=13), restored=Restored())
        assert bucket_of(taken, closed=15) == "carried_over"

    def test_the_line_tells_of_the_restore(self):
        build(Held(asked=(undone(sent=15, back=16),)))
        (row,) = rows()
        assert (row["act"], row["act_state"], row["verified_at"]) == ("restore", "verified", ledger.stamp(at(16)))

    def test_a_line_of_before_the_undo_tells_of_the_removal(self):
        build(Held(asked=(undone(day=END, sent=21, back=22),)))
        (row,) = rows()
        assert (row["bucket"], row["act"]) == ("suspended", "suspend")

    def test_the_line_tells_of_the_act_that_follows_one_that_was_only_said_to_be_done(self):
        build(Held(asked=(Asked(11, 12, "revoke", acted=Acted(said=13)),)))
        claim = Remediation.objects.get()
        cause = {"grant": claim.grant, "system": claim.system, "decision": claim.decision, "follows": claim}
        Remediation.objects.create(act="remove", **cause, planned_at=at(14), released_at=at(14), state=State.STUCK)
        assert [(row["bucket"], row["act_state"]) for row in rows()] == [("revoked", "stuck")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("opened", "closed", "inside"),
    [
        (0, None, True),
        (0, 10, False),
        (0, 11, True),
        (19, None, True),
        (20, None, False),
        (12, 13, True),
        (0, 9, False),
    ],
)
def test_the_population_is_what_was_held_at_any_moment_of_the_period(opened, closed, inside):
    build(Held(opened, closed))
    assert len(rows()) == inside


@pytest.mark.django_db
def test_two_periods_share_no_ending():
    build(Held(0, END))
    assert [len(rows(0, 10)), len(rows(10, 20)), len(rows(20, 30))] == [1, 1, 0]
