"""A Slack that notes what it is told and answers as the test says: over real HTTP, for the real slack_sdk."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

from django.db import connections

CHANNEL = "D0000001"


@dataclass
class Peer:
    """Where it listens, what it heard, what it will say next, and what happens before it says it."""

    url: str = ""
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    planned: dict[str, list[tuple[int, dict[str, str], dict[str, Any]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    meanwhile: dict[str, Callable[[], object]] = field(default_factory=dict)
    sent: int = 0

    @property
    def api(self) -> str:
        return f"{self.url}/api/"

    @property
    def response_url(self) -> str:
        return f"{self.url}/respond"

    def will(self, method: str, *, status: int = 200, headers: dict[str, str] | None = None, **body: Any) -> None:
        """Answer the next call of a method like this."""
        self.planned[method].append((status, headers or {}, body))

    def told(self, method: str) -> list[dict[str, Any]]:
        """What came for one method, in order."""
        return [body for name, body in self.heard if name == method]

    def answer(self, method: str) -> tuple[int, dict[str, str], dict[str, Any]]:
        if self.planned[method]:
            return self.planned[method].pop(0)
        match method:
            case "users.info":
                return 200, {}, {"ok": True, "user": {"id": "U", "deleted": False, "is_restricted": False}}
            case "conversations.open":
                return 200, {}, {"ok": True, "channel": {"id": CHANNEL}}
            case "chat.postMessage":
                self.sent += 1
                return 200, {}, {"ok": True, "channel": CHANNEL, "ts": f"1795513262.{self.sent:06}"}
            case _:
                return 200, {}, {"ok": True}


def parsed(handler: BaseHTTPRequestHandler) -> dict[str, Any]:
    """The body, whether JSON or a form."""
    raw = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
    if (handler.headers.get("Content-Type") or "").startswith("application/json"):
        content: dict[str, Any] = json.loads(raw or "{}")
        return content
    return dict(parse_qsl(raw))


@contextmanager
def listening() -> Iterator[Peer]:
    """Listen on a free port for a while."""
    peer = Peer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            method = self.path.rsplit("/", 1)[-1]
            peer.heard.append((method, parsed(self)))
            if act := peer.meanwhile.pop(method, None):
                act()
                connections.close_all()
            status, headers, body = peer.answer(method)
            said = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(said)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    peer.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield peer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
