"""
Attesting: a period's grants, each in exactly one bucket, counted over a checkpoint of a ledger that was verified first.

A broken or unsequenced ledger is refused. Open items are counted as *carried over*. The digest of the manifest goes
into the ledger; the document is sealed when a signed checkpoint covers that entry.
"""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Prefetch, Q

from governance import clock, ledger
from governance.errors import Conflict
from governance.ledger import auditing, merkle
from governance.ledger.notes import Verifier
from governance.models import Checkpoint, Entry, Grant, Leaf, Organisation, Person
from reviews.models import Attestation, Campaign, Decision, Item, Remediation, Undo, Verdict
from reviews.reports.attestation import Seal, count, digest, draft, manifest_digest, rows_digest, sealed, table

PATIENCE_SECONDS = 60
BUCKET_OF = {
    Verdict.KEEP: "kept",
    Verdict.REDUCE: "reduced",
    Verdict.REVOKE: "revoked",
    Verdict.SUSPEND: "suspended",
}


def attest_closed() -> int:
    """Attest every calendar period that has ended, and seal what a broken-off run left unsealed; return how many."""
    at = clock.now()
    unsealed = list(Attestation.objects.filter(sealed_at=None))
    for made in unsealed:
        seal(made)
    periods = {(campaign.starts_at, campaign.ends_at): campaign for campaign in Campaign.objects.closed(at)}
    for (starts_at, ends_at), campaign in sorted(periods.items()):
        attest(starts_at=starts_at, ends_at=ends_at, campaign=campaign)
    return len(periods) + len(unsealed)


def attest(
    *, starts_at: datetime, ends_at: datetime, campaign: Campaign | None = None, by: Person | None = None
) -> Attestation:
    """
    Count, sign and seal one period, half-open: from `starts_at` up to and without `ends_at`.

    Raises Conflict where the period is empty or in the future, where the ledger is broken, and where the sequencer does
    not keep up.
    """
    at = clock.now()
    if starts_at >= ends_at or starts_at >= at:
        raise Conflict("The period has to begin before it ends, and before now.")
    verify_ledger()
    checkpoint = covered(newest_entry())
    rows = list(population(starts_at=starts_at, ends_at=min(ends_at, at)))
    manifest = describe(rows, starts_at=starts_at, ends_at=ends_at, checkpoint=checkpoint, at=at)
    made = store(manifest, rows, campaign=campaign, checkpoint=checkpoint, by=by)
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


def newest_entry() -> int:
    """The entry up to which the period is counted."""
    newest = Entry.objects.newest_first().values_list("id", flat=True).first()
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


def population(*, starts_at: datetime, ends_at: datetime) -> Iterator[dict[str, Any]]:
    """Every grant that was open at any moment of the period, once, with its bucket."""
    decisions = Decision.objects.filter(at__lt=ends_at).select_related("answer__person", "policy")
    items = (
        Item.objects.filter(review__opened_at__lt=ends_at)
        .select_related("agent")
        .order_by("-pk")
        .prefetch_related(
            Prefetch("decision", queryset=decisions),
            Prefetch("decision__undo", queryset=Undo.objects.filter(at__lt=ends_at)),
            Prefetch("decision__remediations", queryset=Remediation.objects.order_by("pk")),
        )
    )
    grants = (
        Grant.objects.filter(Q(closed_at=None) | Q(closed_at__gt=starts_at), opened_at__lt=ends_at)
        .select_related("account__system", "entitlement")
        .prefetch_related(Prefetch("items", queryset=items))
        .order_by("pk")
    )
    for grant in grants.iterator(chunk_size=2000):
        yield row_of(grant, list(grant.items.all()), starts_at=starts_at, ends_at=ends_at)


def row_of(grant: Grant, items: list[Item], *, starts_at: datetime, ends_at: datetime) -> dict[str, Any]:
    """One line of the attestation."""
    asked = [each for each in items if each.closed_at is None or each.closed_at >= starts_at]
    decision = deciding(items, starts_at=starts_at)
    item = decision.item if decision else next(iter(asked), None)
    act = list(decision.remediations.all())[-1:] if decision else []
    answer = decision.answer if decision else None
    return {
        "grant": str(grant.pk),
        "system": grant.account.system.name,
        "account": grant.account.name,
        "entitlement": grant.entitlement.name,
        "origin": grant.origin,
        "agent": item.agent.name if item and item.agent else "",
        "opened_at": ledger.stamp(grant.opened_at),
        "closed_at": ledger.stamp(grant.closed_at) if grant.closed_at else "",
        "bucket": bucket(grant, asked, decision, ends_at=ends_at),
        "review": str(item) if item else "",
        "decided_by": decision.by if decision else "",
        "decided_at": ledger.stamp(decision.at) if decision else "",
        "assurance": answer.assurance if answer else "",
        "reason_given": "yes" if answer and answer.reason else "",
        "act": act[0].act if act else "",
        "act_state": act[0].state if act else "",
        "verified_at": ledger.stamp(act[0].verified_at) if act and act[0].verified_at else "",
        "other_paths": act[0].outcome.get("other_paths", []) if act else [],
    }


