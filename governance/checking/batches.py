"""
Which grants a transaction looks at: those that are due, or the next ones by their keys.

The keys of those that are due are read once into a temporary table, so that a fixed number due stays a fixed cost
however many grants there are. Due rows are locked with SKIP LOCKED: two sweeps at once divide the work, and whoever
pulls a date waits for us and is then stronger.

The next ones are a range of keys (`Terms.between`), which every statement reads as it lies, and nothing of the others.
A grant that comes into it meanwhile was not prepared: of what is not at hand no check says anything, and it is due.
"""

from datetime import datetime

from django.db import connection
from django.db.models import BigIntegerField, Func, Max, Q, QuerySet

from governance.models import Grant
from governance.policy.subjects import grants
from governance.policy.terms import Terms

MAKE = """
DROP TABLE IF EXISTS pg_temp.checking_batch;
CREATE TEMPORARY TABLE checking_batch (grant_id bigint NOT NULL) ON COMMIT DROP
"""

DUE = """
INSERT INTO checking_batch
SELECT grant_id FROM governance_grantdue WHERE at <= %s ORDER BY at LIMIT %s
FOR UPDATE SKIP LOCKED
"""


class Batch(Func):
    """The keys of the grants that were due: `filter(pk__in=Batch())`."""

    template = "(SELECT grant_id FROM checking_batch)"
    output_field = BigIntegerField()


def take_due(at: datetime, most: int) -> int:
    """Lock the grants that have been due longest and that nobody else looks at; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(MAKE)
        cursor.execute(DUE, [at, most])
        count: int = cursor.rowcount
        cursor.execute("ANALYZE checking_batch")
    return count


def keys_after(last: int, number: int) -> tuple[int, int] | None:
    """Return between which keys the next so many grants lie; None where there are no more."""
    following = Grant.objects.filter(pk__gt=last).order_by("pk")
    until = following[:number].aggregate(until=Max("pk"))["until"]
    return None if until is None else (last, until)


def within(terms: Terms, grant: str = "pk") -> Q:
    """Say what is about a grant at hand, or is one; `grant` is where its key stands."""
    if terms.between is None:
        return Q(**{f"{grant}__in": Batch()})
    after, until = terms.between
    return Q(**{f"{grant}__gt": after, f"{grant}__lte": until})


def grants_at_hand(terms: Terms) -> QuerySet[Grant]:
    """Return the grants at hand that checks are about."""
    return grants().filter(within(terms))


def findings_at_hand(terms: Terms) -> Q:
    """Say which findings are about a grant at hand."""
    return within(terms, "grant")
