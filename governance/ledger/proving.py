"""Prove to somebody who has only a checkpoint that an entry is in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass

from governance.ledger import merkle
from governance.models import Checkpoint, Leaf


@dataclass(frozen=True, slots=True)
class Inclusion:
    """An entry's leaf, and the path of hashes from it to a checkpoint's root."""

    entry: int
    index: int
    size: int
    canonical: bytes
    path: tuple[bytes, ...]

    def verify(self, root: bytes) -> None:
        """Raise merkle.WrongProof unless the root covers these bytes at this place."""
        merkle.verify_inclusion(
            index=self.index,
            size=self.size,
            leaf=merkle.leaf_hash(self.canonical),
            proof=self.path,
            root=root,
        )


def prove(entries: Sequence[int], *, under: Checkpoint) -> list[Inclusion]:
    """
    Return a proof for each entry, in the order given. Reads 32 bytes of every leaf under the checkpoint, once.

    Raises LookupError naming the first entry that the checkpoint does not cover.
    """
    leaves = {leaf.entry_id: leaf for leaf in Leaf.objects.filter(entry__in=entries, index__lt=under.size)}
    for entry in entries:
        if entry not in leaves:
            raise LookupError(f"entry {entry} is not covered by the checkpoint at size {under.size}")
    hashes = Leaf.objects.filter(index__lt=under.size).order_by("index").values_list("hash", flat=True)
    levels = merkle.levels_of([bytes(each) for each in hashes.iterator(chunk_size=10_000)])
    return [
        Inclusion(
            entry=entry,
            index=leaves[entry].index,
            size=under.size,
            canonical=bytes(leaves[entry].canonical),
            path=tuple(merkle.inclusion_proof(levels, leaves[entry].index)),
        )
        for entry in entries
    ]
