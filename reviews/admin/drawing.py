"""Numbers as inline SVG, by coordinates: sizes are attributes, so that a strict style policy holds."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDE, HIGH, EDGE = 150, 28, 3  # a line
STEP, BAR, TALL = 8, 6, 20  # a bar of a day


@dataclass(frozen=True, slots=True)
class Line:
    """A line over time: its points, where it ends, and the sentence that says the same."""

    points: str
    x: float
    y: float
    says: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, from the ground up."""

    x: int
    y: float
    height: float


def line(values: Sequence[float], *, most: float, says: str) -> Line:
    """A line from left to right; `most` is at the top."""
    across = (WIDE - 2 * EDGE) / max(len(values) - 1, 1)
    places = [
        (round(EDGE + across * n, 1), round(HIGH - EDGE - (HIGH - 2 * EDGE) * value / most, 1))
        for n, value in enumerate(values)
    ]
    x, y = places[-1]
    return Line(" ".join(f"{left},{top}" for left, top in places), x, y, says)


def bars(values: Sequence[int]) -> list[Bar]:
    """A bar for each value that is not zero, to a scale of its own."""
    most = max(values, default=0)
    heights = [round((TALL - 2) * value / most, 1) if most else 0.0 for value in values]
    return [Bar(n * STEP, round(TALL - 1 - high, 1), high) for n, high in enumerate(heights) if high]
