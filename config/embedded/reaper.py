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

PATIENCE = 8.0  # seconds that a group's leader has to stop it
PROC = Path("/proc")


def runs(process: int) -> bool:
    """Whether this process runs; a zombie, which PID 1 may never collect, does not."""
    try:
        os.kill(process, 0)
        state = (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except OSError:  # not ours, or a system without /proc
        return not PROC.joinpath("self").exists()
    return state not in "ZX"


def stop(leader: int, number: int) -> None:
    """
    Send a group's leader its signal and wait; KILL what is left of the group.

    The leader alone, because it knows how to end its own: a worker lets its children finish.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(leader, number)
    end = time.monotonic() + PATIENCE
    while runs(leader) and time.monotonic() < end:
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def main() -> None:
    """Read groups until the parent is gone, then stop them, the last one first."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups = [tuple(map(int, line.split())) for line in sys.stdin]
    for leader, number in reversed(groups):
        stop(leader, number)


if __name__ == "__main__":
    main()
