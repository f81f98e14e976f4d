"""
The ORM's own SQL, placed into one statement a move: raise, clear, reopen; with its ledger entries.

A finding and its entry are made by the same statement, so that neither can be without the other, and
nothing travels to Python and back. Parameters stand in textual order: ours, then those of the sub-query.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from governance.ledger import Act
from governance.models import Finding
from governance.policy import written
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


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """One check over some rows. There is one of each: what it asks is written once (`written`)."""

    check: Check
    rows: Callable[[Terms], QuerySet[Any]]
    within: Callable[[Terms], Q]  # the findings that it may clear

    @property
    def subject(self) -> str:
        """What the check is about: "grant", "agent", "account" or "credential"."""
        return self.check.subject

    def standing(self) -> QuerySet[Finding]:
        """Return the check's findings that stand."""
        return standing(self.check.name, self.subject)

    def told(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """Shape rows as findings, in the order of keys: two sweeps that meet wait in turn."""
        found = rows.annotate(finding_facts=self.check.facts(terms), finding_severity=self.check.severity(terms))
        shape = ("pk", "unit_id", "finding_facts", "finding_severity")
        told: QuerySet[Any] = found.order_by("pk").values_list(*shape)
        return told

    def new(self, terms: Terms) -> QuerySet[Any]:
        """Return the rows that are suspicious and have no finding."""
        known = self.standing().filter(**{self.subject: OuterRef("pk")})
        return self.told(self.check.suspects(self.rows(terms).filter(~Exists(known)), terms), terms)

    def again(self, terms: Terms) -> QuerySet[Any]:
        """Return the rows whose finding was answered, and stands when its quiet time is over."""
        answered = self.standing().filter(state=Finding.State.ANSWERED, quiet_until__lte=terms.at)
        rows = self.rows(terms).filter(Exists(answered.filter(**{self.subject: OuterRef("pk")})))
        return self.told(self.check.stands(rows, terms), terms)

    def over(self, terms: Terms) -> QuerySet[Any, Any]:
        """Return the findings whose condition no longer holds."""
        found = self.standing().filter(self.within(terms))
        # of what there is a finding about, and no more: a condition may be dear
        rows = self.rows(terms).filter(pk__any_of=ArraySubquery(found.values(self.subject)))
        holds = Exists(self.check.stands(rows, terms).filter(pk=OuterRef(f"{self.subject}_id")))
        return found.filter(SETTLED[self.subject], ~holds).order_by("pk").values_list("pk")


def raise_new(judgement: Judgement, terms: Terms) -> list[int]:
    """Raise a finding about each row that is suspicious and has none; return their keys."""
    before = [judgement.check.name, terms.at]
    return move(RAISE, judgement, judgement.new, terms, Act.FINDING_RAISED, before=before)


def reopen(judgement: Judgement, terms: Terms) -> list[int]:
    """Open what was answered and still stands when its quiet time is over, with fresh facts."""
    after = [judgement.check.name, terms.at]
    return move(REOPEN, judgement, judgement.again, terms, Act.FINDING_REOPENED, after=after)


def clear(judgement: Judgement, terms: Terms) -> list[int]:
    """Clear the findings whose condition no longer holds."""
    return move(CLEAR, judgement, judgement.over, terms, Act.FINDING_CLEARED, before=[terms.at])


def move(  # noqa: PLR0913  (a move is its statement, its query and its entry)
    statement: str,
    judgement: Judgement,
    query: written.Query,
    terms: Terms,
    act: Act,
    *,
    before: Sequence[Any] = (),
    after: Sequence[Any] = (),
) -> list[int]:
    """Run a move and enter it; return the keys of the subjects whose findings moved."""
    try:
        sql, params = written.sql(query, terms)
    except EmptyResultSet:
        return []
    subject = judgement.subject
    moved = statement.format(subject=subject, query=sql)
    ledgered = LEDGERED.format(move=moved, subject=subject)
    told = [ENTRIES_AT_ONCE, act.value, judgement.check.name]
    with connection.cursor() as cursor:
        cursor.execute(ledgered, [*before, *params, *after, *told])
        subjects: list[int] = cursor.fetchone()[1]
    return subjects
