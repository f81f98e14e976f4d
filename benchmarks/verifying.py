"""
Verifying the ledger, entry by entry, against hashing the same bytes and nothing else.

`verify_ledger` also reads them from the database, compares each with its entry and builds the tree.
"""

import os
from collections.abc import Iterator
from hashlib import sha256

import psycopg

from benchmarks import FLAT, REPEATS, Measured, databases, median_ms, stage
from benchmarks.acting import Acted, act
from governance.ledger.auditing import audit
from governance.ledger.notes import Signer, Verifier
from governance.ledger.sequencing import sequence, sign

ORIGIN = "bench.example/ledger"
GOAL = 2.5
AT_ONCE = 10_000
ENTER = """
SELECT count(*) FROM evidence.record((
    SELECT jsonb_agg(jsonb_build_object(
        'act', 'finding.raised', 'actor', jsonb_build_object('kind', 'step', 'id', 'checking'),
        'subjects', jsonb_build_array(
            jsonb_build_object('kind', 'finding', 'id', i::text), jsonb_build_object('kind', 'grant', 'id', i::text)),
        'body', jsonb_build_object('check', 'lease_due', 'severity', 'medium')
    )) FROM generate_series(%s::bigint, %s::bigint) AS i
))
"""
KEY = "BENCHMARK_VKEY"  # in the environment of the process that verifies
# Here the benchmark sequences itself, by its one connection.
RIGHTS = """
GRANT INSERT ON evidence.leaf, evidence.checkpoint TO countersign_app; GRANT UPDATE ON evidence.tree TO countersign_app
"""
WHY = (
    "reading leaves and entries takes longer than hashing them, and each entry is written once more as its leaf, "
    "to be compared"
)

WHY_MORE = f"{AT_ONCE:,} leaves are read at once: below ten times as many, a tenth of them is less"


def run(n: int) -> Iterator[Measured]:
    """Fill ledgers of two sizes and verify each in a process of its own."""
    small, _ = verified(n // 10, times=1)
    ours, limit = verified(n, times=REPEATS)
    yield Measured("verifying", ours.ms, limit, GOAL, "ms", n, WHY)
    yield Measured("verifying_memory", ours.peak, small.peak, FLAT, "MiB", n, WHY_MORE)


def verified(n: int, *, times: int) -> tuple[Acted, float]:
    """Verify a ledger of so many entries; return what that took, and what their hashing alone takes."""
    with databases.put() as admin:
        with stage(f"{n} entries"):
            fill(admin, n)
        leaves = [bytes(leaf) for (leaf,) in admin.execute("SELECT canonical FROM evidence.leaf", binary=True)]
        limit = median_ms(lambda: [sha256(b"\0" + leaf).digest() for leaf in leaves], before=lambda: None)
        return act("verifying", "verify", times=times), limit


def fill(admin: psycopg.Connection, n: int) -> None:
    """Make so many entries and leaves, and sign them."""
    for first in range(1, n + 1, AT_ONCE):
        admin.execute(ENTER, [first, min(first + AT_ONCE - 1, n)])
    admin.execute("VACUUM ANALYZE")
    admin.execute(RIGHTS.encode())
    while sequence():
        pass
    signer = Signer.generate(ORIGIN)
    sign(signer, origin=ORIGIN)
    os.environ[KEY] = signer.verifier.vkey
    admin.execute("VACUUM ANALYZE")


def verify() -> int:
    """Verify all of it."""
    verdict = audit(origin=ORIGIN, verifiers=[Verifier.parse(os.environ[KEY])])
    return verdict.size
