"""Patience: these machines are shared, and nothing here is asserted about time."""

import time
from collections.abc import Callable

from governance.hinting import publish

PATIENCE = 60  # seconds


def nudge() -> None:
    """Say what the timetable says about what was decided."""
    for task in ("carry_out", "verify_acts"):
        publish(f"reviews.tasks.{task}")


def until(ready: Callable[[], object], *, meanwhile: Callable[[], object] | None = None) -> None:
    """Wait for it, or fail; do something again and again meanwhile."""
    end = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < end, "waited in vain"
        if meanwhile is not None:
            meanwhile()
        time.sleep(0.1)
