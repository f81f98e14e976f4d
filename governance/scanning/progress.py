"""How far a scan is: a bar where somebody looks, lines elsewhere."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

STEPS = ("principals", "entitlements", "grants", "credentials", "use", "checks")
CALLED = (
    "accounts",
    "what can be held",
    "who holds what",
    "what they sign in with",
    "what was used",
    "what is remarkable",
)
WIDTH = 20
EVERY = 0.1  # seconds between two looks of the bar
CLEAR = "\r\x1b[K"


class Stream(Protocol):
    """Where it is shown."""

    def write(self, text: str, style_func: Callable[[str], str], ending: str) -> object:
        """Write a text, and what ends it."""

    def flush(self) -> None:
        """Show what was written."""

    def isatty(self) -> bool:
        """Whether somebody looks."""


class Progress:
    """Shows each step; the number of rows is not known beforehand, so the bar goes by steps."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self._looked_at = stream, 0.0
        self._bar, self._step = stream.isatty(), ""

    def tell(self, step: str, rows: int) -> None:
        """Show a step, and how many rows it has come to."""
        number = STEPS.index(step)
        if self._bar:
            self.draw(number, rows, new=step != self._step)
        elif step != self._step:
            self.write(f"Looking at {CALLED[number]}", ending="\n")
        self._step = step

    def draw(self, number: int, rows: int, *, new: bool) -> None:
        """Draw the bar, not too often."""
        now = time.monotonic()
        if not new and now < self._looked_at + EVERY:
            return
        self._looked_at = now
        full = WIDTH * (number + 1) // (len(STEPS) + 1)
        self.write(f"{CLEAR}[{'#' * full}{'.' * (WIDTH - full)}] {CALLED[number]}: {rows:,}")

    def write(self, text: str, *, ending: str = "") -> None:
        """Show a text at once, in no colour: it is no error."""
        self._stream.write(text, str, ending)
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar and self._step:
            self.write(CLEAR)
