"""
Findings: raise and clear, take and answer. Every suspicion comes into being and ends here, and the ledger says so.

    open → taken → answered → open; any → cleared

Moves are set-based: they move the rows that stand where the move begins and pass the others over.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from governance import ledger
from governance.ledger import Act, Actor, Fact, Subject
from governance.models import Account, Credential, Finding, OrgUnit
from governance.models.finding import SUBJECTS, Suspected

BATCH = 1000
State = Finding.State
Thing = TypeVar("Thing")

RAISE = """
INSERT INTO governance_finding
    (check_name, {kind}_id, source_id, unit_id, facts, severity, state, raised_at)
SELECT %s, row.subject, row.source, row.unit, row.facts, row.severity, 'open', %s
FROM jsonb_to_recordset(%s::jsonb) AS row (subject bigint, source bigint, unit bigint, facts jsonb, severity text)
ON CONFLICT DO NOTHING
RETURNING id, {kind}_id, severity, source_id
"""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What is said about one subject (by its key), before it is a finding; of a system perhaps about one source."""

    subject: int
    unit: int
    severity: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    source: int | None = None


@dataclass(frozen=True, slots=True)
class Raised:
    """A finding that has just come into being, as the ledger tells of it."""

    finding: int
    subject: int
    severity: str
    source: int | None = None

    def subjects(self, kind: str) -> list[Subject]:
        """Name it, and what it is about."""
        about = [Subject("finding", str(self.finding)), Subject(kind, str(self.subject))]
        return [*about, Subject("source", str(self.source))] if self.source else about


def raise_finding(
    *,
    check_name: str,
    subject: Suspected,
    facts: Mapping[str, Any],
    severity: str,
    at: datetime,
    actor: Actor,
) -> Finding:
    """Raise one finding; where one stands already, return that one as it is."""
    kind = type(subject).__name__.lower()
    suspicion = Suspicion(subject.pk, unit_of(subject).pk, severity, facts)
    raise_many([suspicion], check_name=check_name, kind=kind, at=at, actor=actor)
    return Finding.objects.uncleared().get(check_name=check_name, source=None, **{kind: subject})


def raise_for_grants(check_name: str, suspicions: Iterable[Suspicion], *, at: datetime, actor: Actor) -> int:
    """Raise a finding about each of these grants; return how many did not stand already."""
    return raise_many(suspicions, check_name=check_name, kind="grant", at=at, actor=actor)


def raise_many(suspicions: Iterable[Suspicion], *, check_name: str, kind: str, at: datetime, actor: Actor) -> int:
    """Raise findings about many subjects of one kind (of SUBJECTS), batch by batch; count new ones."""
    count = 0
    with transaction.atomic(), connection.cursor() as cursor:
        for batch in in_batches(suspicions):
            rows = json.dumps([asdict(each) for each in batch])
            cursor.execute(RAISE.format(kind=kind), [check_name, at, rows])
            raised = [Raised(*row) for row in cursor.fetchall()]
            record_raised(raised, check_name=check_name, kind=kind, actor=actor)
            count += len(raised)
    return count


def record_raised(raised: Iterable[Raised], *, check_name: str, kind: str, actor: Actor) -> None:
    """Enter findings in the ledger that a statement of the caller's own has just inserted."""
    for batch in in_batches(raised):
        ledger.record_many(
            Fact(
                act=Act.FINDING_RAISED,
                actor=actor,
                subjects=each.subjects(kind),
                body={"check": check_name, "severity": each.severity},
            )
            for each in batch
        )


def clear(findings: QuerySet[Finding], *, at: datetime, actor: Actor, why: str) -> int:
    """Clear those of these findings that stand, saying why; return how many."""
    with transaction.atomic():
        standing = lock(findings, State.OPEN, State.TAKEN, State.ANSWERED)
        for batch in in_batches(standing):
            mine = Finding.objects.filter(pk__in=[each.pk for each in batch])
            mine.update(state=State.CLEARED, cleared_at=at, quiet_until=None)
            record_moved(batch, Act.FINDING_CLEARED, actor=actor, at=at, why=why)
    return len(standing)


def take(findings: QuerySet[Finding], at: datetime) -> int:
    """Take findings into a review: those that are open and not quiet; return how many."""
    loud = Q(quiet_until=None) | Q(quiet_until__lte=at)
    return here(findings).filter(loud, state=State.OPEN).update(state=State.TAKEN, quiet_until=None)


def answer(findings: QuerySet[Finding], quiet_until: datetime, at: datetime) -> int:
    """Let findings rest until their lease ends: those that are open or in a review; return how many."""
    if quiet_until <= at:
        raise ValueError("quiet_until must lie after at: a keep is a lease")
    asked = here(findings).filter(state__in=[State.OPEN, State.TAKEN])
    return asked.update(state=State.ANSWERED, quiet_until=quiet_until)


def reopen(
    findings: QuerySet[Finding],
    at: datetime,
    *,
    actor: Actor | None = None,
    why: str = "It is suspicious again.",
) -> int:
    """Ask again about findings that are in a review or answered; return how many."""
    with transaction.atomic():
        resting = lock(findings, State.TAKEN, State.ANSWERED)
        for batch in in_batches(resting):
            mine = Finding.objects.filter(pk__in=[each.pk for each in batch])
            mine.update(state=State.OPEN, quiet_until=None)
            who = actor or Actor.step("checking")
            record_moved(batch, Act.FINDING_REOPENED, actor=who, at=at, why=why)
    return len(resting)


def here(findings: QuerySet[Finding]) -> "QuerySet[Finding]":
    """Return the same findings without joins or a slice, so that they can be updated."""
    return Finding.objects.filter(pk__in=findings.values("pk"))


def lock(findings: QuerySet[Finding], *states: State) -> list[Finding]:
    """Lock those in one of these states, in the order of their keys: nobody deadlocks."""
    return list(here(findings).filter(state__in=states).select_for_update().order_by("pk"))


def record_moved(findings: Iterable[Finding], act: Act, *, actor: Actor, at: datetime, why: str) -> None:
    """Enter one move of many findings in the ledger."""
    ledger.record_many(
        Fact(
            act=act,
            actor=actor,
            subjects=[Subject("finding", str(each.pk)), subject_of(each)],
            body={"check": each.check_name, "at": ledger.stamp(at), "why": why},
        )
        for each in findings
    )


def subject_of(finding: Finding) -> Subject:
    """Name what a finding is about, without reading it."""
    keys = ((kind, getattr(finding, f"{kind}_id")) for kind in SUBJECTS)
    return next(Subject(kind, str(key)) for kind, key in keys if key is not None)


def unit_of(subject: Suspected) -> OrgUnit:
    """Return the unit whose governors see what is said about this subject."""
    match subject:
        case Credential():
            return subject.account.system.unit
        case Account():
            return subject.system.unit
        case _:
            return subject.unit


def in_batches(things: Iterable[Thing]) -> Iterator[list[Thing]]:
    """Cut an endless row into pieces that fit into one statement."""
    rest = iter(things)
    while batch := list(islice(rest, BATCH)):
        yield batch
