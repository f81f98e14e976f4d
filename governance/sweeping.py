"""
How a step works through its table: claim one row, act, again; one bad row does not stop the others.

Sweeps are alarms: running two at once is harmless, because each row is claimed with SKIP LOCKED, a lease and a fence.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from django.db import InterfaceError, OperationalError

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 60
# SQLSTATE: rolled back (a deadlock), not to be had now (a lock), ended (a statement that took too long)
ROWS_OWN = ("40", "55", "57014")


class Claimed(Protocol):
    """A row that a sweep has claimed."""

    @property
    def pk(self) -> Any:
        """Its key."""
        ...

    def keep_trouble(self, error: BaseException) -> None:
        """Store what went wrong, give the lease back and wait longer before the next try."""
        ...


Row = TypeVar("Row", bound=Claimed)


def sweep(claim: Callable[[], Row | None], act: Callable[[Row], object]) -> int:
    """
    Act on every row that `claim` yields; return how many were done without trouble.

    Ends when nothing is left or after a minute (the caller's timetable comes back). A lost connection ends the sweep:
    leases run out by themselves. A deadlock or a lock that was not to be had is the row's own trouble.
    """
    done, ends = 0, time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends and (row := claim()) is not None:
        done += attempt(row, act)
    return done


def attempt(row: Row, act: Callable[[Row], object]) -> int:
    """Act on one row; 1 when it went well, 0 when its trouble was kept."""
    try:
        act(row)
    except Exception as error:
        if lost(error):
            raise
        logger.exception("a row raised in its sweep", extra={"row": f"{type(row).__name__}:{row.pk}"})
        row.keep_trouble(error)
        return 0
    return 1


def lost(error: Exception) -> bool:
    """Whether the database is not to be had: what it says of one statement, a deadlock above all, is the row's own."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return isinstance(error, (OperationalError, InterfaceError)) and not state.startswith(ROWS_OWN)
