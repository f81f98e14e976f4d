"""
Processes that a test starts: forked from one that has loaded the libraries, which is most of what starting costs.

What is ours, the settings among them, each loads for itself, out of the environment that it gets; it leads a group of
its own, and runs as by `python -m`; only what Python itself reads when it starts (PYTHONPATH …) is what the process
that forks was given. That one has read no setting and has no threads.
"""

import contextlib
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from django.conf import settings

HERE = Path(__file__).parents[1]
LIBRARIES = (
    "celery.bin.celery",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.concurrency.solo",
    "celery.fixups.django",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "cryptography.hazmat.primitives.ciphers.aead",
    "dj_database_url",
    "django.core.management",
    "django.db.backends.postgresql.base",
    "django_stubs_ext",
    "environs",
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.sync",
    "kombu.transport.redis",
    "slack_bolt",
    "slack_sdk.socket_mode.builtin",
    "yaml",
)


@dataclass
class Forked:
    """One that was started, with what tests need of `subprocess.Popen`."""

    forks: "Forks"
    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        if self.returncode is None:
            self.returncode = self.forks.ask(ended=self.pid)
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        """Wait for its end. Raises TimeoutExpired."""
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            time.sleep(0.005)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def end(self) -> None:
        """Kill it, also where it does not lead its group yet, and all of its group."""
        self.kill()
        kill_all_of(self.pid)
        self.wait()


class Forks:
    """What starts them. They end with it, and it ends with this process, however that dies."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def start(self, module: str, arguments: Sequence[object], *, log: Path) -> Forked:
        """Run a module as a process of this environment; its output is appended to the log."""
        order = {"module": module, "arguments": [str(each) for each in arguments], "env": dict(os.environ)}
        return Forked(self, self.ask(**order, log=str(log)))

    def ask(self, **order: Any) -> Any:
        """Give an order, and return the answer."""
        with self.lock:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())

    def stop(self) -> None:
        """End all of them."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def kill_all_of(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


# -- the process that forks


def main() -> None:
    """Load the libraries, serve, and become what was ordered."""
    for name in LIBRARIES:
        __import__(name)
    if settings.configured:
        raise SystemExit("A library has read our settings: what is forked would have those of somebody else.")
    if order := serve():
        become(order)


def serve() -> dict[str, Any] | None:
    """Fork as ordered until nobody gives orders any more; in what was forked, return its order."""
    forked: set[int] = set()
    for order in map(json.loads, sys.stdin):
        if "ended" in order:
            tell(ended(order["ended"], forked))
            continue
        pid = os.fork()
        if not pid:
            return dict(order)
        forked.add(pid)
        tell(pid)
    for pid in forked:
        kill_all_of(pid)
    return None


def tell(answer: int | None) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def ended(pid: int, forked: set[int]) -> int | None:
    """How a process ended, which is told once; None while it runs."""
    found, status = os.waitpid(pid, os.WNOHANG)
    if not found:
        return None
    forked.discard(pid)
    return os.waitstatus_to_exitcode(status)


def become(order: dict[str, Any]) -> None:
    """Run what was ordered, in its environment, with its log."""
    os.setsid()
    with Path(order["log"]).open("ab") as log, Path(os.devnull).open("rb") as nothing:
        for number, file in enumerate((nothing, log, log)):
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = [order["module"], *order["arguments"]]
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
