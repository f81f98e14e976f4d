"""
Days of use: made before anything happens on them, and dropped as wholes when they are past retention.

A day is detached first, in a transaction that locks out whoever reads use for as long as the catalogue takes, and
dropped in the next one, which is in nobody's way. What a killed sweep left detached the next one drops.
"""

import logging
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction

from governance import clock
from governance.models import UsageIntake

logger = logging.getLogger(__name__)

PREFIX = "governance_usageevent_"
NEVER_DROPPED = timedelta(days=30)  # the database refuses to drop younger ones

AHEAD = 3  # days

TABLES = f"""
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname ~ '^{PREFIX}[0-9]{{8}}$' ORDER BY relname
"""  # noqa: S608  our own words
MAKE = "SELECT usage_partition_make(%s)"
DETACH = "SELECT usage_partition_detach(%s)"
DROP = "SELECT usage_partition_drop(%s)"


def make(days: Iterable[date]) -> int:
    """Make the days that are missing, each in a transaction of its own: their lock holds nobody up; return how many."""
    return sum(ask(MAKE, day) for day in sorted(days))


def make_ahead(at: datetime | None = None) -> int:
    """Make today and the days to come; return how many were missing."""
    today = (at or clock.now()).astimezone(UTC).date()
    return make(today + timedelta(days=number) for number in range(AHEAD + 1))


def age(at: datetime | None = None) -> int:
    """
    Drop the days that ended before retention began; return how many. A day that is being read waits.

    What was noted of deliveries that hold nothing younger goes too: it stands in the ledger.
    """
    retention = max(timedelta(days=settings.USAGE_RETENTION_DAYS), NEVER_DROPPED)
    oldest = ((at or clock.now()) - retention).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    UsageIntake.objects.filter(ends_at__lte=oldest, rolled_up_at__isnull=False).delete()
    return sum(drop(day) for day in partitions() if day < oldest.date())


def partitions() -> list[date]:
    """The days that have a table, the oldest first: also one that is detached already."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        names = [name for (name,) in cursor.fetchall()]
    return [datetime.strptime(name.removeprefix(PREFIX), "%Y%m%d").replace(tzinfo=UTC).date() for name in names]


def drop(day: date) -> bool:
    """Drop one day; False where somebody is reading it."""
    try:
        ask(DETACH, day)
        return ask(DROP, day)
    except OperationalError:
        logger.warning("a day of use could not be dropped yet", extra={"day": str(day)})
        return False


def ask(statement: str, day: date) -> bool:
    """Let the database do it, in a transaction of its own; whether there was anything to do."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [day])
        done: bool = cursor.fetchone()[0]
    return done
