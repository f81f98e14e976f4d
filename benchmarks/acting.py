"""
An act of a benchmark in a process of its own: how long it took, and the most memory that the process had.

`python -m benchmarks.acting MODULE FUNCTION TIMES` prints that as JSON; what Django takes to set up is not timed, but
its memory counts.
"""

import importlib
import json
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import django

KIB = 1024


@dataclass(frozen=True, slots=True)
class Acted:
    """What an act took each time, in milliseconds, its process's peak in MiB, and what it said last."""

    took: list[float]
    peak: float
    told: Any = None

    @property
    def ms(self) -> float:
        """The median."""
        return statistics.median(self.took)

    @classmethod
    def together(cls, acted: "list[Acted]") -> Self:
        """Several processes as one: all that each took, and the highest peak."""
        return cls([ms for each in acted for ms in each.took], max(each.peak for each in acted), acted[-1].told)


def act(module: str, function: str, *, times: int = 1) -> Acted:
    """Have a function of a benchmark act in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.acting", module, function, str(times)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return Acted(**json.loads(done.stdout))


def main(module: str, function: str, times: int) -> None:
    """Act as often as is asked, and tell."""
    django.setup()
    chosen = getattr(importlib.import_module(f"benchmarks.{module}"), function)
    took, told = [], None
    for _ in range(times):
        start = time.perf_counter()
        told = chosen()
        took.append((time.perf_counter() - start) * 1000)
    print(json.dumps({"took": took, "peak": peak(), "told": told}))


def peak() -> float:
    """Return the most memory that this program has had, in MiB; what getrusage tells begins with its parent's."""
    return int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0]) / KIB


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
