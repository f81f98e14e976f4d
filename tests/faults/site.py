"""The site as it is served, in processes that can be killed, and clicks that come to it over HTTP."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from slack_sdk.signature import SignatureVerifier

from reviews.models import Ask, Item
from reviews.slack.tokens import Token, sealed
from tests.forking import Forked
from tests.reviews.slack.clicking import PATH, pressing
from tests.reviews.slack.conftest import SECRET, Question

OK, NONE = 200, 0  # NONE: no answer came
UNSIGNED = 401
PATIENCE = 60  # seconds
WORKERS = 2


@dataclass(frozen=True)
class Signed:
    """What Slack posts, to the byte: posted again it is the same request."""

    item: Item
    body: str
    headers: dict[str, str]


@dataclass
class Site:
    """Gunicorn on one port, which is also the next one's; `start` is the fixture of that name."""

    start: Callable[..., Forked]
    port: int
    client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=PATIENCE))
    process: Forked | None = None

    def up(self) -> None:
        """Start it; whoever connects before it can answer waits."""
        serving = ("--bind", f"127.0.0.1:{self.port}", "--workers", str(WORKERS), "--no-control-socket")
        self.process = self.start("gunicorn", "config.wsgi", "--preload", *serving)

    def kill(self) -> None:
        """As the kernel does when memory is short: all of its processes, without a word."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def post(self, signed: Signed) -> int:
        """Post it once it can be delivered; the status of the answer, or NONE."""
        ends = time.monotonic() + PATIENCE
        while True:
            try:
                url = f"http://127.0.0.1:{self.port}{PATH}"
                return self.client.post(url, content=signed.body, headers=signed.headers).status_code
            except httpx.ConnectError:  # nobody is there, and nothing was sent
                assert time.monotonic() < ends, "the site does not come up"
                time.sleep(0.02)
            except httpx.TransportError:
                return NONE

    def hello(self) -> None:
        """Let it answer to nobody in particular."""
        assert self.post(Signed(None, "", {})) == UNSIGNED

    def post_all(self, signed: Sequence[Signed], *, at_once: int) -> list[int]:
        """Post each of these, so many at the same time."""
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(self.post, signed))

    def timed(self, signed: Signed) -> float:
        """Post what is to be accepted, and return the seconds that it took."""
        begun = time.monotonic()
        assert self.post(signed) == OK
        return time.monotonic() - begun


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def press(question: Question, item: Item, ask: Ask, action: str, *, url: str = "", **user: Any) -> Signed:
    """A press of a button about this item on this message, signed now."""
    value = sealed(Token(ask_id=ask.pk, item_id=item.pk, fingerprint=item.fingerprint))
    pressed = {"type": "button", "action_id": action, "block_id": f"{item.review_id}.{ask.pk}.1.6", "value": value}
    container = {"type": "message", "message_ts": f"{ask.pk}.0"}
    payload = pressing(question, pressed, container=container, url=url, **user)
    return signed(item, urlencode({"payload": json.dumps(payload)}))


def signed(item: Item, body: str) -> Signed:
    """A body with its signature."""
    stamp = str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body) or ""
    kind = "application/x-www-form-urlencoded"
    return Signed(
        item, body, {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
    )
