"""When each grant of a batch is looked at again: the least of what its checks and its answers say."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import (
    DateTimeField,
    Min,
    QuerySet,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest, Least, NullIf

from governance.checking.batches import grants_at_hand, within
from governance.models import Finding, Grant
from governance.policy import written
from governance.policy.checks import ABOUT_GRANTS
from governance.policy.terms import Terms

# The least of what checks say and of the end of the first answer.
NEXT = """
SELECT judged.id, least(judged.next_at, answered.quiet_until) AS next_at
FROM ({judged}) AS judged LEFT JOIN ({answered}) AS answered (grant_id, quiet_until) ON answered.grant_id = judged.id
"""

# Whoever pulls one of these dates meanwhile waits for our commit, and then makes it earlier again.
MOVE = """
WITH next AS MATERIALIZED (
    SELECT batch.grant_id, found.next_at
    FROM checking_batch AS batch LEFT JOIN ({next}) AS found ON found.id = batch.grant_id
), moved AS (
    UPDATE governance_grantdue AS due SET at = next.next_at
    FROM next WHERE due.grant_id = next.grant_id AND next.next_at IS NOT NULL
)
DELETE FROM governance_grantdue AS due USING next
WHERE due.grant_id = next.grant_id AND next.next_at IS NULL
"""

# What was not locked is made earlier at most: a date that somebody pulled meanwhile stays pulled.
PULL = """
INSERT INTO governance_grantdue AS due (grant_id, at)
SELECT next.id, next.next_at FROM ({next}) AS next
LEFT JOIN governance_grantdue AS known ON known.grant_id = next.id
WHERE next.next_at < coalesce(known.at, 'infinity') ORDER BY next.id
ON CONFLICT (grant_id) DO UPDATE SET at = EXCLUDED.at WHERE due.at > EXCLUDED.at
"""


def move(terms: Terms) -> None:
    """Set the dates of what was due, whose rows are locked (`batches.take_due`); what none speaks about has none."""
    place(MOVE, terms)


def pull(terms: Terms) -> None:
    """Make the due dates of the batch no later than they should be."""
    place(PULL, terms)


def place(statement: str, terms: Terms) -> None:
    """Put the query of dates into a statement and run it."""
    judged, params = written.sql(dated, terms)
    answered, more = written.sql(quiet, terms)
    with connection.cursor() as cursor:
        cursor.execute(statement.format(next=NEXT.format(judged=judged, answered=answered)), [*params, *more])


def dated(terms: Terms) -> QuerySet[Grant, Any]:
    """Return the grants of the batch, and when checks look at each again."""
    return grants_at_hand(terms).annotate(next_at=earliest(terms)).values("id", "next_at")


def earliest(terms: Terms) -> Least:
    """Return the first future moment at which a check could speak; or NULL."""
    moments = [check.earliest(terms) for check in ABOUT_GRANTS]
    known = [future(each, terms.at) for each in moments if each is not None]
    return Least(*known, output_field=DateTimeField())


def quiet(terms: Terms) -> QuerySet[Finding, Any]:
    """Return the grants of the batch about which something was answered, and when the first answer about each ends."""
    about = Finding.objects.filter(within(terms, "grant"))
    answered = about.filter(state=Finding.State.ANSWERED, quiet_until__gt=terms.at)
    return answered.order_by().values("grant").annotate(first=Min("quiet_until"))


def future(moment: Combinable, at: datetime) -> NullIf:
    """Return the moment where it is still to come, else NULL; it is worked out once."""
    now = Value(at, DateTimeField())
    return NullIf(Greatest(moment, now), now)


def not_due(keys: list[int], at: datetime) -> QuerySet[Grant]:
    """Return those of these grants that nothing had made due."""
    return Grant.objects.filter(pk__in=keys).exclude(due__at__lte=at)
