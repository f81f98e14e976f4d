"""
The due sweep over 5 % of the grants, against the nightly check over all, from the same state.

Every finding is known but for those about one in ten of the grants that are due, which both raise, with
their ledger entries: what differs is how much is looked at. Each run is rolled back and its dead rows
vacuumed, so that the next one finds the same state.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import datetime

import psycopg
from django.db import connection, transaction

from benchmarks import Measured, company, median_ms, say, stage
from governance import checking, clock
from governance.models import Finding, FullCheck

SHARE = 20  # one in so many is due
NEW = 10  # and about one in so many of those, what is suspicious is new
GOAL = 0.11  # measured by hand-written SQL without use: docs/adr/0003
DUE_AGAIN = """
WITH due AS (SELECT id FROM governance_grant WHERE id %% %(share)s = 7), forgotten AS (
    DELETE FROM governance_finding
    WHERE grant_id IN (SELECT id FROM due WHERE id / %(share)s %% %(new)s = 3)
)
INSERT INTO governance_grantdue (grant_id, at) SELECT id, %(at)s FROM due
ON CONFLICT (grant_id) DO UPDATE SET at = EXCLUDED.at
"""


def run(admin: psycopg.Connection, n: int) -> Iterator[Measured]:
    """Found a company, let it settle, make one in twenty due, and measure."""
    at = clock.now()
    with stage("company founded"):
        company.found(admin, n, at)
        admin.execute("VACUUM ANALYZE")
    with stage("first check of everything"):
        while checking.check_due(at):
            admin.execute("VACUUM ANALYZE")
    make_due(at)
    admin.execute("VACUUM ANALYZE")

    def tidy() -> None:
        admin.execute("VACUUM governance_finding, governance_grantdue, evidence.entry")

    full = median_ms(lambda: rolled_back(lambda: check_everything(at)), before=tidy)
    due = median_ms(lambda: rolled_back(lambda: checking.check_due(at)), before=tidy)
    yield Measured("due_sweep", due, full, GOAL, "ms", n)


def make_due(at: datetime) -> None:
    """Make one in twenty due; both sweeps must then raise the same findings."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_AGAIN, {"share": SHARE, "new": NEW, "at": at})
        due = cursor.rowcount
    standing = Finding.objects.count()
    moved = rolled_back(lambda: checking.check_due(at))
    say(f"{standing} findings stand; the sweep of {due} grants raises {moved}")
    if moved != rolled_back(lambda: check_everything(at)):
        sys.exit("The full check found what the due sweep had not.")


def check_everything(at: datetime) -> int:
    """Make a whole full check, in as many goes as it takes; return how many findings moved."""
    moved = checking.check_all(at)
    while FullCheck.objects.in_hand():
        moved += checking.go_on_checking(at)
    return moved


def rolled_back(act: Callable[[], int]) -> int:
    """Act, and undo it: the next run finds the same state."""
    with transaction.atomic():
        moved = act()
        transaction.set_rollback(True)
    return moved
