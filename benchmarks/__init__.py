"""
What `make bench` measures: ratios taken in one run, never an absolute time.

A benchmark is a module with a function `run`, which measures; each has a process of its own (`alone`). "limit"
is what "ours" is measured against, in the same run on the same rows; the ratio is ours to limit. A benchmark fails
above its goal, and says why it may be so; a goal of null is none. Figures go to stdout as JSON, what is going on to
stderr.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

REPEATS = 3
FLAT = 1.2  # of memory: ten times as much may want so much more


@dataclass(frozen=True, slots=True)
class Measured:
    """One line: ours and its limit, in `unit`, over `n` rows; the ratio that is still good, why a worse one may be."""

    bench: str
    ours: float
    limit: float
    goal: float | None
    unit: str
    n: int
    why: str = ""

    @property
    def ratio(self) -> float:
        """Ours to the limit."""
        return self.ours / self.limit

    @property
    def met(self) -> bool:
        """Whether the goal is met, if there is one."""
        return self.goal is None or self.ratio <= self.goal

    def line(self) -> str:
        """Return it as JSON, figures rounded to what they are worth."""
        told = asdict(self) | {"ratio": round(self.ratio, 3)}
        told |= {"ours": round(self.ours, 1), "limit": round(self.limit, 1), "met": self.met}
        names = ["bench", "ours", "limit", "ratio", "goal", "met", "unit", "n", *([] if self.met else ["why"])]
        return json.dumps({name: told[name] for name in names})


def median_ms(act: Callable[[], object], *, before: Callable[[], object]) -> float:
    """Return the median of a few runs of `act` in milliseconds; `before` each is not counted."""
    taken = []
    for _ in range(REPEATS):
        before()
        start = time.perf_counter()
        act()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def tell(measure: Callable[[int], Iterator[Measured]]) -> int:
    """Measure and print; return 1 when a ratio is above its goal."""
    good = True
    for measured in measure(int(os.environ["N"])):
        print(measured.line(), flush=True)
        good = good and measured.met
    return 0 if good else 1


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Say how long a stage took."""
    start = time.perf_counter()
    yield
    say(f"{name}: {time.perf_counter() - start:.1f} s")


def say(text: str) -> None:
    """Tell whoever waits."""
    print(text, file=sys.stderr, flush=True)
