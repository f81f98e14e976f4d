"""
Attesting: a period's grants, each in exactly one bucket, counted over a checkpoint of a ledger that was verified first.

A broken or unsequenced ledger is refused. All that is counted is what one snapshot of the database shows, and the
checkpoint covers every entry that this snapshot shows. The digest of the manifest goes into the ledger; the document is
sealed when a signed checkpoint covers that entry.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from governance import clock, ledger
from governance.errors import Conflict
from governance.ledger import auditing, merkle
from governance.ledger.notes import Verifier
from governance.models import Checkpoint, Entry, Leaf, Organisation, Person
from reviews.models import Attestation, Campaign
from reviews.reports import population
from reviews.reports.attestation import Seal, count, digest, draft, manifest_digest, rows_digest, sealed, table
from reviews.reports.population import Period

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 60
REMOVED = {"reduced", "revoked", "suspended"}  # a decision took something away, or is to
SETTLED = timedelta(minutes=1)  # what is dated before the end of a period may be committed a moment after it


@dataclass(frozen=True, slots=True)
class Counted:
    """What one snapshot showed of a period, up to its own moment: the lines, their table, the ledger's last entry."""

    period: Period
    rows: list[dict[str, Any]]
    table: str
    at: datetime
    newest: int


def attest_closed() -> int:
    """
    Attest every calendar period that has ended, and seal what a broken-off run left unsealed; return how many.

    One that is refused does not stop the others. Raises Conflict at the end, with all that was refused.
    """
    ended = Campaign.objects.closed(clock.now() - SETTLED).order_by("pk")
    periods = {(campaign.starts_at, campaign.ends_at): campaign for campaign in ended}  # the newest policy's
    work: list[Callable[[], object]] = [partial(seal, made) for made in Attestation.objects.filter(sealed_at=None)]
    work += [
        partial(attest, starts_at=starts_at, ends_at=ends_at, campaign=campaign)
        for (starts_at, ends_at), campaign in sorted(periods.items())
    ]
    refused = [why for each in work if (why := refusal(each))]
    if refused:
        raise Conflict(" ".join(dict.fromkeys(refused)))
    return len(work)


def refusal(work: Callable[[], object]) -> str:
    """Do one thing; return why it was refused, "" where it went well."""
    try:
        work()
    except Conflict as error:
        logger.warning("a period was not attested: %s", error)
        return str(error)
    return ""


def attest(
    *, starts_at: datetime, ends_at: datetime, campaign: Campaign | None = None, by: Person | None = None
) -> Attestation:
    """
    Count, sign and seal one period, half-open: from `starts_at` up to and without `ends_at`.

    A period that is not over ends now, and the attestation names that moment as its end. Raises Conflict where the
    period is empty or in the future, where the ledger is broken, where the sequencer does not keep up, and where the
    campaign's period is attested already.
    """
    if starts_at >= ends_at or starts_at >= clock.now():
        raise Conflict("The period has to begin before it ends, and before now.")
    verify_ledger()
    counted = count_period(starts_at=starts_at, ends_at=ends_at)
    checkpoint = covered(counted.newest)
    manifest = describe(counted, checkpoint=checkpoint)
    made = store(manifest, counted, campaign=campaign, checkpoint=checkpoint, by=by)
    return seal(made)


def verify_ledger() -> None:
    """Raise Conflict, naming the first bad place, unless the whole ledger is what was signed."""
    keys = [Verifier.parse(vkey) for vkey in settings.LEDGER_VKEY.split()]
    if not keys:
        raise Conflict("LEDGER_VKEY is not set: pin the ledger's public key, so that its signatures can be checked.")
    try:
        found = auditing.audit(origin=settings.LEDGER_ORIGIN, verifiers=keys)
    except auditing.Broken as error:
        raise Conflict(f"The ledger is broken, so nothing is attested over it: {error}") from error
    if found.unreadable:
        raise Conflict(
            f"{found.unreadable} entries have no canonical form; look into them first (manage.py verify_ledger)."
        )


@contextmanager
def snapshot() -> Iterator[None]:
    """One transaction to which the database stands still from its first query on."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def count_period(*, starts_at: datetime, ends_at: datetime) -> Counted:
    """Every line, from one snapshot; of a period that is not over, up to the snapshot's moment."""
    with snapshot():
        newest, at = newest_entry(), clock.now()
        period = Period(starts_at, min(ends_at, at))
        rows = list(population.rows(period))
    return Counted(period, rows, table(rows), at, newest)


