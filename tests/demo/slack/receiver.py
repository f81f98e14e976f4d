"""A small app behind all three addresses: it verifies with Slack's own verifier, and answers as the test says."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
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
    """
    What it heard: payloads whose signature was right, and how many were wrong; what it will answer.

    `heard` are clicks and forms; `events` are envelopes with the headers of a second attempt under "again".
    """

    url: str = ""
    heard: list[Json] = field(default_factory=list)
    commands: list[Json] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    told: Condition = field(default_factory=Condition)
    headers: dict[str, str] = field(default_factory=dict)  # of its answers
    raw: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    forged: int = 0
    delay: float = 0
    act: Callable[[Json], tuple[int, str]] = acknowledge

    def take(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        self.raw.append((body, headers))
        if not SignatureVerifier(SECRET).is_valid_request(body, headers):
            self.forged += 1
            return 401, ""
        payload = self.understood(body, headers)
        time.sleep(self.delay)
        return self.act(payload)

    def understood(self, body: bytes, headers: dict[str, str]) -> Json:
        """Sort it."""
        if headers["Content-Type"] == "application/json":
            again = {name: value for name, value in headers.items() if name.startswith("X-Slack-Retry")}
            return self.hear(self.events, {**json.loads(body), "again": again})
        form = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        if "payload" in form:
            return self.hear(self.heard, json.loads(form["payload"]))
        return self.hear(self.commands, form)

    def hear(self, heard: list[Json], payload: Json) -> Json:
        with self.told:
            heard.append(payload)
            self.told.notify_all()
        return payload

    def wait_for(self, what: Callable[[], bool]) -> None:
        """Wait until it has heard enough."""
        with self.told:
            assert self.told.wait_for(what, timeout=10)

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
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
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
