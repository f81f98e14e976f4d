"""
The Merkle tree of RFC 9162 (the hash of RFC 6962): its root, and proofs that need nothing but the root to be believed.

A frontier is the part of the tree that still changes: one hash for each set bit of the size. Appending to it
is all that the sequencer has to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

HASH_SIZE = 32
EMPTY = sha256(b"").digest()


class WrongProof(Exception):
    """A proof does not prove; the message says where it fails."""


def leaf_hash(data: bytes) -> bytes:
    """Hash the bytes of a leaf."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two sub-trees into one."""
    return sha256(b"\1" + left + right).digest()


@dataclass(slots=True)
class Frontier:
    """A tree that grows: its size and the hashes of its perfect sub-trees, the largest first."""

    size: int = 0
    nodes: list[bytes] = field(default_factory=list)

    @classmethod
    def load(cls, size: int, stored: bytes) -> "Frontier":
        """Read what `stored` wrote. Raises ValueError if the hashes are not as many as the size needs."""
        nodes = [bytes(stored[at : at + HASH_SIZE]) for at in range(0, len(stored), HASH_SIZE)]
        if len(stored) != HASH_SIZE * size.bit_count():
            raise ValueError(f"a frontier of size {size} has {size.bit_count()} hashes, not {len(stored)} bytes")
        return cls(size, nodes)

    def stored(self) -> bytes:
        """Write the hashes one after the other."""
        return b"".join(self.nodes)

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        full, nodes = self.size, self.nodes
        while full & 1:
            leaf = node_hash(nodes.pop(), leaf)
            full >>= 1
        nodes.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree at this size."""
        if not self.nodes:
            return EMPTY
        *rest, root = self.nodes
        for node in reversed(rest):
            root = node_hash(node, root)
        return root


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over the hashes of leaves."""
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def split(size: int) -> int:
    """Return the largest power of two that is smaller than the size."""
    return 1 << (size - 1).bit_length() - 1


def levels_of(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    """Return the whole tree from the leaves' hashes up to the root; a last node without a neighbour rises as it is."""
    levels: list[Sequence[bytes]] = [leaves]
    while len(level := levels[-1]) > 1:
        above = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        levels.append([*above, *level[len(above) * 2 :]])
    return levels


def inclusion_proof(levels: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """Prove from the levels of a tree that its root covers the leaf at `index`: the neighbours, from the bottom up."""
    if not 0 <= index < len(levels[0]):
        raise ValueError(f"there is no leaf {index} in a tree of {len(levels[0])}")
    proof = []
    for height, level in enumerate(levels[:-1]):
        neighbour = (index >> height) ^ 1
        if neighbour < len(level):
            proof.append(level[neighbour])
    return proof


def consistency_proof(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """Prove that the tree over the first `old` leaves is the beginning of the tree over them all."""
    if not 0 < old <= len(leaves):
        raise ValueError(f"no proof leads from a tree of {old} to one of {len(leaves)}")
    return subproof(leaves, old, whole=True)


def subproof(leaves: Sequence[bytes], old: int, *, whole: bool) -> list[bytes]:
    """Do one step of RFC 9162, 2.1.4.1; `whole` says that the verifier knows this sub-tree's root already."""
    if old == len(leaves):
        return [] if whole else [root_of(leaves)]
    middle = split(len(leaves))
    if old <= middle:
        return [*subproof(leaves[:middle], old, whole=whole), root_of(leaves[middle:])]
    return [*subproof(leaves[middle:], old - middle, whole=False), root_of(leaves[:middle])]


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Raise WrongProof unless the proof leads from the leaf's hash to the root (RFC 9162, 2.1.3.2)."""
    check_hashes([leaf, *proof])
    if not 0 <= index < size:
        raise WrongProof(f"there is no leaf {index} in a tree of {size}")
    place, last, found = index, size - 1, leaf
    for node in proof:
        if last == 0:
            raise WrongProof("the proof is too long")
        if place & 1 or place == last:
            found = node_hash(node, found)
            place, last = climb(place, last)
        else:
            found = node_hash(found, node)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise WrongProof("the proof is too short")
    check_root(found, root)


def climb(place: int, last: int) -> tuple[int, int]:
    """Skip the levels on which a sub-tree has no right neighbour."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def verify_consistency(*, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raise WrongProof unless the old tree is the beginning of the new one (RFC 9162, 2.1.4.2)."""
    check_hashes([old_root, new_root, *proof])
    if not 0 < old <= new:
        raise WrongProof(f"no proof leads from a tree of {old} to one of {new}")
    if old == new:
        if proof:
            raise WrongProof("trees of one size need no proof")
        check_root(old_root, new_root)
        return
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        raise WrongProof("the proof is too short")
    earlier, later = rebuild(path, old - 1, new - 1)
    check_root(earlier, old_root)
    check_root(later, new_root)


def rebuild(path: Sequence[bytes], place: int, last: int) -> tuple[bytes, bytes]:
    """Return the roots of the old and of the new tree that a consistency proof gives."""
    while place & 1:
        place, last = place >> 1, last >> 1
    earlier = later = path[0]
    for node in path[1:]:
        if last == 0:
            raise WrongProof("the proof is too long")
        if place & 1 or place == last:
            earlier, later = node_hash(node, earlier), node_hash(node, later)
            place, last = climb(place, last)
        else:
            later = node_hash(later, node)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise WrongProof("the proof is too short")
    return earlier, later


def check_hashes(hashes: Sequence[bytes]) -> None:
    """Raise WrongProof for what cannot be a hash."""
    for each in hashes:
        if len(each) != HASH_SIZE:
            raise WrongProof(f"a hash has {HASH_SIZE} bytes, not {len(each)}")


def check_root(found: bytes, root: bytes) -> None:
    """Raise WrongProof unless both are one."""
    if found != root:
        raise WrongProof(f"the proof leads to {found.hex()}, not to {root.hex()}")
