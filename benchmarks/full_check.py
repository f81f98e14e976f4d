"""
The full check, as it first finds everything and as it finds nothing new, against a bare count of the same four tables.

Every check that is registered runs, findings and their entries are written, and scores and dates are set right. What
the parts of a check that finds nothing new take is told too: what all checks share, and one check in the mean.
"""

import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any

import psycopg
from django.db import connection

from benchmarks import FLAT, REPEATS, Measured, company, databases, median_ms, say
from benchmarks.acting import Acted, act
from governance.models import Finding
from governance.policy.checks import ABOUT_GRANTS

FIRST_GOAL, KNOWN_GOAL = 10.0, 5.0
JOIN = """
SELECT count(*) FROM governance_grant AS held
JOIN governance_account AS account ON account.id = held.account_id
JOIN governance_entitlement AS entitlement ON entitlement.id = held.entitlement_id
JOIN governance_claim AS claim ON claim.account_id = account.id
"""
WHY = (
    "the count reads four tables once; every check reads the grants once more, with its own tables, and scores, dates "
    "and what is at hand of accounts are worked out besides"
)
WHY_FIRST = f"{WHY}; each grant's first score is written, and its risk with it, which moves the grant in each index"


def run(n: int) -> Iterator[Measured]:
    """Measure both, and memory."""
    _, small = checked(n // 10, times=1)
    bare, first = checked(n, times=REPEATS)
    with closing(databases.administrator()) as admin:
        admin.execute("VACUUM ANALYZE")
    known = act("full_check", "parts", times=REPEATS)
    yield Measured("full_check_first", first.ms, bare, FIRST_GOAL, "ms", n, WHY_FIRST)
    yield Measured("full_check_known", known.ms, bare, KNOWN_GOAL, "ms", n, WHY)
    for part, ms in sorted(known.told.items()):
        yield Measured(f"full_check_known_{part}", ms, bare, None, "ms", n)
    yield Measured("full_check_memory", first.peak, small.peak, FLAT, "MiB", n)


def checked(n: int, *, times: int) -> tuple[float, Acted]:
    """Check new companies for the first time; return what the bare count takes, and that. The last one stays."""
    bare, acted = [], []
    for _ in range(times):
        with company.of(n) as admin:
            bare.append(median_ms(partial(count, admin), before=lambda: None))
            acted.append(act("full_check", "whole"))
            say(f"{len(ABOUT_GRANTS)} checks, {Finding.objects.count()} findings about {n} grants")
    return statistics.median(bare), Acted.together(acted)


def count(admin: psycopg.Connection) -> None:
    """Count."""
    admin.execute(JOIN).fetchone()


def whole() -> int:
    """One full check."""
    return company.check_everything()


def parts() -> dict[str, float]:
    """One full check, and how many milliseconds its statements took: of one check in the mean, and what all share."""
    spent: dict[str, float] = defaultdict(float)
    names = {check.name for check in ABOUT_GRANTS}

    def timed(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(statement, params, many, context)
        finally:
            told = [each for each in params or () if isinstance(each, str) and each in names]
            spent[told[-1] if told and "evidence.record" in statement else ""] += (time.perf_counter() - start) * 1000

    with connection.execute_wrapper(timed):
        company.check_everything()
    shared = spent.pop("")
    return {"shared": shared, "a_check": statistics.mean(spent.values()), "dearest_check": max(spent.values())}
