"""
The one clock: the database's, read once per act and then passed on.

Processes on several machines disagree about the time; the database is one. A test may shift it (the owner
writes one row into `evidence.clock`); entries then say `simulated`. Leases and rate buckets never use the
shifted time.
"""

from datetime import UTC, datetime

from django.db import connection


def now() -> datetime:
    """Return the database's time with its shift, aware and in UTC. Costs one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT evidence.now()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(UTC)
