"""Clients that deliver use until all of it is acknowledged, whatever is killed on the way."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock

import httpx

logging.getLogger("httpx").setLevel(logging.WARNING)
PATIENCE, PAUSE = 120, 0.1  # seconds


@dataclass
class Clients:
    """
    Several of them, each of which posts one body after another and the same again until it has an answer.

    `acknowledged` counts lines, `again` deliveries that had to be made once more; `after` is told of each answer.
    """

    url: str
    token: str
    after: Callable[[int], None] = lambda _: None
    acknowledged: int = 0
    already_there: int = 0
    again: int = 0
    lock: Lock = field(default_factory=Lock)

    def send(self, bodies: Sequence[bytes], *, at_once: int) -> None:
        """Deliver all of these. Raises what one of the clients raised."""
        with httpx.Client(trust_env=False, timeout=PATIENCE) as client, ThreadPoolExecutor(at_once) as pool:
            for _ in pool.map(lambda body: self.deliver(client, body), bodies):
                pass

    def deliver(self, client: httpx.Client, body: bytes) -> None:
        """Deliver one body."""
        ends = time.monotonic() + PATIENCE
        while (answer := self.posted(client, body)) is None:
            if time.monotonic() > ends:
                raise TimeoutError(f"{self.url} does not answer")
            with self.lock:
                self.again += 1
            time.sleep(PAUSE)
        with self.lock:
            self.acknowledged += answer["kept"] + answer["already_there"]
            self.already_there += answer["already_there"]
            self.after(self.acknowledged)

    def posted(self, client: httpx.Client, body: bytes) -> dict[str, int] | None:
        """The answer; None where none came, or it says to come back. Raises for any other."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/x-ndjson",
            "Content-Encoding": "gzip",
        }
        try:
            answer = client.post(self.url, content=body, headers=headers)
        except httpx.TransportError:
            return None
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return None
        answer.raise_for_status()
        told: dict[str, int] = answer.json()
        if told["refused"]:
            raise ValueError(f"{told['refused']} lines were refused: {answer.text[:300]}")
        return told
