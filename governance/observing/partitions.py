"""Ageing: days of use that are past retention are dropped as whole partitions."""

import logging
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction

from governance import clock

logger = logging.getLogger(__name__)

PREFIX = "governance_usageevent_"
NEVER_DROPPED = timedelta(days=30)  # the database refuses to drop younger ones

PARTITIONS = """
SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
WHERE inhparent = 'governance_usageevent'::regclass ORDER BY child.relname
"""
DROP = "SELECT usage_partition_drop(%s)"


def age(at: datetime | None = None) -> int:
    """Drop the days that ended before retention began; return how many. A day that is being read waits."""
    retention = max(timedelta(days=settings.USAGE_RETENTION_DAYS), NEVER_DROPPED)
    oldest = ((at or clock.now()) - retention).date()
    return sum(drop(day) for day in partitions() if day < oldest)


def partitions() -> list[date]:
    """The days that have a partition, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS)
        names = [name for (name,) in cursor.fetchall()]
    return [datetime.strptime(name.removeprefix(PREFIX), "%Y%m%d").replace(tzinfo=UTC).date() for name in names]


def drop(day: date) -> bool:
    """Drop one day; False where somebody is reading it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(DROP, [day])
            dropped: bool = cursor.fetchone()[0]
    except OperationalError:
        logger.warning("a day of use could not be dropped yet", extra={"day": str(day)})
        return False
    return dropped
