"""
Requests at a steady rate, whether or not the answers keep up: a wait in the queue counts as a wait.

Each has a connection of its own, as a process that serves one at a time wants it. Who has waited for as long as Slack
waits goes away.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

OK, LATE = "200", "late"
PATIENCE = 3.0  # seconds


@dataclass(frozen=True, slots=True)
class Load:
    """How long each took, in milliseconds from when its request was due; and how it ended where not with 200."""

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
        head = await asyncio.wait_for(answered(address, raw), PATIENCE)
        status = head.split(b" ", 2)[1].decode() if b" " in head else "nothing"
    except TimeoutError:
        status = LATE
    except OSError as error:
        status = type(error).__name__
    return (time.perf_counter() - due) * 1000, status


async def answered(address: tuple[str, int], raw: bytes) -> bytes:
    """Say it on a connection of its own, and read to the end."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(raw)
        return await reader.read()
    finally:
        writer.close()
