"""
The reaper: stops a stack's process groups once its parent is gone, however the parent died.

Run by path as a process of its own, deaf to the signals of a terminal. It reads "GROUP SIGNAL"
lines from a pipe that only the parent holds; end of file is the parent's end. It imports nothing
but the standard library.
"""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

PATIENCE = 8.0  # seconds that a group has to stop by itself
PROC = Path("/proc")


def alive(group: int) -> bool:
    """Whether a process of this group runs; zombies, which PID 1 may never collect, do not."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, 0)
        return not PROC.joinpath("self").exists() or any(in_group(group))
    return False


def in_group(group: int) -> list[str]:
    """Return the state letter of each living process in the group."""
    states = []
    for stat in PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended while we looked
            state, _parent, its_group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                states.append(state)
    return states


def stop(group: int, number: int) -> None:
    """Send the group its signal and wait; KILL what is still there after `PATIENCE`."""
    for sent in (number, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, sent)
        end = time.monotonic() + PATIENCE
        while alive(group) and time.monotonic() < end:
            time.sleep(0.02)


def main() -> None:
    """Read groups until the parent is gone, then stop them, the last one first."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups = [tuple(map(int, line.split())) for line in sys.stdin]
    for group, number in reversed(groups):
        if alive(group):
            stop(group, number)


if __name__ == "__main__":
    main()
