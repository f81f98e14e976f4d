"""An attestation that needs no database: rows, a small ledger around its entry, two checkpoints, one key."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import rfc8785

from governance.ledger import merkle
from governance.ledger.notes import Head, Signer
from reviews.reports.attestation import BUCKETS, COLUMNS, Seal, count, digest, draft, manifest_digest, sealed, table
from reviews.reports.attestation import rows_digest as digest_of_rows

ORIGIN = "countersign.example/ledger"
SIGNER = Signer.generate(ORIGIN)


def row(number: int, bucket: str = "kept", **more: Any) -> dict[str, Any]:
    """One line."""
    return {**dict.fromkeys(COLUMNS, ""), "grant": str(number), "bucket": bucket, "other_paths": [], **more}


ROWS = [row(number, bucket) for number, bucket in enumerate(BUCKETS)] + [row(99, "revoked", other_paths=["PUBLIC"])]


@dataclass
class Attested:
    """What a period's file is made of; each part can be another one than the honest."""

    rows: list[dict[str, Any]]
    signer: Signer = SIGNER
    sealer: Signer = SIGNER
    before: int = 3  # leaves under the checkpoint over which it was counted
    after: int = 2  # leaves that came with its entry
    act: str = "attestation.signed"
    rewritten: bool = False  # after it was counted
    more: tuple[tuple[str, Any], ...] = ()

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return {
            "v": 1,
            "kind": "countersign.attestation",
            "organisation": "Skyway Air",
            "period": {"from": "2026-10-01T00:00:00.000000Z", "to": "2026-11-01T00:00:00.000000Z"},
            "counts": count(self.rows),
            "rows_sha256": digest_of_rows(self.rows),
            "table_sha256": digest(self.table),
            "checkpoint": note(self.leaves[: self.before], self.signer),
            **dict(self.more),
        }

    @property
    def table(self) -> bytes:
        return table(self.rows).encode()

    @property
    def entry(self) -> bytes:
        return rfc8785.dumps({"act": self.act, "body": {"manifest": manifest_digest(self.manifest)}})

    @property
    def leaves(self) -> list[bytes]:
        return [merkle.leaf_hash(str(number).encode()) for number in range(self.before)]

    @property
    def document(self) -> bytes:
        rest = [merkle.leaf_hash(b"later") for _ in range(self.after - 1)]
        earlier = [merkle.leaf_hash(b"forged")] * self.before if self.rewritten else self.leaves
        leaves = [*earlier, merkle.leaf_hash(self.entry), *rest]
        path = merkle.inclusion_proof(merkle.levels_of(leaves), self.before)
        consistency = merkle.consistency_proof(leaves, self.before)
        proofs = Seal(self.entry, self.before, path, note(leaves, self.sealer), consistency)
        return sealed(draft(self.manifest, self.rows), proofs).encode()


def note(leaves: list[bytes], signer: Signer) -> str:
    """A signed checkpoint over these leaves."""
    return signer.sign(Head(ORIGIN, len(leaves), merkle.root_of(leaves)).text())
