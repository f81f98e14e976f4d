"""
Requests at a steady rate, whether or not the answers keep up: a wait in the queue counts as a wait.

Each has a connection of its own, as a process that serves one at a time wants it.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

OK = "200"


@dataclass(frozen=True, slots=True)
class Load:
    """How long each answer took, in milliseconds from when its request was due; and which was not 200."""

    ms: Sequence[float]
    refused: Sequence[str]

    def percentile(self, share: float) -> float:
        """The time within which that share of the answers came."""
        ordered = sorted(self.ms)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def at_rate(address: tuple[str, int], requests: Sequence[bytes], *, rate: float) -> Load:
    """Send each of these, so many a second."""
    return asyncio.run(sent(address, requests, rate))


async def sent(address: tuple[str, int], requests: Sequence[bytes], rate: float) -> Load:
    """All of them, each at its time."""
    start = time.perf_counter() + 0.2
    tasks = [asyncio.create_task(one(address, raw, start + number / rate)) for number, raw in enumerate(requests)]
    answers = await asyncio.gather(*tasks)
    return Load([ms for ms, _ in answers], [status for _, status in answers if status != OK])


async def one(address: tuple[str, int], raw: bytes, due: float) -> tuple[float, str]:
    """One request, and the first line of its answer."""
    await asyncio.sleep(max(due - time.perf_counter(), 0))
    try:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(raw)
        head = await reader.read()
        writer.close()
    except OSError as error:
        return (time.perf_counter() - due) * 1000, type(error).__name__
    return (time.perf_counter() - due) * 1000, head.split(b" ", 2)[1].decode() if b" " in head else "nothing"