def newest_entry() -> int:
    """The entry that comes last in the tree, of those that can be seen."""
    newest = Entry.objects.order_by("-epoch_id", "-xid", "-id").values_list("id", flat=True).first()
    if newest is None:
        raise Conflict("The ledger is empty: there is nothing to attest.")
    return newest


def covered(entry: int) -> Checkpoint:
    """The checkpoint that covers an entry; waits a minute for the sequencer, then raises Conflict."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while (found := ledger.checkpoint_covering(entry)) is None:
        if time.monotonic() > ends:
            raise Conflict(
                f"The sequencer has not signed entry {entry} for {PATIENCE_SECONDS} s. Is `manage.py sequence` running?"
            )
        time.sleep(0.1)
    return found


def describe(counted: Counted, *, checkpoint: Checkpoint) -> dict[str, Any]:
    """The manifest: everything that is stated, in a few lines."""
    rows, period = counted.rows, counted.period
    removals = [row["act_state"] or "none" for row in rows if row["bucket"] in REMOVED]
    return {
        "v": 1,
        "kind": "countersign.attestation",
        "organisation": Organisation.objects.get().name,
        "period": {"from": ledger.stamp(period.starts_at), "to": ledger.stamp(period.ends_at)},
        "counted_at": ledger.stamp(counted.at),
        "counts": count(rows),
        "removals": {state: removals.count(state) for state in sorted(set(removals))},
        "rows_sha256": rows_digest(rows),
        "table_sha256": digest(counted.table.encode()),
        "checkpoint": checkpoint.note,
        "made_by": {"name": "countersign", "version": settings.VERSION},
    }


def store(
    manifest: dict[str, Any],
    counted: Counted,
    *,
    campaign: Campaign | None,
    checkpoint: Checkpoint,
    by: Person | None,
) -> Attestation:
    """Write it down, and its digest into the ledger; raise Conflict where a campaign's period is attested already."""
    made = Attestation(
        campaign=campaign,
        starts_at=datetime.fromisoformat(manifest["period"]["from"]),
        ends_at=datetime.fromisoformat(manifest["period"]["to"]),
        checkpoint_size=checkpoint.size,
        checkpoint_note=checkpoint.note,
        counts=manifest["counts"],
        manifest_digest=manifest_digest(manifest),
        document=draft(manifest, counted.rows),
        table=counted.table,
        signed_by=by,
        assurance="person" if by else "policy",
        at=clock.now(),
    )
    try:
        with transaction.atomic():
            made.save()
            record(made, rows_sha256=manifest["rows_sha256"])
    except IntegrityError as error:
        raise Conflict(f"The period {made} has been attested already.") from error
    return made


def record(made: Attestation, *, rows_sha256: str) -> None:
    """Sign: name the manifest in the ledger. Every campaign of the period, whichever its policy, ends with it."""
    actor = ledger.Actor.person(made.signed_by) if made.signed_by else ledger.Actor.step("attesting")
    made.entry = ledger.record(
        act=ledger.Act.ATTESTATION_SIGNED,
        actor=actor,
        subjects=[made, *([made.campaign] if made.campaign else [])],
        body={"manifest": made.manifest_digest, "counts": made.counts, "size": made.checkpoint_size},
    )
    made.save(update_fields=["entry"])
    if made.campaign is not None:
        body = {"counts": made.counts, "rows_sha256": rows_sha256}
        ended = Campaign.objects.filter(starts_at=made.starts_at, ends_at=made.ends_at).order_by("pk")
        ledger.record_many(
            ledger.Fact(act=ledger.Act.CAMPAIGN_CLOSED, actor=actor, subjects=[each, made], body=body) for each in ended
        )


def seal(made: Attestation) -> Attestation:
    """Wait until a signed checkpoint covers the entry, and put the proofs into the document; twice is harmless."""
    entry = made.entry or newest_entry()
    signed = covered(entry)
    with snapshot():
        proof = ledger.prove([entry], under=signed)[0]
        hashes = Leaf.objects.filter(index__lt=signed.size).order_by("index").values_list("hash", flat=True)
        leaves = [bytes(each) for each in hashes.iterator(chunk_size=10_000)]
        consistency = merkle.consistency_proof(leaves, made.checkpoint_size)
        made.document = sealed(made.document, Seal(proof.canonical, proof.index, proof.path, signed.note, consistency))
        made.sealed_at = clock.now()
        Attestation.objects.filter(pk=made.pk, sealed_at=None).update(document=made.document, sealed_at=made.sealed_at)
    return made
