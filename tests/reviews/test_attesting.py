"""A period's grants, each in one bucket, counted over a ledger that was verified first."""

import csv
import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from governance import clock, ledger
from governance.errors import Conflict
from governance.ledger.notes import Signer
from governance.models import Checkpoint, Entry, Grant, Intended
from reviews import attesting
from reviews.models import Answer, Attestation, Campaign, Decision, Item, Undo, Verdict
from reviews.reports.attestation import BUCKETS, WrongAttestation, count, verify
from tests.factories import GrantFactory, OrganisationFactory, PersonFactory, PolicyFactory
from tests.governance.ledger.conftest import tell
from tests.reviews.factories import AssignmentFactory, CampaignFactory, ItemFactory, ReviewFactory
from tests.reviews.scene import done, entry, only_act, told
from tests.reviews.target import everyone

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


def rows(start: int = START, end: int = END) -> list[dict]:
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


# -- a line


@pytest.mark.django_db
def test_a_line_says_who_decided_and_what_became_of_it(scene):
    decision = scene.decided(Verdict.REVOKE)
    scene.target.others = [everyone(decision.item.grant.entitlement.native_id)]
    act = done(only_act(decision))
    now = clock.now()
    (row,) = attesting.population(starts_at=now - timedelta(days=1), ends_at=now)
    assert (row["system"], row["account"], row["agent"]) == ("Airline", "support", "airline-support")
    assert (row["bucket"], row["review"]) == ("revoked", str(decision.item))
    assert (row["decided_by"], row["assurance"], row["reason_given"]) == ("Maria", "simulated", "yes")
    assert row["decided_at"] == ledger.stamp(decision.at)
    assert (row["act"], row["act_state"]) == ("remove", "still_effective")
    assert row["verified_at"] == ledger.stamp(act.verified_at)
    assert row["other_paths"] == ["PUBLIC"]


@pytest.mark.django_db
def test_a_line_never_tells_the_reason(scene):
    scene.decided(Verdict.KEEP)
    now = clock.now()
    (row,) = attesting.population(starts_at=now - timedelta(days=1), ends_at=now)
    assert "gate staff" not in json.dumps(row)


@pytest.mark.django_db
def test_what_nobody_was_asked_has_empty_cells():
    build(Held())
    (row,) = rows()
    empty = ("agent", "closed_at", "review", "decided_by", "decided_at", "act", "act_state", "verified_at")
    assert {row[name] for name in empty} == {""}
    assert row["other_paths"] == []


# -- refused


@pytest.mark.django_db
@pytest.mark.parametrize(("start", "end"), [(2, 2), (3, 2)])
def test_an_empty_period_is_refused(start, end):
    with pytest.raises(Conflict, match="begin before it ends"):
        attesting.attest(starts_at=at(start), ends_at=at(end))


@pytest.mark.django_db
def test_a_period_of_the_future_is_refused():
    now = clock.now()
    with pytest.raises(Conflict, match="and before now"):
        attesting.attest(starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2))


@pytest.mark.django_db
def test_without_a_pinned_key_nothing_is_attested(settings):
    settings.LEDGER_VKEY = ""
    with pytest.raises(Conflict, match="LEDGER_VKEY is not set"):
        attesting.attest(starts_at=at(0), ends_at=at(1))


def test_an_empty_ledger_is_refused(pinned):
    with pytest.raises(Conflict, match="ledger is empty"):
        attesting.attest(starts_at=at(0), ends_at=at(1))


def test_a_ledger_that_nobody_sequences_is_refused(pinned, monkeypatch):
    monkeypatch.setattr(attesting, "PATIENCE_SECONDS", 0.2)
    tell(2)
    with pytest.raises(Conflict, match=r"has not signed entry \d+ for 0.2 s. Is `manage.py sequence` running"):
        attesting.attest(starts_at=at(0), ends_at=at(1))
    assert not Attestation.objects.exists()


def test_a_broken_ledger_is_refused_and_the_place_is_named(sequencing, tamper):
    OrganisationFactory()
    (first, *_) = tell(3)
    attesting.covered(attesting.newest_entry())
    tamper(f"UPDATE evidence.entry SET surface = 'x' WHERE id = {first}")
    with pytest.raises(
        Conflict, match=rf"ledger is broken.*entry {first}, leaf 0: the entry is not what its leaf says"
    ):
        attesting.attest(starts_at=at(0), ends_at=at(1))
    assert not Attestation.objects.exists()


def test_another_key_than_the_pinned_is_refused(sequencing, settings):
    tell(1)
    attesting.covered(attesting.newest_entry())
    settings.LEDGER_VKEY = Signer.generate(settings.LEDGER_ORIGIN).verifier.vkey
    with pytest.raises(Conflict, match="ledger is broken.*by none of the keys given"):
        attesting.attest(starts_at=at(0), ends_at=at(1))


