"""A period's grants, each in one bucket, counted over a ledger that was verified first."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from governance import clock, ledger
from governance.errors import Conflict
from governance.ledger.notes import Signer
from governance.models import Checkpoint, Entry, Grant, Intended
from reviews import attesting
from reviews.models import Attestation, Campaign, Remediation, Verdict
from reviews.reports import population
from reviews.reports.attestation import BUCKETS, WrongAttestation, verify
from reviews.reports.population import Period
from tests.factories import GrantFactory, OrganisationFactory, PolicyFactory
from tests.governance.ledger.conftest import tell
from tests.reviews.factories import CampaignFactory
from tests.reviews.scene import done, entry, only_act, told
from tests.reviews.target import everyone

ZERO = datetime(2026, 3, 1, tzinfo=UTC)


def at(day: int) -> datetime:
    return ZERO + timedelta(days=day)


# -- a line


@pytest.mark.django_db
def test_a_line_says_who_decided_and_what_became_of_it(scene):
    decision = scene.decided(Verdict.REVOKE)
    scene.target.others = [everyone(decision.item.grant.entitlement.native_id)]
    scene.target.unread = "Policies of buckets were not read."
    act = done(only_act(decision))
    now = clock.now()
    (row,) = population.rows(Period(now - timedelta(days=1), now))
    assert (row["system"], row["account"], row["agent"]) == ("Airline", "support", "airline-support")
    assert (row["bucket"], row["review"]) == ("revoked", str(decision.item))
    assert (row["decided_by"], row["assurance"], row["reason_given"]) == ("Maria", "simulated", "yes")
    assert row["decided_at"] == ledger.stamp(decision.at)
    assert (row["act"], row["act_state"]) == ("remove", "still_effective")
    assert row["verified_at"] == ledger.stamp(act.verified_at)
    assert (row["other_paths"], row["unread"]) == (["PUBLIC"], "Policies of buckets were not read.")


@pytest.mark.django_db
def test_a_line_never_tells_the_reason(scene):
    scene.decided(Verdict.KEEP)
    now = clock.now()
    (row,) = population.rows(Period(now - timedelta(days=1), now))
    assert "gate staff" not in json.dumps(row)


@pytest.mark.django_db
def test_what_nobody_was_asked_has_empty_cells():
    GrantFactory(held_since=at(0))
    (row,) = population.rows(Period(at(1), at(2)))
    empty = ("agent", "closed_at", "review", "decided_by", "decided_at", "act", "act_state", "verified_at", "unread")
    assert {row[name] for name in empty} == {""}
    assert row["other_paths"] == []


@pytest.mark.django_db
def test_what_nobody_was_asked_names_the_agents_that_use_it(scene):
    scene.grant()
    now = clock.now()
    (row,) = population.rows(Period(now - timedelta(days=1), now + timedelta(days=1)))
    assert (row["bucket"], row["agent"]) == ("not_asked", "airline-support")
    scene.another_agent()
    (row,) = population.rows(Period(now - timedelta(days=1), now + timedelta(days=1)))
    assert row["agent"] == "airline-rebooking, airline-support"


@pytest.mark.django_db
def test_what_was_given_back_stays_by_the_word_of_who_took_it_back(scene):
    decision = scene.decided(Verdict.REVOKE)
    undo = scene.undo(decision, by=scene.governor)
    now = clock.now()
    (row,) = population.rows(Period(now - timedelta(days=1), now))
    assert (row["bucket"], row["decided_by"], row["decided_at"]) == ("kept", "Ines", ledger.stamp(undo.at))
    assert (row["assurance"], row["reason_given"]) == ("simulated", "")


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
    with pytest.raises(Conflict, match=r"ledger is broken.*by none of the keys given"):
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


def test_a_period_that_is_not_over_ends_when_it_was_counted(sequencing, scene, pinned):
    scene.decided(Verdict.KEEP)
    now = clock.now()
    made = attesting.attest(starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1))
    manifest = verify(made.document.encode(), vkey=pinned.verifier.vkey)
    assert manifest["period"]["to"] == manifest["counted_at"] == ledger.stamp(made.ends_at)
    assert now < made.ends_at <= clock.now()


def test_an_undo_that_is_not_carried_out_yet_is_not_attested_as_kept(sequencing, scene, pinned):
    decision = scene.decided(Verdict.REVOKE)
    done(only_act(decision))
    scene.undo(decision)
    begin = clock.now() - timedelta(days=1)
    carried = attesting.attest(starts_at=begin, ends_at=clock.now())
    restore = done(Remediation.objects.get(act="restore"))
    made = attesting.attest(starts_at=begin, ends_at=clock.now())
    assert (carried.counts["carried_over"], carried.counts["kept"]) == (1, 0)
    assert (made.counts["carried_over"], made.counts["kept"]) == (0, 1)
    mine = [row for row in json.loads(made.document)["rows"] if row["grant"] == str(restore.grant_id)]
    assert [(row["act"], row["act_state"]) for row in mine] == [("restore", "verified")]


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


def test_what_was_broken_off_is_sealed_later(sequenced, start_sequencing, scene, pinned, monkeypatch):
    sequenced()
    checkpoint, campaign = Checkpoint.objects.latest("size"), CampaignFactory(policy=scene.policy)
    scene.grant()
    counted = attesting.count_period(starts_at=at(0), ends_at=at(1))
    manifest = attesting.describe(counted, checkpoint=checkpoint)
    made = attesting.store(manifest, counted, campaign=campaign, checkpoint=checkpoint, by=None)
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
    assert verify(made.document.encode(), vkey=pinned.verifier.vkey) == manifest
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


def test_every_campaign_of_a_period_ends_with_it_and_the_newest_is_attested(sequencing, scene):
    month = {"starts_at": at(0), "ends_at": at(31)}
    campaigns = [CampaignFactory(policy=policy, **month) for policy in (scene.policy, PolicyFactory())]
    assert attesting.attest_closed() == 1
    assert Attestation.objects.get().campaign == campaigns[1]
    assert ["campaign.closed" in told(each) for each in campaigns] == [True, True]


def test_a_period_is_attested_when_it_has_settled(sequencing, scene):
    just = clock.now() - timedelta(seconds=20)
    CampaignFactory(policy=scene.policy, starts_at=just - timedelta(days=30), ends_at=just)
    assert attesting.attest_closed() == 0
    assert not Attestation.objects.exists()


def test_one_that_cannot_be_sealed_does_not_stop_the_others(sequencing, scene, monkeypatch):
    before = attesting.attest(starts_at=at(-31), ends_at=at(0))  # the sequencer is at work from here on
    monkeypatch.setattr(attesting, "PATIENCE_SECONDS", 5)
    stranger = {"checkpoint_size": 1, "checkpoint_note": "", "counts": {}, "manifest_digest": "", "document": "{}"}
    lost = Attestation.objects.create(
        starts_at=at(0), ends_at=at(1), entry=10**9, table="", assurance="policy", at=at(1), **stranger
    )
    for month in (31, 62):
        CampaignFactory(policy=scene.policy, starts_at=at(month), ends_at=at(month + 30))
    with pytest.raises(Conflict, match=r"^The sequencer has not signed entry 1000000000 for 5 s\.[^?]*\?$"):
        attesting.attest_closed()
    made = Attestation.objects.exclude(pk__in=[before.pk, lost.pk])
    assert [each.starts_at for each in made.order_by("pk")] == [at(31), at(62)]
    assert all(each.sealed_at for each in made)


def test_a_period_that_somebody_else_has_attested_meanwhile_is_refused(sequencing, scene):
    campaign = CampaignFactory(policy=scene.policy, starts_at=at(0), ends_at=at(31))
    attest = partial(attesting.attest, starts_at=at(0), ends_at=at(31), campaign=campaign)
    attest()
    with pytest.raises(Conflict, match="2026-03-01 to 2026-04-01 has been attested already"):
        attest()
    assert Attestation.objects.count() == 1


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
