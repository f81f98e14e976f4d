"""The workspace's clock: the real one, put ahead by whoever plays with it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Clock:
    """Seconds since the epoch. `real` is the machine's: signatures carry it, or no app would accept them."""

    real: Callable[[], float]
    ahead: float = 0.0  # seconds

    def __call__(self) -> float:
        """Return the workspace's now."""
        return self.real() + self.ahead

    def advance(self, seconds: float) -> None:
        """Put it ahead. Raises ValueError for a step back: Slack's time does not run backwards."""
        if seconds < 0:
            raise ValueError("the clock goes forward only")
        self.ahead += seconds
