"""
The attestation as a file, and its verification.

No database, no network, nothing of ours but this module and the ledger's mathematics.

A document is the RFC 8785 bytes of
    {"manifest": …, "rows": […], "seal": {"leaf", "index", "path", "checkpoint", "consistency"}}

The manifest names the period, the counts, the SHA-256 of the rows and of the table (CSV), and the checkpoint over which
it was counted. Its own SHA-256 is in the ledger; the seal proves that this entry lies under a signed checkpoint. That
signature is the attestation's signature.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import rfc8785

from governance.ledger import merkle
from governance.ledger.notes import Head, Verifier, WrongNote, from_base64, open_note, to_base64

BUCKETS = (
    "kept",
    "reduced",
    "revoked",
    "suspended",
    "removed_outside",
    "withdrawn",
    "exempt",
    "carried_over",
    "not_asked",
)
COLUMNS = (
    *("grant", "system", "account", "entitlement", "origin", "agent", "opened_at", "closed_at", "bucket", "review"),
    *("decided_by", "decided_at", "assurance", "reason_given"),
    *("act", "act_state", "verified_at", "other_paths", "unread"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four are full-width


class WrongAttestation(Exception):
    """The first part of a file that is not what was signed."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What ties the manifest to a signed checkpoint."""

    leaf: bytes
    index: int
    path: Sequence[bytes]
    note: str
    consistency: Sequence[bytes]


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV. A cell that a spreadsheet would take for a formula gets an apostrophe (OWASP ASVS 1.2.10)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([harmless(row[column]) for column in COLUMNS] for row in rows)
    return out.getvalue()


def harmless(value: object) -> str:
    """A cell as text that no spreadsheet computes."""
    text = "; ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text


def count(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many rows there are, how many lie in each bucket, and how many in none: the difference, which has to be 0."""
    found = Counter(row["bucket"] for row in rows)
    counts = {bucket: found[bucket] for bucket in BUCKETS}
    return {"population": len(rows), **counts, "difference": len(rows) - sum(counts.values())}


def manifest_digest(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of the manifest's RFC 8785 bytes, in hex: what the ledger holds."""
    return digest(rfc8785.dumps(dict(manifest)))


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return sha256(data).hexdigest()


def rows_digest(rows: Sequence[dict[str, Any]]) -> str:
    """SHA-256 of the rows' RFC 8785 bytes."""
    return digest(rfc8785.dumps(list(rows)))


def draft(manifest: Mapping[str, Any], rows: Sequence[dict[str, Any]]) -> str:
    """The file before a signed checkpoint covers its entry: it has no seal, and does not verify."""
    return rfc8785.dumps({"manifest": dict(manifest), "rows": list(rows)}).decode()


def sealed(drafted: str, seal: Seal) -> str:
    """The whole file, in its one form."""
    proofs: dict[str, Any] = {
        "leaf": to_base64(seal.leaf),
        "index": seal.index,
        "path": [to_base64(each) for each in seal.path],
        "checkpoint": seal.note,
        "consistency": [to_base64(each) for each in seal.consistency],
    }
    seal_comes_last = f',"seal":{rfc8785.dumps(proofs).decode()}}}'
    return drafted.removesuffix("}") + seal_comes_last


def verify(data: bytes, *, vkey: str, csv_table: bytes | None = None) -> dict[str, Any]:
    """
    Check a file against a key that the caller knows from elsewhere (or several, by spaces); return its manifest.

    Raises WrongAttestation naming the first wrong part: form, rows, table, counts, checkpoint, entry, seal; WrongNote
    for a key that is none, which says nothing of the file.
    """
    verifiers = [Verifier.parse(each) for each in vkey.split()]
    content = parse(data)
    try:
        manifest, rows, seal = content["manifest"], content["rows"], content["seal"]
        check_rows(manifest, rows, csv_table)
        check_seal(manifest, seal, verifiers)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise WrongAttestation(f"form: {type(error).__name__}: {error}") from error
    except WrongNote as error:
        raise WrongAttestation(f"checkpoint: {error}") from error
    except merkle.WrongProof as error:
        raise WrongAttestation(f"seal: {error}") from error
    return dict(manifest)


def parse(data: bytes) -> dict[str, Any]:
    """Read the file; it must be the one form of what it says."""
    try:
        content = json.loads(data)
        canonical = rfc8785.dumps(content)
    except (ValueError, RecursionError, rfc8785.CanonicalizationError) as error:
        raise WrongAttestation(f"form: this is no attestation: {error}") from error
    if not isinstance(content, dict) or set(content) != {"manifest", "rows", "seal"}:
        raise WrongAttestation("form: manifest, rows and seal are wanted, and nothing else")
    if canonical != data.rstrip(b"\n"):
        raise WrongAttestation("form: the bytes are not the one form (RFC 8785) of their content")
    return content


def check_rows(manifest: Mapping[str, Any], rows: list[dict[str, Any]], csv_table: bytes | None) -> None:
    """The rows are those that were counted, and the counts add up."""
    if rows_digest(rows) != manifest["rows_sha256"]:
        raise WrongAttestation("rows: not those that the manifest names")
    if csv_table is not None and digest(csv_table) != manifest["table_sha256"]:
        raise WrongAttestation("table: not the one that the manifest names")
    counts = count(rows)
    wrong = [name for name, value in counts.items() if manifest["counts"].get(name) != value]
    if wrong:
        raise WrongAttestation(
            f"counts: {wrong[0]} is {manifest['counts'].get(wrong[0])}, the rows say {counts[wrong[0]]}"
        )
    if counts["difference"]:
        raise WrongAttestation("counts: a row lies in no bucket")


def check_seal(manifest: Mapping[str, Any], seal: Mapping[str, Any], verifiers: Sequence[Verifier]) -> None:
    """Both checkpoints are signed, the later continues the earlier and covers the entry that names this manifest."""
    counted = head_of(manifest["checkpoint"], verifiers)
    sealed = head_of(seal["checkpoint"], verifiers)
    leaf = from_base64(seal["leaf"])
    entry = json.loads(leaf)
    if entry["act"] != "attestation.signed" or entry["body"].get("manifest") != manifest_digest(manifest):
        raise WrongAttestation("entry: the ledger names another manifest")
    merkle.verify_inclusion(
        index=seal["index"],
        size=sealed.size,
        leaf=merkle.leaf_hash(leaf),
        proof=[from_base64(each) for each in seal["path"]],
        root=sealed.root,
    )
    merkle.verify_consistency(
        old=counted.size,
        new=sealed.size,
        old_root=counted.root,
        new_root=sealed.root,
        proof=[from_base64(each) for each in seal["consistency"]],
    )


def head_of(note: str, verifiers: Sequence[Verifier]) -> Head:
    """A checkpoint that one of these keys signed, and no other line beside its signature."""
    head = Head.parse(open_note(note, verifiers))
    if note.count("\n— ") != 1:
        raise WrongAttestation("checkpoint: it carries more than one signature")
    return head
