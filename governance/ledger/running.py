"""
The sequencer's process: batch after batch, a checkpoint now and then, until it is told to stop.

It looks every fifth of a second. (NOTIFY would wake it sooner, but takes a lock of the whole cluster at every
writer's commit.)

Each checkpoint is also copied into a file. The file is what a restored older database is compared with: its
tree would be smaller than what was published, and signing on would fork the log.
"""

import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction

from governance.ledger.merkle import Frontier
from governance.ledger.notes import Head, Signer, open_note
from governance.ledger.sequencing import (
    BATCH,
    Regressed,
    enter_epoch,
    last_signed,
    locked,
    refuse_regression,
    sequence,
    sign,
)

logger = logging.getLogger(__name__)

CHUNK = 10_000
HASHES = "SELECT hash FROM evidence.leaf ORDER BY index"
POLL_SECONDS = 0.2
RECONNECT_SECONDS = 1.0


@dataclass(slots=True)
class Sequencer:
    """One process's work: with which key, under which origin, how often it signs (seconds), and where it publishes."""

    signer: Signer
    origin: str
    every: float
    published: Path
    batch: int = BATCH
    stopping: bool = False
    signs_at: float = field(default=0.0, init=False)

    def run(self) -> None:
        """Work until `stop` is called. Survives the database going away; raises Regressed."""
        self.check()
        while not self.stopping:
            try:
                pause = 0.0 if self.turn() == self.batch else POLL_SECONDS
            except (OperationalError, InterfaceError) as error:
                logger.warning("the sequencer lost its database", extra={"why": str(error)})
                connection.close()
                pause = RECONNECT_SECONDS
            time.sleep(pause)

    def run_once(self) -> None:
        """Sequence all that is committed, and sign it."""
        self.check()
        while sequence(limit=self.batch) == self.batch:
            pass
        self.sign()

    def stop(self, *_: object) -> None:
        """End after the batch at hand; fits as a signal handler."""
        self.stopping = True

    def turn(self) -> int:
        """Make one batch of leaves, sign if it is time; return how many leaves."""
        done = sequence(limit=self.batch)
        if time.monotonic() >= self.signs_at:
            self.sign()
            self.signs_at = time.monotonic() + self.every
        return done

    def sign(self) -> None:
        """Sign what has grown, and publish it when it is committed."""
        if note := sign(self.signer, origin=self.origin, published=self.last_published()):
            publish(note, self.published)

    def last_published(self) -> Head | None:
        """Return the head in the published file, if there is one. Raises WrongNote if this key did not sign it."""
        if not self.published.exists():
            return None
        return Head.parse(open_note(self.published.read_text(), [self.signer.verifier]))

    def check(self) -> None:
        """
        Enter this cluster's epoch, so that no writer has to wait for the one who does.

        Raises Regressed unless the leaves make the stored tree, and the tree continues all that was signed.
        """
        enter_epoch()
        with transaction.atomic(), connection.cursor() as cursor:
            frontier = locked(cursor).frontier
            tree = Head(self.origin, frontier.size, frontier.root())
            latest, _ = last_signed(cursor, self.origin)
            earlier = [head for head in (self.last_published(), latest) if head is not None]
            for head in earlier:
                refuse_regression(tree, head)
            walk([*earlier, tree])


def walk(heads: list[Head]) -> None:
    """Rebuild the tree from the hashes of all leaves; raise Regressed where it is not what a head says."""
    sizes = {head.size for head in heads}
    tree = Frontier()
    with connection.chunked_cursor() as reader:
        for digest in hashes(reader):
            tree.append(digest)
            if tree.size in sizes:
                compare(tree, heads)
    if tree.size < max(sizes):
        raise Regressed(f"The tree should have {max(sizes)} leaves, but {tree.size} are here.")


def compare(tree: Frontier, heads: list[Head]) -> None:
    """Raise Regressed unless the tree has the root that heads of its size say."""
    for head in heads:
        if head.size == tree.size:
            refuse_regression(Head(head.origin, tree.size, tree.root()), head)


def hashes(reader: Any) -> Iterator[bytes]:
    """Read the hashes of all leaves in their order."""
    reader.execute(HASHES)
    while chunk := reader.fetchmany(CHUNK):
        for (digest,) in chunk:
            yield bytes(digest)


def publish(note: str, path: Path) -> None:
    """Replace the published checkpoint as a whole."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_text(note)
    beside.replace(path)
