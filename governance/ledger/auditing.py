"""
Recompute the whole ledger and say where it is not what was signed.

Everything is compared with everything: an entry's columns with the bytes of its leaf, the bytes with their
hash, the hashes with the root in each checkpoint, the checkpoints with their signatures. Every checkpoint is
compared with one and the same tree, so they are consistent with each other too. What lies outside (a
checkpoint that was mailed to an auditor) joins in.

An entry that is removed before it has a leaf leaves no trace, and a ledger that is rewritten with its
checkpoints is found only by a checkpoint from outside: keep some.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import starmap
from typing import Any, LiteralString

from django.db import connection, transaction
from psycopg import sql

from governance.ledger.canonical import STORED, leaf_of
from governance.ledger.merkle import Frontier, leaf_hash
from governance.ledger.notes import Head, Verifier, WrongNote, open_note

CHUNK = 10_000
Place = tuple[int, int, int]  # epoch, xid, id: the order of the tree

SNAPSHOT: LiteralString = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
CHECKPOINTS: LiteralString = "SELECT size, root, note FROM evidence.checkpoint ORDER BY size"
TREE: LiteralString = "SELECT size, frontier FROM evidence.tree"
LEAVES = sql.SQL("""
SELECT leaf.index, leaf.entry, leaf.canonical, leaf.hash, entry.epoch, entry.xid::text::bigint, {stored}
FROM evidence.leaf LEFT JOIN evidence.entry ON entry.id = leaf.entry
ORDER BY leaf.index
""").format(stored=sql.SQL(STORED))
LEFT_OUT: LiteralString = """
SELECT entry.id FROM evidence.entry
WHERE (entry.epoch, entry.xid, entry.id) <= (%s, %s::text::xid8, %s)
  AND NOT EXISTS (SELECT FROM evidence.leaf WHERE leaf.entry = entry.id)
ORDER BY entry.epoch, entry.xid, entry.id LIMIT 1
"""
UNCOMMITTED: LiteralString = """
SELECT secret.entry, secret.name FROM evidence.secret LEFT JOIN evidence.entry ON entry.id = secret.entry
WHERE entry.commitments ->> secret.name
      IS DISTINCT FROM encode(sha256(secret.salt || convert_to(secret.value, 'UTF8')), 'hex')
ORDER BY secret.entry LIMIT 1
"""
COUNT: LiteralString = """
SELECT (SELECT count(*) FROM evidence.leaf), (SELECT count(*) FROM evidence.entry),
       (SELECT count(*) FROM evidence.leaf WHERE unreadable)
"""


class Broken(Exception):
    """The first place at which the ledger is not what was signed."""

    def __init__(self, what: str, *, index: int | None = None, entry: int | None = None) -> None:
        super().__init__(what)
        self.what, self.index, self.entry = what, index, entry

    def __str__(self) -> str:
        where = [f"entry {self.entry}"] if self.entry is not None else []
        where += [f"leaf {self.index}"] if self.index is not None else []
        return f"{', '.join(where) or 'ledger'}: {self.what}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found whole: the tree, the checkpoints over it, entries that wait for a leaf, stand-in leaves."""

    size: int
    root: bytes
    checkpoints: int
    waiting: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint to be compared: its note, and the row that holds it; none for one from outside."""

    note: str
    row: Head | None


@dataclass(slots=True)  # not frozen: there are millions, and each would take twice as long to make
class Row:
    """A leaf beside its entry."""

    index: int
    entry: int
    canonical: bytes
    hash: bytes
    epoch: int | None
    xid: int | None
    stored: str

    def place(self) -> Place:
        """Return the entry's place in the order. Raises Broken if the entry is gone."""
        if self.epoch is None or self.xid is None:
            raise Broken("the entry is gone; its leaf remains", index=self.index, entry=self.entry)
        return self.epoch, self.xid, self.entry


def audit(
    *,
    origin: str,
    verifiers: Sequence[Verifier],
    outside: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
    chunk: int = CHUNK,
) -> Verdict:
    """
    Verify the ledger in one snapshot, so that writers and the sequencer may go on; return what was found whole.

    `outside` holds notes of checkpoints kept elsewhere. Raises Broken at the first bad place in the order of the tree.
    Must not run inside a transaction.
    """
    # The reader and what reads ahead end here and not in a generator: the collector may end an abandoned one while the
    # same connection is at work, or in the very thread that reads ahead, and then waits for itself.
    with (
        transaction.atomic(durable=True),
        connection.cursor() as cursor,
        connection.chunked_cursor() as reader,
        ThreadPoolExecutor(max_workers=1) as ahead,
    ):
        cursor.execute(SNAPSHOT)
        cursor.execute(COUNT)
        leaves, entries, unreadable = cursor.fetchone()
        heads = read_heads(cursor, origin, verifiers, outside)
        tree, last = walk(heads, told(rows(reader.cursor, ahead, chunk), leaves, progress, chunk))
        check_tree(cursor, tree)
        check_rest(cursor, last)
    return Verdict(tree.size, tree.root(), len(heads), entries - leaves, unreadable)


