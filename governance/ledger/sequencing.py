"""
Turn committed entries into leaves, and sign how large the tree has become.

Keys of rows are given out before transactions commit, so a cursor over ids would pass over an entry that
commits late. The order is `(epoch, xid, id)`, and only what lies below every running transaction is taken:
nothing can still appear before it. Transaction numbers mean something within one cluster alone; entries of
older epochs were restored, hence committed.

The row `evidence.tree` is locked for each batch. Several sequencers may run: one works, the others wait for its commit.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, LiteralString

from django.db import connection, transaction
from psycopg import sql

from governance.ledger.canonical import STORED, leaf_of
from governance.ledger.merkle import EMPTY, Frontier, leaf_hash
from governance.ledger.notes import Head, Signer

logger = logging.getLogger(__name__)

BATCH = 5_000

LOCK: LiteralString = "SELECT size, frontier, epoch, xid::text, entry FROM evidence.tree FOR UPDATE"

# The epoch that this cluster writes: the last one's number, or the next if nothing was written here since the restore.
HERE: LiteralString = """
SELECT number + CASE WHEN system_identifier = evidence.cluster() THEN 0 ELSE 1 END
FROM evidence.epoch ORDER BY number DESC LIMIT 1
"""

NEXT = sql.SQL("""
SELECT entry.id, entry.epoch, entry.xid::text, {stored}
FROM evidence.entry
WHERE (entry.epoch, entry.xid, entry.id) > (%(epoch)s, %(xid)s::xid8, %(entry)s)
  AND (entry.epoch < %(here)s OR entry.xid < pg_snapshot_xmin(pg_current_snapshot()))
ORDER BY entry.epoch, entry.xid, entry.id
LIMIT %(limit)s
""").format(stored=sql.SQL(STORED))

MOVE: LiteralString = "UPDATE evidence.tree SET size = %s, frontier = %s, epoch = %s, xid = %s::xid8, entry = %s"
COPY: LiteralString = "COPY evidence.leaf (index, entry, canonical, hash, unreadable) FROM STDIN (FORMAT binary)"
SIGN: LiteralString = "INSERT INTO evidence.checkpoint (size, root, at, note) VALUES (%s, %s, clock_timestamp(), %s)"
LATEST: LiteralString = "SELECT size, root, note FROM evidence.checkpoint ORDER BY size DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Tree:
    """Where the sequencer stands: its frontier, and the place of the last entry that has a leaf."""

    frontier: Frontier
    epoch: int
    xid: str
    entry: int


@dataclass(frozen=True, slots=True)
class Row:
    """An entry on its way to become a leaf."""

    id: int
    epoch: int
    xid: str
    stored: str


def enter_epoch() -> int:
    """Begin a new epoch if this cluster is not the one that wrote last; return the epoch's number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT evidence.enter_epoch()")
        number: int = cursor.fetchone()[0]
    return number


def sequence(*, limit: int = BATCH) -> int:
    """Make leaves of at most `limit` committed entries, in one transaction; return how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        tree = locked(cursor)
        rows = waiting(cursor, tree, limit)
        if rows:
            append(cursor, tree, rows)
    return len(rows)


def locked(cursor: Any) -> Tree:
    """Lock the tree until the transaction ends, and read it."""
    cursor.execute(LOCK)
    size, frontier, epoch, xid, entry = cursor.fetchone()
    return Tree(Frontier.load(size, bytes(frontier)), epoch, xid, entry)


def waiting(cursor: Any, tree: Tree, limit: int) -> list[Row]:
    """Read the next entries; the snapshot is newer than the lock, so it shows what the last holder did."""
    cursor.execute(HERE)
    if (here := cursor.fetchone()) is None:
        return []
    place = {"epoch": tree.epoch, "xid": tree.xid, "entry": tree.entry}
    cursor.execute(NEXT, {**place, "here": here[0], "limit": limit})
    return [Row(*row) for row in cursor.fetchall()]


def append(cursor: Any, tree: Tree, rows: Iterable[Row]) -> None:
    """Store the leaves of these entries and the tree that they make."""
    frontier, row = tree.frontier, None
    with cursor.copy(COPY) as copy:
        copy.set_types(["int8", "int8", "bytea", "bytea", "bool"])
        for row in rows:
            canonical, trouble = leaf_of(row.id, row.stored)
            if trouble:
                logger.error("unreadable entry", extra={"entry": row.id, "why": trouble})
            digest = leaf_hash(canonical)
            copy.write_row((frontier.size, row.id, canonical, digest, bool(trouble)))
            frontier.append(digest)
    if row is not None:
        cursor.execute(MOVE, [frontier.size, frontier.stored(), row.epoch, row.xid, row.id])


def sign(signer: Signer, *, origin: str, published: Head | None = None) -> str | None:
    """
    Sign the tree if it has grown since the last checkpoint; return the newest note unless it is what was published.

    Raises Regressed if the tree is smaller than, or another than, the last checkpoint or the published one.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        frontier = locked(cursor).frontier
        head = Head(origin, frontier.size, frontier.root())
        latest, note = last_signed(cursor, origin)
        for signed in (latest, published):
            refuse_regression(head, signed)
        if head.size > latest.size:
            note = signer.sign(head.text())
            cursor.execute(SIGN, [head.size, head.root, note])
    return note if published is None or head.size > published.size else None


def last_signed(cursor: Any, origin: str) -> tuple[Head, str | None]:
    """Return the last checkpoint in the database and its note; an empty tree before the first."""
    cursor.execute(LATEST)
    row = cursor.fetchone()
    if row is None:
        return Head(origin, 0, EMPTY), None
    return Head(origin, row[0], bytes(row[1])), row[2]


class Regressed(Exception):
    """The ledger is not a continuation of what was published: signing on would fork it."""


def refuse_regression(head: Head, published: Head | None) -> None:
    """Raise Regressed unless the tree may follow the published one, if there is one."""
    if published is None:
        return
    if head.size < published.size:
        raise Regressed(
            f"The tree has {head.size} leaves, but a checkpoint over {published.size} was published: this database is "
            "older than its published ledger. Restore the newer one; do not sequence this one."
        )
    if head.size == published.size and head.root != published.root:
        raise Regressed(
            f"The tree of {head.size} leaves has the root {head.root.hex()}, but {published.root.hex()} was published "
            "for that size: this is another ledger, or it was changed."
        )
