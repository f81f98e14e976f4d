"""
Checking: let every check speak about what is due, and clear what no longer holds.

    check_due     the grants whose due date has come; every few seconds
    check_agents  every agent; as often, for there are few
    check_all     every grant, nightly: what the due dates missed is a finding against ourselves

Each finds its work in the tables, so that running two at once is harmless. `batches` says which grants
a transaction looks at, `scores` and `statements` what it does, `dates` when they are looked at again.
"""

import logging
import time
from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from governance import findings, ledger
from governance.checking import batches, dates, scores
from governance.checking.statements import Judgement, clear, raise_new, reopen
from governance.ledger import Act, Actor
from governance.models import Band, System
from governance.policy import use
from governance.policy.checks import ABOUT_AGENTS, ABOUT_GRANTS, MISSED
from governance.policy.subjects import agents, grants
from governance.policy.terms import Terms

logger = logging.getLogger(__name__)

ACTOR = Actor.step("checking")
DUE_AT_ONCE = 50_000
ACCOUNTS_AT_ONCE = 1000
PATIENCE_SECONDS = 60
EXAMPLES = 20


def check_due(at: datetime | None = None) -> int:
    """
    Judge the grants that are due; return how many findings were raised, reopened or cleared.

    Ends when none is left or after a minute: the timetable comes back.
    """
    terms = Terms.of(at)
    moved, ends = 0, time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        with transaction.atomic():
            if not batches.take_due(terms.at, DUE_AT_ONCE):
                break
            raised, cleared = judge_batch(use.prepare(terms, batches.at_hand(grants())))
            dates.move(terms)
        moved += sum(map(len, raised.values())) + cleared
    return moved


def check_agents(at: datetime | None = None) -> int:
    """Judge every agent; return how many findings were raised, reopened or cleared."""
    terms = Terms.of(at)
    moved = 0
    for check in ABOUT_AGENTS:
        judgement = Judgement(check, agents(), terms)
        with transaction.atomic():
            cleared = clear(judgement, within=Q())
            moved += len(cleared) + len(reopen(judgement)) + len(raise_new(judgement))
    return moved


def check_all(at: datetime | None = None) -> int:
    """
    Judge every grant, some accounts a transaction; return how many findings moved, as above.

    What it raises about a grant that was not due is a miss: a finding about the system, an entry, and
    the due date set right.
    """
    terms = Terms.of(at)
    moved, last = 0, 0
    while (until := batches.accounts_after(last, ACCOUNTS_AT_ONCE)) is not None:
        with transaction.atomic():
            batches.take_accounts(last, until)
            raised, cleared = judge_batch(use.prepare(terms, batches.at_hand(grants())))
            tell_missed(raised, terms)
            dates.pull(terms)
        moved += sum(map(len, raised.values())) + cleared
        last = until
    return moved


def judge_batch(terms: Terms) -> tuple[dict[str, list[int]], int]:
    """Score and judge the batch; return the grants newly spoken about, by check, and the number cleared."""
    scores.refresh()
    raised, cleared = {}, 0
    for check in ABOUT_GRANTS:
        judgement = Judgement(check, batches.at_hand(grants()), terms)
        cleared += len(clear(judgement, within=Q(grant__in=batches.Batch())))
        raised[check.name] = reopen(judgement) + raise_new(judgement)
    return raised, cleared


def tell_missed(raised: dict[str, list[int]], terms: Terms) -> None:
    """Raise a finding against ourselves for each system with grants that should have been due."""
    missed: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name, keys in raised.items():
        for key, grant in dates.not_due(keys, terms.at).values_list("account__system", "pk"):
            missed[key][grant].add(name)
    for system in System.objects.filter(pk__in=missed):
        tell(system, missed[system.pk], terms.at)


def tell(system: System, missed: dict[int, set[str]], at: datetime) -> None:
    """Raise it, unless it stands already; the entry is made every time."""
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
    ledger.record(
        act=Act.FINDING_MISSED,
        actor=ACTOR,
        subjects=[finding, system],
        body={"checks": names, "grants": len(missed)},
    )