def read_heads(cursor: Any, origin: str, verifiers: Sequence[Verifier], outside: Sequence[str]) -> list[Head]:
    """Open every checkpoint, the smallest first. Raises Broken for one that was not signed as it stands."""
    cursor.execute(CHECKPOINTS)
    signed = [Signed(note, Head(origin, size, bytes(root))) for size, root, note in cursor.fetchall()]
    signed += [Signed(note, None) for note in outside]
    return sorted((open_head(each, origin, verifiers) for each in signed), key=lambda head: head.size)


def open_head(signed: Signed, origin: str, verifiers: Sequence[Verifier]) -> Head:
    """Return what a checkpoint says, if a known key says so and its row says the same."""
    where = f"the checkpoint at size {signed.row.size}" if signed.row else "the checkpoint from outside"
    try:
        head = Head.parse(open_note(signed.note, verifiers))
    except WrongNote as error:
        raise Broken(f"{where}: {error}") from error
    if head.origin != origin:
        raise Broken(f"{where} is of the ledger {head.origin!r}, not {origin!r}")
    if signed.row not in (None, head):
        raise Broken(f"{where}: its row says another size or root than its signed note")
    return head


def walk(heads: Sequence[Head], leaves: Iterable[Row]) -> tuple[Frontier, Place | None]:
    """Rebuild the tree leaf by leaf and meet the checkpoints on the way; return the tree and its last entry's place."""
    tree, last, ahead, good = Frontier(), None, list(heads), 0
    for row in leaves:
        last = check_row(row, tree.size, last)
        tree.append(row.hash)
        while ahead and ahead[0].size == tree.size:
            good = check_head(tree, ahead.pop(0), good)
    for head in ahead:
        raise Broken(
            f"a checkpoint over {head.size} leaves is signed, but only {tree.size} are here",
            index=tree.size,
        )
    return tree, last


def rows(reader: Any, ahead: Executor, size: int) -> Iterator[Row]:
    """Read the leaves beside their entries; while one chunk is looked at, the database is at work on the next."""
    ahead.submit(reader.execute, LEAVES, binary=True).result()
    coming = ahead.submit(reader.fetchmany, size)
    while chunk := coming.result():
        coming = ahead.submit(reader.fetchmany, size)
        yield from starmap(Row, chunk)


def told(leaves: Iterable[Row], total: int, progress: Callable[[int, int], None] | None, size: int) -> Iterator[Row]:
    """Pass the leaves on, and say after each chunk how many of the total were done."""
    for done, row in enumerate(leaves):
        if progress and done and done % size == 0:
            progress(done, total)
        yield row


def check_row(row: Row, expected: int, last: Place | None) -> Place:
    """Raise Broken unless the leaf is the next one, and says what its entry says; return the entry's place."""
    if row.index != expected:
        raise Broken(f"the leaf is missing; the next is {row.index}", index=expected)
    place = row.place()
    told, _ = leaf_of(row.entry, row.stored)
    if told != row.canonical:
        raise Broken(
            f"the entry is not what its leaf says: {difference(row.canonical, told)}",
            index=row.index,
            entry=row.entry,
        )
    if leaf_hash(row.canonical) != row.hash:
        raise Broken("the hash is not that of the leaf's bytes", index=row.index, entry=row.entry)
    if last is not None and place <= last:
        raise Broken(
            f"the leaf is out of order: entry {last[2]} stands before it",
            index=row.index,
            entry=row.entry,
        )
    return place


def check_head(tree: Frontier, head: Head, good: int) -> int:
    """Raise Broken unless the tree has the root that was signed for its size; return the size."""
    if tree.root() != head.root:
        raise Broken(
            f"the root over {head.size} leaves is not the signed one: an entry among leaves {good} to {head.size - 1} "
            "was changed together with its leaf",
            index=good,
        )
    return head.size


def check_tree(cursor: Any, tree: Frontier) -> None:
    """Raise Broken unless the sequencer's own frontier is that of the leaves."""
    cursor.execute(TREE)
    stored = cursor.fetchone()
    if stored is None or (stored[0], bytes(stored[1])) != (tree.size, tree.stored()):
        raise Broken(f"the sequencer's tree is not that of the {tree.size} leaves", index=tree.size)


def check_rest(cursor: Any, last: Place | None) -> None:
    """Raise Broken for an entry that was left out of the tree, or a text that its entry does not commit to."""
    if last is not None:
        cursor.execute(LEFT_OUT, [last[0], str(last[1]), last[2]])
        if left_out := cursor.fetchone():
            raise Broken("the entry has no leaf, though later ones have", entry=left_out[0])
    cursor.execute(UNCOMMITTED)
    if false := cursor.fetchone():
        raise Broken(f"the text of {false[1]!r} is not what the entry commits to", entry=false[0])


def difference(leaf: bytes, entry: bytes) -> str:
    """Say which fields of a leaf and of its entry differ."""
    try:
        before, after = json.loads(leaf), json.loads(entry)
        keys = sorted(before.keys() | after.keys())
    except (ValueError, AttributeError):
        return f"the leaf is {leaf[:80]!r}"
    changed = [key for key in keys if before.get(key) != after.get(key)]
    return (
        "; ".join(f"{key} was {brief(before.get(key))}, is {brief(after.get(key))}" for key in changed) or "other bytes"
    )


def brief(value: object) -> str:
    """Write a value so that a line can hold it."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= 100 else f"{text[:100]}…"  # noqa: PLR2004  characters a terminal's line leaves
