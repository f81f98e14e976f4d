"""Programs that tests start, kill and look for."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]

# A stack with a sleeper, and a sleeper with a child of its own; "up" is said when all run.
SLEEPERS = """
import pathlib, sys
from config.embedded.stack import Stack
state = pathlib.Path(sys.argv[1])
two = "import subprocess; subprocess.run(['sleep', '60'])"
with Stack() as stack:
    stack.start([sys.executable, "-c", "import time; time.sleep(60)"], log=state / "one.log")
    stack.start([sys.executable, "-c", two])
    print("up", flush=True)
    stack.wait()
"""

# A stack that says when it stops, with a child that hears nothing.
DEAF = """
import pathlib, sys
from config.embedded.stack import Stack
log = pathlib.Path(sys.argv[1]) / "deaf.log"
deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
with Stack(say=lambda text: print(text, flush=True)) as stack:
    stack.start([sys.executable, "-c", deaf], log=log)
    while not log.read_text():
        pass
    print("up", flush=True)
    stack.wait()
"""

# A stack with a child that needs two seconds to end.
SLOW = """
import pathlib, sys
from config.embedded.stack import Stack
slow = "import signal, sys, time; "
slow += "signal.signal(15, lambda *_: (time.sleep(2), sys.exit(print('finished')))); "
slow += "print('up', flush=True); time.sleep(60)"
with Stack() as stack:
    stack.start([sys.executable, "-c", slow], log=pathlib.Path(sys.argv[1]))
    print("up", flush=True)
    stack.wait()
"""

# What make does: a program in the foreground, which is told whose child it is.
UNDER_MAKE = """
import os, subprocess, sys
env = os.environ | {"COUNTERSIGN_PARENT": str(os.getpid())}
subprocess.run([sys.executable, "-c", *sys.argv[1:]], env=env)
"""

# Two clusters and Valkey in the first free folder called "tried"; "up" is said when all answer.
SERVERS = """
import sys
from config.embedded import folders, servers
from config.embedded.stack import Stack
with Stack() as stack:
    state = folders.claim("tried", slots=int(sys.argv[1]))
    servers.postgres(stack, state)
    servers.postgres(stack, state, name="other")
    servers.redis(stack, state)
    print("up", flush=True)
    stack.wait()
"""


@contextmanager
def running(source: str, *arguments: object, **env: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program and wait for its word "up"; whatever happens, it is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", source, *map(str, arguments)],
        cwd=CHECKOUT,
        env=os.environ | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            said = process.stdout.readline()
            assert said == "up\n", said + process.stdout.read()
            yield process
        finally:
            process.kill()


def until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait for it, or fail."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def descendants(process: int) -> list[int]:
    """Return all that this process started, directly or not: servers' children leave its groups."""
    parents = {pid: parent for pid, parent, _ in processes()}
    family = [process]
    for each in family:  # grows while we walk
        family += [pid for pid, parent in parents.items() if parent == each]
    return family[1:]


def living(pids: list[int]) -> list[int]:
    """Return those that still run; zombies, which PID 1 collects when it likes, do not."""
    return [pid for pid, _, state in processes() if pid in pids and state[0] not in "ZX"]


def processes() -> list[tuple[int, int, str]]:
    """Return every process: its number, its parent, its state."""
    listing = ("ps", "-e", "-o", "pid=,ppid=,state=")
    done = subprocess.run(listing, check=True, capture_output=True, text=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    return [(int(pid), int(parent), state) for pid, parent, state in rows]
