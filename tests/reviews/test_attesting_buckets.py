"""Every grant of a period lies in exactly one bucket, in every world."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from governance.models import Grant
from reviews import attesting
from reviews.models import Answer, Decision, Item, Undo
from reviews.reports.attestation import BUCKETS, count
from tests.factories import GrantFactory, PersonFactory
from tests.reviews.factories import AssignmentFactory, ItemFactory, ReviewFactory

START, END = 10, 20  # the period, in days
ZERO = datetime(2026, 3, 1, tzinfo=UTC)


def at(day: int) -> datetime:
    return ZERO + timedelta(days=day)


@dataclass(frozen=True)
class Asked:
    """One question about a grant: when, and how it ended. `undone` is a day."""

    opened: int
    closed: int | None = None
    verdict: str = ""  # none: withdrawn
    undone: int | None = None


@dataclass(frozen=True)
class Held:
    """One grant's story."""

    opened: int = 0
    closed: int | None = None
    asked: tuple[Asked, ...] = field(default=())


def build(story: Held) -> Grant:
    """The story as rows."""
    closed = None if story.closed is None else at(story.closed)
    grant = GrantFactory(held_since=at(story.opened), closed_at=closed)
    for question in story.asked:
        ask(grant, question)
    return grant


def ask(grant: Grant, question: Asked) -> None:
    """One question; each is about another agent, so that several can be open."""
    states = {"": "withdrawn", "suspend": "lapsed"}
    closed = {} if question.closed is None else {"closed_at": at(question.closed)}
    state = "open" if question.closed is None else states.get(question.verdict, "decided")
    review = ReviewFactory(opened_at=at(question.opened), state=state, **closed)
    item = ItemFactory(review=review, grant=grant, finding=False, state=state, **closed)
    if question.closed is not None and question.verdict:
        decide(item, question)


def decide(item: Item, question: Asked) -> Decision:
    """How a question ended."""
    moment = at(question.closed or 0)
    by = {"policy": item.review.policy} if question.verdict == "suspend" else {"answer": answer(item, question)}
    until = {"keep_until": moment + timedelta(days=90)} if question.verdict == "keep" else {}
    decision = Decision.objects.create(
        item=item, verdict=question.verdict, undo_until=moment, facts={}, at=moment, **by, **until
    )
    if question.undone is not None:
        said = {"surface": "slack", "assurance": "simulated", "at": at(question.undone)}
        Undo.objects.create(decision=decision, by=PersonFactory(), **said)
    return decision


def answer(item: Item, question: Asked) -> Answer:
    assignment = AssignmentFactory(review=item.review)
    said = {"verdict": question.verdict, "surface": "slack", "assurance": "simulated", "at": item.closed_at}
    return Answer.objects.create(item=item, assignment=assignment, person=assignment.person, **said)


def rows(start: int = START, end: int = END) -> list[dict[str, Any]]:
    return list(attesting.population(starts_at=at(start), ends_at=at(end)))


def bucket_of(*asked: Asked, opened: int = 0, closed: int | None = None) -> str:
    """The bucket of one grant alone."""
    build(Held(opened, closed, asked))
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
    def test_a_removal_that_was_taken_back_is_kept(self, verdict):
        assert bucket_of(Asked(11, 12, verdict, undone=13)) == "kept"

    def test_a_keep_that_was_taken_back_is_asked_again(self):
        assert bucket_of(Asked(11, 12, "keep", undone=13)) == "carried_over"

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


# -- all worlds


def oracle(story: Held) -> str | None:
    """The bucket, as one would find it on paper; None where the grant was not held in the period."""
    if story.opened >= END or (story.closed is not None and story.closed <= START):
        return None
    known = [question for question in story.asked if question.opened < END]
    if any(question.closed is None or question.closed >= END for question in known):
        return "carried_over"
    decided = sorted((question.closed, place) for place, question in enumerate(known) if question.verdict)
    if decided and (said := spoken(known[decided[-1][1]])):
        return said
    if story.closed is not None and story.closed < END:
        return "removed_outside"
    return "withdrawn" if any(question.closed >= START for question in known) else "not_asked"


def spoken(last: Asked) -> str | None:
    """What the last decision says about the period; None where it says nothing any more."""
    words = {"keep": "kept", "reduce": "reduced", "revoke": "revoked", "suspend": "suspended"}
    back = last.undone is not None and last.undone < END
    if back and max(last.closed, last.undone) >= START:
        return "carried_over" if last.verdict == "keep" else "kept"
    if back or (last.closed < START and last.verdict == "keep"):
        return None
    return words[last.verdict]


DAYS = st.integers(0, 29)
VERDICTS = st.sampled_from(["", "keep", "reduce", "revoke", "suspend"])


@st.composite
def questions(draw) -> Asked:
    opened = draw(DAYS)
    closed = draw(st.none() | st.integers(opened, 30))
    verdict = "" if closed is None else draw(VERDICTS)
    undone = draw(st.none() | st.integers(closed, 31)) if verdict else None
    return Asked(opened, closed, verdict, undone)


@st.composite
def stories(draw) -> Held:
    opened = draw(DAYS)
    closed = draw(st.none() | st.integers(opened, 30))
    return Held(opened, closed, tuple(draw(st.lists(questions(), max_size=3))))


generated = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.django_db
@generated
@given(world=st.lists(stories(), max_size=6))
@example(world=[Held()])
@example(world=[Held(asked=(Asked(1, START, "keep"), Asked(START, START, "")))])
@example(world=[Held(asked=(Asked(1, START - 1, "keep", undone=START),))])
def test_every_world_reconciles_to_zero(world):
    with transaction.atomic():
        grants = [build(story) for story in world]
        found = rows()
        transaction.set_rollback(True)
    expected = {str(grant.pk): oracle(story) for grant, story in zip(grants, world, strict=True)}
    assert {row["grant"]: row["bucket"] for row in found} == {key: name for key, name in expected.items() if name}
    assert len(found) == len({row["grant"] for row in found}), "each grant once"
    counts = count(found)
    assert counts["difference"] == 0
    assert sum(counts[bucket] for bucket in BUCKETS) == counts["population"] == len(found)