def deciding(items: list[Item], *, starts_at: datetime) -> Decision | None:
    """
    The decision by which a grant stands in this period: the newest, whoever was asked.

    What was taken away earlier stays so; an earlier keep is a lease that runs, and what was taken back earlier is over.
    """
    decisions = [decision for each in items if (decision := getattr(each, "decision", None)) is not None]
    newest: Decision | None = max(decisions, key=lambda decision: (decision.at, decision.pk), default=None)
    if newest is None or newest.at >= starts_at:
        return newest
    undo = undo_of(newest)
    speaks = undo.at >= starts_at if undo else newest.verdict != Verdict.KEEP
    return newest if speaks else None


def undo_of(decision: Decision) -> Undo | None:
    """How a decision was taken back; None before the end of the period."""
    undo: Undo | None = getattr(decision, "undo", None)
    return undo


def bucket(grant: Grant, asked: list[Item], decision: Decision | None, *, ends_at: datetime) -> str:
    """The one bucket of a grant at the end of the period: by what was asked in it, and the decision that holds."""
    if any(each.closed_at is None or each.closed_at >= ends_at for each in asked):
        return "carried_over"
    if decision is not None:
        return undone(decision) if undo_of(decision) else BUCKET_OF[Verdict(decision.verdict)]
    if grant.closed_at is not None and grant.closed_at < ends_at:
        return "removed_outside"
    return "withdrawn" if asked else "not_asked"


def undone(decision: Decision) -> str:
    """A removal that was taken back is *kept* for the undo's lease; a keep that was taken back is asked again."""
    return "carried_over" if decision.verdict == Verdict.KEEP else "kept"


def describe(
    rows: list[dict[str, Any]], *, starts_at: datetime, ends_at: datetime, checkpoint: Checkpoint, at: datetime
) -> dict[str, Any]:
    """The manifest: everything that is stated, in a few lines."""
    removals = [row for row in rows if row["bucket"] in {"revoked", "suspended"}]
    states = sorted({row["act_state"] or "none" for row in removals})
    return {
        "v": 1,
        "kind": "countersign.attestation",
        "organisation": Organisation.objects.get().name,
        "period": {"from": ledger.stamp(starts_at), "to": ledger.stamp(ends_at)},
        "counted_at": ledger.stamp(at),
        "counts": count(rows),
        "removals": {state: sum((row["act_state"] or "none") == state for row in removals) for state in states},
        "rows_sha256": rows_digest(rows),
        "table_sha256": digest(table(rows).encode()),
        "checkpoint": checkpoint.note,
        "made_by": {"name": "countersign", "version": settings.VERSION},
    }


def store(
    manifest: dict[str, Any],
    rows: list[dict[str, Any]],
    *,
    campaign: Campaign | None,
    checkpoint: Checkpoint,
    by: Person | None,
) -> Attestation:
    """Write it down, and its digest into the ledger."""
    with transaction.atomic():
        at = clock.now()
        made = Attestation.objects.create(
            campaign=campaign,
            starts_at=datetime.fromisoformat(manifest["period"]["from"]),
            ends_at=datetime.fromisoformat(manifest["period"]["to"]),
            checkpoint_size=checkpoint.size,
            checkpoint_note=checkpoint.note,
            counts=manifest["counts"],
            manifest_digest=manifest_digest(manifest),
            document=draft(manifest, rows),
            table=table(rows),
            signed_by=by,
            assurance="person" if by else "policy",
            at=at,
        )
        actor = ledger.Actor.person(by) if by else ledger.Actor.step("attesting")
        made.entry = ledger.record(
            act=ledger.Act.ATTESTATION_SIGNED,
            actor=actor,
            subjects=[made, *([campaign] if campaign else [])],
            body={"manifest": made.manifest_digest, "counts": manifest["counts"], "size": checkpoint.size},
        )
        made.save(update_fields=["entry"])
        if campaign is not None:
            body = {"counts": manifest["counts"], "rows_sha256": manifest["rows_sha256"]}
            ledger.record(act=ledger.Act.CAMPAIGN_CLOSED, actor=actor, subjects=[campaign, made], body=body)
    return made


def seal(made: Attestation) -> Attestation:
    """Wait until a signed checkpoint covers the entry, and put the proofs into the document; twice is harmless."""
    entry = made.entry or newest_entry()
    signed = covered(entry)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        proof = ledger.prove([entry], under=signed)[0]
        hashes = Leaf.objects.filter(index__lt=signed.size).order_by("index").values_list("hash", flat=True)
        leaves = [bytes(each) for each in hashes.iterator(chunk_size=10_000)]
        consistency = merkle.consistency_proof(leaves, made.checkpoint_size)
        made.document = sealed(made.document, Seal(proof.canonical, proof.index, proof.path, signed.note, consistency))
        made.sealed_at = clock.now()
        Attestation.objects.filter(pk=made.pk, sealed_at=None).update(document=made.document, sealed_at=made.sealed_at)
    return made
