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
    lost: set[str] = field(default_factory=set)  # the next answer to these methods does not arrive
    kept: list[dict[str, Any]] = field(default_factory=list)  # what was posted, as a listing has it
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

    def answer(self, method: str, body: dict[str, Any]) -> tuple[int, dict[str, str], dict[str, Any]]:
        if self.planned[method]:
            return self.planned[method].pop(0)
        usual = USUAL.get(method)
        return 200, {}, {"ok": True, **(usual(self, body) if usual else {})}

    def standing(self, *, thread: str | None) -> list[dict[str, Any]]:
        """What stands in the channel, or in one of its threads."""
        return [one for one in self.kept if one["thread_ts"] == thread]

    def keep(self, body: dict[str, Any]) -> str:
        """Keep what was posted, and return its time."""
        self.sent += 1
        kept = {name: body.get(name) for name in ("text", "thread_ts", "metadata")}
        self.kept.append({**kept, "ts": f"1795513262.{self.sent:06}"})
        return f"1795513262.{self.sent:06}"


USUAL: dict[str, Callable[[Peer, dict[str, Any]], dict[str, Any]]] = {
    "users.info": lambda _peer, _body: {"user": {"id": "U", "deleted": False, "is_restricted": False}},
    "conversations.open": lambda _peer, _body: {"channel": {"id": CHANNEL}},
    "chat.postMessage": lambda peer, body: {"channel": CHANNEL, "ts": peer.keep(body)},
    "conversations.history": lambda peer, _body: {"messages": peer.standing(thread=None)},
    "conversations.replies": lambda peer, body: {"messages": peer.standing(thread=body["ts"])},
    "views.publish": lambda _peer, body: {"view": {"id": f"V-{body['user_id']}"}},
}
"""What it answers where the test says nothing."""


def parsed(handler: BaseHTTPRequestHandler) -> dict[str, Any]:
    """The body, whether JSON or a form."""
    raw = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
    if (handler.headers.get("Content-Type") or "").startswith("application/json"):
        content: dict[str, Any] = json.loads(raw or "{}")
        return content
    return dict(parse_qsl(raw))


@contextmanager
def listening(peer: Peer | None = None) -> Iterator[Peer]:
    """Listen on a free port for a while."""
    peer = peer or Peer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            method = self.path.rsplit("/", 1)[-1]
            given = parsed(self)
            peer.heard.append((method, given))
            if act := peer.meanwhile.pop(method, None):
                act()
                connections.close_all()
            status, headers, body = peer.answer(method, given)
            if method in peer.lost:
                peer.lost.discard(method)
                self.close_connection = True
                return
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
