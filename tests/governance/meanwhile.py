"""Tests in which two connections meet: waiting until one waits for the other."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

WAITS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
"""
PATIENCE_SECONDS = 20


Done = TypeVar("Done")


def alone(act: Callable[[], Done]) -> Done:
    """Act in a thread, with a connection of its own."""
    try:
        return act()
    finally:
        connection.close()


def somebody_waits() -> int:
    """Wait until another connection waits for a lock; return its process."""
    ends = time.monotonic() + PATIENCE_SECONDS
    with connection.cursor() as cursor:
        while time.monotonic() < ends:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees others as at its first look
            cursor.execute(WAITS)
            if row := cursor.fetchone():
                return int(row[0])
            time.sleep(0.02)
    raise AssertionError("Nobody waits for a lock.")
