"""
The reaper: stops a stack's process groups once its parent is gone, however the parent died.

Run by path as a process of its own, deaf to the signals of a terminal. It reads "GROUP SIGNAL" lines from a pipe that
only the parent holds, and "GROUP" alone for one that is a server, to be stopped after the others; end of file is the
parent's end. It imports nothing but the standard library.
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


def stop(groups: dict[int, int]) -> None:
    """
    Send each group's leader its signal and wait; KILL what is left of the groups.

    The leaders alone, because they know how to end their own: a worker lets its children finish.
    """
    for leader, number in groups.items():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(leader, number)
    end = time.monotonic() + PATIENCE
    while any(map(runs, groups)) and time.monotonic() < end:
        time.sleep(0.02)
    for leader in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)


def main() -> None:
    """Read groups until the parent is gone; then stop them, all together, and the servers, the last one first."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    lines = [tuple(map(int, line.split())) for line in sys.stdin]
    groups = {line[0]: line[1] for line in lines if len(line) > 1}
    servers = [line[0] for line in lines if len(line) == 1]
    stop({leader: number for leader, number in groups.items() if leader not in servers})
    for leader in reversed(servers):
        stop({leader: groups[leader]})


if __name__ == "__main__":
    main()
