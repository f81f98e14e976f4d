"""
The full check: every grant, so many a transaction, in as many goes as it takes.

A batch and the note of how far it came are one transaction: a killed worker loses its batch, and whoever comes next
goes on there. The note is a row (`FullCheck`), so that nothing is lost with Redis. While one works at it another finds
the row locked and ends.

Dates are set right before findings move: due dates are locked before findings everywhere, and nobody deadlocks.
"""

import logging
import time
from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from governance import clock, due, findings, ledger, weighing
from governance.checking import batches, dates, scores
from governance.checking.judging import judge_batch
from governance.hinting import hint
from governance.ledger import Act, Actor
from governance.models import Band, Finding, FullCheck, Heartbeat, System
from governance.policy import preparing
from governance.policy.checks import MISSED
from governance.policy.terms import Terms

logger = logging.getLogger(__name__)

ACTOR = Actor.step("checking")
GRANTS_AT_ONCE = 250_000  # why so many: docs/explanation/speed.md
GO_SECONDS = 60  # a quarter of the time after which a worker is killed (CELERY_TASK_TIME_LIMIT): a batch may be slow
EXAMPLES = 20
NOT_AGAIN = "the next full check missed nothing there"


def check_all(at: datetime | None = None) -> int:
    """
    Begin the nightly full check, or go on with the one in hand, for a minute; return how many findings moved.

    What it raises about a grant that was not due is a miss: a finding about the system, an entry, and the due date set
    right. When it has come to the last grant it ends: it clears the older misses of every system in which it found
    none, makes every agent due, and its heartbeat says so. Until then each go wakes the next.
    """
    check, _ = FullCheck.objects.get_or_create(ended_at=None, defaults={"started_at": at or clock.now()})
    return go(check, at)


def go_on_checking(at: datetime | None = None) -> int:
    """Go on with a full check that has been broken off; nothing where none is in hand."""
    check = FullCheck.objects.in_hand()
    return go(check, at) if check else 0


def go(check: FullCheck, at: datetime | None) -> int:
    """Work through batches until the end or for a minute, and wake the next worker; return how many findings moved."""
    moved, more, ends = 0, True, time.monotonic() + GO_SECONDS
    while more:
        with transaction.atomic():
            more, done = step(check, at)
        moved += done
        if time.monotonic() >= ends:
            break
    if more:
        hint("governance.tasks.go_on_checking")
    return moved


def step(check: FullCheck, at: datetime | None) -> tuple[bool, int]:
    """Judge the next grants; whether there may be more to do here, and how many findings moved."""
    terms = Terms.of(at)
    mine = FullCheck.objects.filter(pk=check.pk, ended_at=None)
    here = mine.select_for_update(skip_locked=True).first()
    if here is None:
        return False, 0
    keys = batches.keys_after(here.last_grant, GRANTS_AT_ONCE)
    if keys is None:
        return False, end(here, terms.at)
    ours = replace(terms, between=keys)
    prepared = preparing.prepare(ours, batches.grants_at_hand(ours))
    scores.refresh(prepared)
    dates.pull(prepared)
    raised, cleared = judge_batch(prepared)
    again = scores.follow(raised, cleared, prepared)
    # what has become due while the batch was judged was not missed
    tell_missed(here, raised, terms.at, due_by=at or clock.now())
    due.look_again(again, terms.at)
    moved = sum(map(len, raised.values())) + cleared
    mine.update(last_grant=keys[1], moved=F("moved") + moved)
    return True, moved


def end(check: FullCheck, at: datetime) -> int:
    """Come to the end: clear what is over; return how many that were."""
    told = Finding.objects.about_systems().uncleared().filter(check_name=MISSED.name)
    over = told.exclude(system__in=check.missed.all())
    cleared = findings.clear(over, at=at, actor=ACTOR, why=NOT_AGAIN)
    # `at` may be of before the start, by a clock that was set back
    FullCheck.objects.filter(pk=check.pk).update(ended_at=max(at, check.started_at), moved=F("moved") + cleared)
    weighing.mark_all()
    Heartbeat.beat("check_all", check.moved + cleared)
    return cleared


def tell_missed(check: FullCheck, raised: dict[str, list[int]], at: datetime, *, due_by: datetime) -> None:
    """Raise a finding against ourselves for each system with grants that should have been due, and note the system."""
    missed: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name, keys in raised.items():
        for key, grant in dates.not_due(keys, due_by).values_list("account__system", "pk"):
            missed[key][grant].add(name)
    systems = list(System.objects.filter(pk__in=missed).order_by("pk"))
    told_of = set(check.missed.values_list("pk", flat=True))
    for system in systems:
        tell(system, missed[system.pk], at, more=system.pk in told_of)
    check.missed.add(*systems)


def tell(system: System, missed: dict[int, set[str]], at: datetime, *, more: bool) -> None:
    """
    Raise it, or let the one that stands say what is so now; the entry is made every time, about this batch alone.

    With `more` the same check has told of the system before: what it missed is counted together.
    """
    names = sorted(set().union(*missed.values()))
    facts = {"grants": len(missed), "checks": names, "examples": sorted(missed)[:EXAMPLES]}
    logger.error("due dates missed grants", extra={"system": system.slug, **facts})
    finding = findings.raise_finding(
        check_name=MISSED.name,
        subject=system,
        facts=facts,
        severity=Band.MEDIUM,
        at=at,
        actor=ACTOR,
    )
    if finding.facts != facts:  # it stood already
        Finding.objects.filter(pk=finding.pk).update(facts=together(finding.facts, facts) if more else facts)
    ledger.record(
        act=Act.FINDING_MISSED,
        actor=ACTOR,
        subjects=[finding, system],
        body={"checks": names, "grants": len(missed)},
    )


def together(before: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """What one check has missed in a system so far: a grant lies in one batch alone, so that none is counted twice."""
    return {
        "grants": before["grants"] + facts["grants"],
        "checks": sorted({*before["checks"], *facts["checks"]}),
        "examples": [*before["examples"], *facts["examples"]][:EXAMPLES],
    }
