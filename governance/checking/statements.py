"""
The ORM's own SQL, placed into one statement a move: raise, clear, reopen; with its ledger entries.

A finding and its entry are made by the same statement, so that neither can be without the other, and
nothing travels to Python and back. Parameters stand in textual order: ours, then those of the sub-query.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from governance.ledger import Act
from governance.models import Finding
from governance.policy.check import Check
from governance.policy.subjects import SETTLED, standing
from governance.policy.terms import Terms

ENTRIES_AT_ONCE = 5000

RAISE = """
INSERT INTO governance_finding
    (check_name, {subject}_id, unit_id, facts, severity, state, raised_at)
SELECT %s, q.subject, q.unit, q.facts, q.severity, 'open', %s
FROM ({query}) AS q (subject, unit, facts, severity)
ON CONFLICT DO NOTHING
RETURNING id, {subject}_id AS subject, severity
"""

REOPEN = """
UPDATE governance_finding AS finding
SET state = 'open', quiet_until = NULL, facts = q.facts, severity = q.severity
FROM ({query}) AS q (subject, unit, facts, severity)
WHERE finding.check_name = %s AND finding.{subject}_id = q.subject
    AND finding.state = 'answered' AND finding.quiet_until <= %s
RETURNING finding.id, finding.{subject}_id AS subject, finding.severity
"""

CLEAR = """
UPDATE governance_finding AS finding
SET state = 'cleared', cleared_at = %s
WHERE finding.id IN ({query}) AND finding.state <> 'cleared'
RETURNING finding.id, finding.{subject}_id AS subject, finding.severity
"""

# `moved` may be read by one more query: the subjects, for whoever wants to know them.
LEDGERED = """
WITH moved AS ({move}), numbered AS (
    SELECT *, row_number() OVER (ORDER BY id) / %s AS batch FROM moved
), told AS (
    SELECT evidence.record(jsonb_agg(jsonb_build_object(
        'act', %s::text,
        'actor', jsonb_build_object('kind', 'step', 'id', 'checking'),
        'subjects', jsonb_build_array(
            jsonb_build_object('kind', 'finding', 'id', id::text),
            jsonb_build_object('kind', '{subject}', 'id', subject::text)),
        'body', jsonb_build_object('check', %s::text, 'severity', severity)
    ) ORDER BY id)) FROM numbered GROUP BY batch
)
SELECT (SELECT count(*) FROM told), (SELECT coalesce(array_agg(subject), '{{}}') FROM moved)
"""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One check over some rows, under the same terms."""

    check: Check
    rows: QuerySet[Any]
    terms: Terms

    @property
    def subject(self) -> str:
        """What the check is about: "grant" or "agent"."""
        return self.check.subject

    def standing(self) -> QuerySet[Finding]:
        """Return the check's findings that stand."""
        return standing(self.check.name, self.subject)

    def told(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Shape rows as findings, in the order of keys: two sweeps that meet wait in turn."""
        found = rows.annotate(
            finding_facts=self.check.facts(self.terms),
            finding_severity=self.check.severity(self.terms),
        )
        shape = ("pk", "unit_id", "finding_facts", "finding_severity")
        told: QuerySet[Any] = found.order_by("pk").values_list(*shape)
        return told


def raise_new(judgement: Judgement) -> list[int]:
    """Raise a finding about each row that is suspicious and has none; return their keys."""
    known = judgement.standing().filter(**{judgement.subject: OuterRef("pk")})
    rows = judgement.rows.filter(~Exists(known))
    suspects = judgement.check.suspects(rows, judgement.terms)
    before = [judgement.check.name, judgement.terms.at]
    return move(RAISE, judgement, judgement.told(suspects), Act.FINDING_RAISED, before=before)


def reopen(judgement: Judgement) -> list[int]:
    """Open what was answered and still stands when its quiet time is over, with fresh facts."""
    answered = judgement.standing().filter(state=Finding.State.ANSWERED, quiet_until__lte=judgement.terms.at)
    rows = judgement.rows.filter(Exists(answered.filter(**{judgement.subject: OuterRef("pk")})))
    stands = judgement.check.stands(rows, judgement.terms)
    after = [judgement.check.name, judgement.terms.at]
    return move(REOPEN, judgement, judgement.told(stands), Act.FINDING_REOPENED, after=after)


def clear(judgement: Judgement, *, within: Q) -> list[int]:
    """Clear the findings, among those `within`, whose condition no longer holds."""
    stands = judgement.check.stands(judgement.rows, judgement.terms)
    holds = Exists(stands.filter(pk=OuterRef(f"{judgement.subject}_id")))
    over = judgement.standing().filter(within, SETTLED[judgement.subject], ~holds)
    query = over.order_by("pk").values_list("pk")
    before = [judgement.terms.at]
    return move(CLEAR, judgement, query, Act.FINDING_CLEARED, before=before)


def move(
    statement: str,
    judgement: Judgement,
    query: QuerySet[Any],
    act: Act,
    *,
    before: list[Any] | None = None,
    after: list[Any] | None = None,
) -> list[int]:
    """Run a move and enter it; return the keys of the subjects whose findings moved."""
    try:
        sql, params = query.query.sql_with_params()
    except EmptyResultSet:
        return []
    subject = judgement.subject
    moved = statement.format(subject=subject, query=sql)
    ledgered = LEDGERED.format(move=moved, subject=subject)
    told = [ENTRIES_AT_ONCE, act.value, judgement.check.name]
    with connection.cursor() as cursor:
        cursor.execute(ledgered, [*(before or []), *params, *(after or []), *told])
        subjects: list[int] = cursor.fetchone()[1]
    return subjects
