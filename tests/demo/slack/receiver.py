"""A small app behind the interactivity URL: it verifies with Slack's own verifier, and answers as the test says."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from slack_sdk.signature import SignatureVerifier

Json = dict[str, Any]
SECRET = "not a secret"  # noqa: S105 - as it says


def acknowledge(_payload: Json) -> tuple[int, str]:
    """Acknowledge, and no more."""
    return 200, ""


@dataclass
class Receiver:
    """What it heard: payloads whose signature was right, and how many were wrong; what it will answer."""

    url: str = ""
    heard: list[Json] = field(default_factory=list)
    raw: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    forged: int = 0
    delay: float = 0
    act: Callable[[Json], tuple[int, str]] = acknowledge

    def take(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        self.raw.append((body, headers))
        if not SignatureVerifier(SECRET).is_valid_request(body, headers):
            self.forged += 1
            return 401, ""
        payload = json.loads(parse_qs(body.decode())["payload"][0])
        self.heard.append(payload)
        time.sleep(self.delay)
        return self.act(payload)

    @property
    def last(self) -> Json:
        return self.heard[-1]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen until the context ends."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = receiver.take(body, dict(self.headers))
            with suppress(ConnectionError):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(answer.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver.url = f"http://127.0.0.1:{server.server_port}/slack/interactivity"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