# -- attested


def test_an_attestation_can_be_verified_by_anybody(sequencing, scene, pinned):
    decision = scene.decided(Verdict.REVOKE)
    done(only_act(decision))
    scene.decided(Verdict.KEEP)
    GrantFactory()
    now = clock.now()
    made = attesting.attest(starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1))
    manifest = verify(made.document.encode(), vkey=pinned.verifier.vkey, csv_table=made.table.encode())
    wanted = dict.fromkeys(BUCKETS, 0) | {"revoked": 1, "kept": 1, "not_asked": 1}
    assert manifest["counts"] == made.counts == {"population": 3, **wanted, "difference": 0}
    assert manifest["removals"] == {"verified": 1}
    assert manifest["organisation"] == "Skyway Air"
    assert manifest["checkpoint"] == made.checkpoint_note
    assert made.checkpoint_size <= Checkpoint.objects.latest("size").size
    assert len(list(csv.DictReader(io.StringIO(made.table)))) == 3
    with pytest.raises(WrongAttestation):
        verify(made.document.encode(), vkey=pinned.verifier.vkey, csv_table=b"")


def test_the_ledger_names_the_manifest(sequencing, scene):
    now = clock.now()
    made = attesting.attest(starts_at=now - timedelta(days=1), ends_at=now, by=scene.governor)
    signed = entry("attestation.signed")
    assert signed.pk == made.entry
    assert signed.body == {
        "manifest": made.manifest_digest,
        "counts": made.counts,
        "size": made.checkpoint_size,
    }
    assert (signed.actor_kind, signed.actor_id) == ("person", str(scene.governor.pk))
    assert (made.signed_by, made.assurance) == (scene.governor, "person")
    assert made.sealed_at is not None


def test_the_checkpoint_covers_all_that_was_counted(sequencing, scene):
    scene.decided(Verdict.KEEP)
    newest = Entry.objects.newest_first()[0].pk
    now = clock.now()
    made = attesting.attest(starts_at=now - timedelta(days=1), ends_at=now)
    covering = ledger.checkpoint_covering(newest)
    assert covering is not None
    assert made.checkpoint_size >= covering.size


def test_what_was_broken_off_is_sealed_later(start_sequencing, scene, pinned, monkeypatch):
    rows = [attesting.row_of(scene.grant(), [], starts_at=at(0), ends_at=at(1))]
    campaign = CampaignFactory(policy=scene.policy)
    tell(1)
    note = Checkpoint(size=0, note=pinned.sign(f"{pinned.name}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"))
    period = {"starts_at": at(0), "ends_at": at(1)}
    manifest = attesting.describe(rows, checkpoint=note, at=clock.now(), **period)
    made = attesting.store(manifest, rows, campaign=campaign, checkpoint=note, by=None)
    monkeypatch.setattr(attesting, "PATIENCE_SECONDS", 0.2)
    with pytest.raises(Conflict, match="has not signed entry"):
        attesting.seal(made)
    with pytest.raises(WrongAttestation, match="form"):
        verify(made.document.encode(), vkey=pinned.verifier.vkey)
    monkeypatch.setattr(attesting, "PATIENCE_SECONDS", 30)
    start_sequencing()
    assert attesting.attest_closed() == 1
    made.refresh_from_db()
    assert made.sealed_at is not None
    assert attesting.attest_closed() == 0


def test_each_period_that_has_ended_is_attested_once(sequencing, scene, pinned):
    month = {"starts_at": at(0), "ends_at": at(31)}
    ended = CampaignFactory(policy=scene.policy, **month)
    CampaignFactory(policy=PolicyFactory(), **month)
    CampaignFactory(policy=scene.policy)
    assert attesting.attest_closed() == 1
    made = Attestation.objects.get()
    assert made.campaign.starts_at == ended.starts_at
    assert (made.signed_by, made.assurance) == (None, "policy")
    assert verify(made.document.encode(), vkey=pinned.verifier.vkey)["period"] == {
        "from": ledger.stamp(at(0)),
        "to": ledger.stamp(at(31)),
    }
    assert told(made.campaign) == ["attestation.signed", "campaign.closed"]
    assert attesting.attest_closed() == 0
    assert not Campaign.objects.closed(clock.now()).exists()


def test_what_happens_afterwards_does_not_change_it(sequencing, scene, pinned):
    decision = scene.decided(Verdict.REVOKE)
    now = clock.now()
    made = attesting.attest(starts_at=now - timedelta(days=1), ends_at=now)
    before = made.document
    done(only_act(decision))
    made.refresh_from_db()
    assert made.document == before
    later = attesting.attest(starts_at=now - timedelta(days=1), ends_at=now)
    assert later.counts == made.counts
    assert (Grant.objects.get().intended, later.manifest_digest) != (Intended.GONE, made.manifest_digest)
