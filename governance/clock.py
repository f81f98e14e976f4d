"""
The one clock: the database's, read once per act and then passed on.

Processes on several machines disagree about the time; the database is one. A test may shift it (the owner
writes one row into `evidence.clock`); entries then say `simulated`. Leases and rate buckets never use the
shifted time.
"""

from datetime import UTC, datetime, timedelta

from django.db import connection

UNITS = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}


def now() -> datetime:
    """Return the database's time with its shift, aware and in UTC. Costs one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT evidence.now()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(UTC)


def lasting(span: timedelta) -> str:
    """Return a span in the largest unit that leaves nothing over: `24 hours`, `7 days`, `90 seconds`."""
    seconds = int(span.total_seconds())
    for unit, size in UNITS.items():
        count, rest = divmod(seconds, size)
        if not rest and count > 1:
            return f"{count} {unit}s"
    return f"{seconds} second" if seconds == 1 else f"{seconds} seconds"
