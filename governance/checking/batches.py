"""
Which grants a transaction looks at: those that are due, or those of a range of accounts.

Their keys are read once into a temporary table, so that a fixed number due stays a fixed cost however
many grants there are. Due rows are locked with SKIP LOCKED: two sweeps at once divide the work, and
whoever pulls a date waits for us and is then stronger.
"""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Func, QuerySet

from governance.models import Account, Grant
from governance.policy.subjects import grants

MAKE = """
DROP TABLE IF EXISTS pg_temp.checking_batch;
CREATE TEMPORARY TABLE checking_batch (grant_id bigint NOT NULL) ON COMMIT DROP
"""

DUE = """
INSERT INTO checking_batch
SELECT grant_id FROM governance_grantdue WHERE at <= %s ORDER BY at LIMIT %s
FOR UPDATE SKIP LOCKED
"""

RANGE = """
INSERT INTO checking_batch
SELECT id FROM governance_grant WHERE account_id > %s AND account_id <= %s
"""


class Batch(Func):
    """The keys of the grants at hand: `filter(pk__in=Batch())`."""

    template = "(SELECT grant_id FROM checking_batch)"
    output_field = BigIntegerField()


def take_due(at: datetime, most: int) -> int:
    """Lock the grants that have been due longest and that nobody else looks at; return how many."""
    return fill(DUE, [at, most])


def take_accounts(after: int, until: int) -> int:
    """Take the grants of a range of accounts; return how many."""
    return fill(RANGE, [after, until])


def fill(statement: str, params: list[Any]) -> int:
    """Make the table anew for this transaction and fill it."""
    with connection.cursor() as cursor:
        cursor.execute(MAKE)
        cursor.execute(statement, params)
        count: int = cursor.rowcount
        cursor.execute("ANALYZE checking_batch")
    return count


def accounts_after(last: int, number: int) -> int | None:
    """Return the key of the last of the next accounts; None where there are no more."""
    keys: QuerySet[Account, Any] = Account.objects.filter(pk__gt=last).order_by("pk")
    found = list(keys.values_list("pk", flat=True)[:number])
    return found[-1] if found else None


def at_hand(these: QuerySet[Grant]) -> QuerySet[Grant]:
    """Return those of these grants that are in the batch."""
    return these.filter(pk__in=Batch())


def grants_at_hand() -> QuerySet[Grant]:
    """Return the grants of the batch that checks are about."""
    return at_hand(grants())
