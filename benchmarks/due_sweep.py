"""
The due sweep over 5 % of the grants, against the nightly check over all; and the same number due among a tenth of them.

Every finding is known but for those about one in ten of the grants that are due, which both raise, with
their ledger entries: what differs is how much is looked at. Each run is rolled back and its dead rows
vacuumed, so that the next one finds the same state.
"""

import sys
from collections.abc import Callable, Iterator

import psycopg
from django.db import connection, transaction

from benchmarks import FLAT, Measured, company, median_ms, say
from benchmarks.acting import act
from governance import checking, clock
from governance.models import Finding

SHARE = 20  # one in so many is due
NEW = 10  # and about one in so many of those, what is suspicious is new
GOAL, GROWTH_GOAL = 0.3, 2.0
WHY = "of 5 % of the grants nearly every account has one, and what is at hand of an account is looked up in both"
WHY_MORE = "as many grants lie on ten times as many accounts, of each of which what is at hand is looked up, and pages"
DUE_AGAIN = """
WITH due AS (SELECT id FROM governance_grant WHERE (hashint8(id)::bigint & 65535) %% %(share)s = 0), forgotten AS (
    DELETE FROM governance_finding
    WHERE grant_id IN (SELECT id FROM due WHERE id %% %(new)s = 3)
)
INSERT INTO governance_grantdue (grant_id, at) SELECT id, %(at)s FROM due
ON CONFLICT (grant_id) DO UPDATE SET at = EXCLUDED.at
"""


def run(n: int) -> Iterator[Measured]:
    """Measure the sweep against the full check, and against itself among a tenth of the grants."""
    due = n // SHARE
    with company.of(n // 10, settled=True) as admin:
        few = swept(admin, every=n // 10 // due)
    with company.of(n, settled=True) as admin:
        many = swept(admin, every=SHARE)
        full = median_ms(lambda: rolled_back(company.check_everything), before=lambda: tidy(admin))
    yield Measured("due_sweep", many, full, GOAL, "ms", n, WHY)
    yield Measured("due_sweep_growth", many, few, GROWTH_GOAL, "ms", due, WHY_MORE)
    yield Measured("due_sweep_memory", peak(n), peak(n // 10), FLAT, "MiB", n)


def swept(admin: psycopg.Connection, *, every: int) -> float:
    """Make one in so many due, and measure a sweep that is undone."""
    make_due(every)
    admin.execute("VACUUM ANALYZE")
    return median_ms(lambda: rolled_back(checking.check_due), before=lambda: tidy(admin))


def tidy(admin: psycopg.Connection) -> None:
    """Remove what an undone run left."""
    admin.execute("VACUUM governance_finding, governance_grantdue, evidence.entry")


def peak(n: int) -> float:
    """The peak of a process that sweeps one in twenty of so many grants."""
    with company.of(n, settled=True):
        make_due(SHARE)
        return act("due_sweep", "sweep").peak


def sweep() -> int:
    """One sweep."""
    return checking.check_due()


def make_due(every: int) -> None:
    """Make one in so many due; both sweeps must then raise the same findings."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_AGAIN, {"share": every, "new": NEW, "at": clock.now()})
        due = cursor.rowcount
    standing = Finding.objects.count()
    moved = rolled_back(checking.check_due)
    say(f"{standing} findings stand; the sweep of {due} grants raises {moved}")
    if moved != rolled_back(company.check_everything):
        sys.exit("The full check found what the due sweep had not.")


def rolled_back(act: Callable[[], int]) -> int:
    """Act, and undo it: the next run finds the same state."""
    with transaction.atomic():
        moved = act()
        transaction.set_rollback(True)
    return moved
