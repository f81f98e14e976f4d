"""
Processes that live and die together: started in order, stopped together, their servers after them.

    with Stack() as stack:
        stack.start([sys.executable, "-m", "celery", …], log=folder / "worker.log")
        stack.wait()                       # until a signal, or until a child dies: ChildDied

Each child leads a process group of its own, so a terminal's Ctrl-C reaches us alone and we decide
the order; a second one hurries. If this process is killed, its reaper (`reaper.py`) stops the children all the
same. If `make` started us and is killed, we end (`COUNTERSIGN_PARENT`).
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Self

from config.embedded import folders, reaper

PATIENCE = 10  # seconds that a child has to stop by itself
HURRIED = 1  # the same, after a second Ctrl-C
PARENT = "COUNTERSIGN_PARENT"  # the process that we must not outlive
LAST_LINES = 20
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ChildDied(RuntimeError):
    """A process of the stack ended by itself; the message holds its log's last lines and path."""


@dataclass(frozen=True, slots=True)
class User:
    """Who a child runs as, where we may choose (as root)."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Child:
    """A started process, the signal that stops it, and where its output goes."""

    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals
    log: Path | None

    @property
    def name(self) -> str:
        """The log's name, else the program's."""
        if self.log:
            return self.log.stem
        arguments = self.process.args
        return Path(str(arguments[0])).name if isinstance(arguments, list) else str(arguments)

    def last_words(self) -> str:
        """How it ended, the last lines of its log and the log's path."""
        code = self.process.poll()
        how = "is still starting" if code is None else f"ended with {ended(code)}"
        if self.log is None:
            return f"{self.name} {how}."
        lines = tail(self.log)
        return f"{self.name} {how}; its log {self.log} ends:\n{lines or '(nothing was written)'}"


class Stack:
    """Children that are stopped together, whatever happens to this process; `say` tells that it has begun."""

    def __init__(self, *, say: Callable[[str], object] = str) -> None:
        self.children: list[Child] = []
        self._say = say
        self._servers: set[int] = set()
        self._parent = os.environ.pop(PARENT, "")
        self._starting = self._hurried = False
        self._held: signal.Signals | None = None
        self._reaper = subprocess.Popen(
            [sys.executable, "-I", "-S", reaper.__file__],
            stdin=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )

    def start(
        self,
        argv: Sequence[str | Path],
        *,
        stop: signal.Signals = signal.SIGTERM,
        log: Path | None = None,
        cwd: str | Path | None = None,
        env: Mapping[str, str] | None = None,
        user: User | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a process; its output is appended to `log`, or is ours where there is none."""
        self._starting = True
        try:
            with contextlib.ExitStack() as opened:
                output = opened.enter_context(log.open("ab")) if log else None
                process = self._spawn([str(each) for each in argv], output, cwd, env, user)
            self.children.append(Child(process, stop, log))
            self._tell_reaper(f"{process.pid} {int(stop)}\n")
        finally:
            self._starting = False
        if self._held:
            self._end(self._held, None)
        return process

    def _spawn(
        self,
        argv: list[str],
        output: IO[bytes] | None,
        cwd: str | Path | None,
        env: Mapping[str, str] | None,
        user: User | None,
    ) -> subprocess.Popen[bytes]:
        """Fork; a child holds the state folder's lock too, which is taken while any of us lives."""
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            cwd=cwd,
            env=env,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
            start_new_session=True,
            pass_fds=folders.held(),
        )

    def _tell_reaper(self, line: str) -> None:
        pipe = self._reaper.stdin
        if pipe is None:
            raise RuntimeError("the reaper was started without a pipe")
        pipe.write(line)
        pipe.flush()

    def serves(self, process: subprocess.Popen[bytes]) -> None:
        """Let a child be a server: it is stopped when the others, which use it, have gone."""
        self._servers.add(process.pid)
        self._tell_reaper(f"{process.pid}\n")

    def dead(self) -> Child | None:
        """Return the first child that ended by itself."""
        return next((child for child in self.children if child.process.poll() is not None), None)

    def check(self) -> None:
        """Raise `ChildDied`, with the child's last words, if a child ended by itself; SystemExit if our parent did."""
        if child := self.dead():
            raise ChildDied(child.last_words())
        if self._parent and self._parent != str(os.getppid()):
            raise SystemExit(128 + signal.SIGHUP)

    def wait(self, *, look_every: float = 0.2) -> None:
        """Block until a signal ends this process; raise `ChildDied` as soon as a child ends."""
        while True:
            self.check()
            time.sleep(look_every)

    def stop(self) -> None:
        """
        Stop the children: first all together, then the servers, the last one first; what is deaf is killed.

        The signals of this process are left alone, so that a test may have a stack of its own.
        """
        servers = [child for child in self.children if child.process.pid in self._servers]
        self._stop([child for child in self.children if child not in servers])
        for child in reversed(servers):
            self._stop([child])
        self.children.clear()
        if self._reaper.stdin:
            self._reaper.stdin.close()
        self._reaper.wait()

    def _stop(self, children: list[Child]) -> None:
        """
        Signal these and wait; KILL what is left of their groups when patience ends.

        The children alone are told: a worker lets its own children finish what they are doing.
        """
        running = [child.process for child in children if child.process.poll() is None]
        for child in children:
            child.process.send_signal(child.stop_signal)
        begun = time.monotonic()
        while any(process.poll() is None for process in running) and time.monotonic() < begun + self._patience():
            time.sleep(0.02)
        for child in children:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()

    def _patience(self) -> float:
        """Seconds that children have from their signal on."""
        return HURRIED if self._hurried else PATIENCE

    def _hurry(self, number: int, frame: FrameType | None) -> None:
        """Lose patience."""
        self._hurried = True

    def _end(self, number: int, frame: FrameType | None) -> None:
        """Leave by exception, so that `with` stops everything; not between fork and bookkeeping."""
        if self._starting:
            self._held = signal.Signals(number)
        elif number == signal.SIGINT:
            raise KeyboardInterrupt
        else:
            raise SystemExit(128 + number)

    def __enter__(self) -> Self:
        # SIGINT too: a process that a shell started with "&" inherits it as ignored.
        for number in ENDING:
            signal.signal(number, self._end)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A second SIGTERM may be the same one, passed on by make; a second Ctrl-C is a wish.
        signal.signal(signal.SIGINT, self._hurry)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if kind is not None:
            self._say("Stopping… (Ctrl-C again hurries)")
        self.stop()
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def ended(code: int) -> str:
    """Name the signal behind a negative exit code."""
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def tail(log: Path, *, lines: int = LAST_LINES) -> str:
    """Return the last lines of a log; an empty string where there is none."""
    if not log.exists():
        return ""
    with log.open(errors="replace") as text:
        return "".join(deque(text, maxlen=lines)).rstrip()
