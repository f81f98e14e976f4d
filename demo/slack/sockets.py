"""
Socket Mode: the app connects to us, and what happens comes to it in envelopes, each to be acknowledged within 3 s.

https://docs.slack.dev/apis/events-api/using-socket-mode: several connections may be open; any one receives a payload.
"""

import itertools
import json
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from demo.slack.delivering import ACK_SECONDS, TOO_LATE
from demo.slack.limits import Spent, Tickets
from demo.slack.records import Delivery, Kind, Parcel
from demo.slack.workspace import Workspace

Json = dict[str, Any]
MOST = 10  # connections of one app
TICKET_SECONDS = 30.0


@dataclass(slots=True, kw_only=True)
class Sockets:
    """The app's open connections. Safe between threads."""

    workspace: Workspace
    tickets: Tickets
    patience: float = ACK_SECONDS
    url: str = ""
    _open: list[ServerConnection] = field(default_factory=list)
    _awaited: dict[str, Future[Json]] = field(default_factory=dict)
    _turns: Iterator[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def connected(self) -> int:
        """How many connections are open."""
        return len(self._open)

    def next_url(self) -> str:
        """Return an address that serves for one connection, within 30 s."""
        return f"{self.url}/link/?ticket={self.tickets.give(user_id='')}&app_id={self.workspace.app.id}"

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse whoever has no ticket."""
        name = parse_qs(urlsplit(request.path).query).get("ticket", [""])[0]
        try:
            self.tickets.take(name)
        except Spent as error:
            return connection.respond(HTTPStatus.FORBIDDEN, f"{error}\n")
        return None

    def attend(self, connection: ServerConnection) -> None:
        """Greet a connection, and take its acknowledgements until it ends."""
        with self._lock:
            too_many = len(self._open) >= MOST
            if not too_many:
                self._open.append(connection)
        if too_many:
            connection.send(json.dumps({"type": "disconnect", "reason": "too_many_websockets"}))
            return
        self.workspace.changed()
        try:
            connection.send(json.dumps(self.hello()))
            for message in connection:
                self.acknowledged(message)
        except ConnectionClosed:
            pass
        finally:
            with self._lock:
                self._open.remove(connection)
            self.workspace.changed()

    def hello(self) -> Json:
        """Return the first word on every connection."""
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "debug_info": {"host": "simulated", "approximate_connection_time": 18060},
            "connection_info": {"app_id": self.workspace.app.id},
        }

    def acknowledged(self, message: str | bytes) -> None:
        """Take one acknowledgement; what belongs to no envelope is left."""
        try:
            content = json.loads(message)
        except ValueError:
            return
        awaited = self._awaited.get(content.get("envelope_id", "")) if isinstance(content, dict) else None
        if awaited is not None and not awaited.done():
            awaited.set_result(content)

    def carry(self, parcel: Parcel) -> Delivery | None:
        """Send it to one of the connections and wait for the acknowledgement; None where there is none."""
        with self._lock:
            open_now = list(self._open)
        if not open_now:
            return None
        connection = open_now[next(self._turns) % len(open_now)]
        envelope = enveloped(parcel)
        awaited = self._awaited[envelope["envelope_id"]] = Future()
        started = time.perf_counter()
        try:
            connection.send(json.dumps(envelope))
            content = awaited.result(timeout=self.patience)
        except Late:
            return Delivery(status=0, body="", ms=since(started), error=TOO_LATE)
        except ConnectionClosed:
            return Delivery(status=0, body="", ms=since(started), error="no connection: closed")
        finally:
            del self._awaited[envelope["envelope_id"]]
        return Delivery(status=200, body=answer_in(content), ms=since(started))

    def refresh(self, *, reason: str = "refresh_requested") -> int:
        """Ask every connection to come again, as Slack does every few hours; return how many there were."""
        with self._lock:
            open_now = list(self._open)
        said = json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "simulated"}})
        for connection in open_now:
            with suppress(ConnectionClosed):  # it has gone by itself
                connection.send(said)
            connection.close()
        return len(open_now)


def since(started: float) -> int:
    """Return how many milliseconds ago that was."""
    return round((time.perf_counter() - started) * 1000)


def enveloped(parcel: Parcel) -> Json:
    """Return what goes over the socket: no signature, for the connection itself is authenticated."""
    again = {"retry_attempt": parcel.attempt, "retry_reason": parcel.reason} if parcel.kind is Kind.EVENT else {}
    return {
        "envelope_id": secrets.token_hex(16),
        "type": parcel.kind.value,
        "accepts_response_payload": parcel.kind is not Kind.EVENT,
        "payload": parcel.payload,
        **again,
    }


def answer_in(content: Json) -> str:
    """Return what an HTTP answer would hold: the acknowledgement's payload."""
    payload = content.get("payload")
    return json.dumps(payload) if payload else ""


@contextmanager
def listening(workspace: Workspace, *, host: str, patience: float) -> Iterator[Sockets]:
    """Take the app's connections on a free port until the context ends."""
    words = ("unknown_ticket", "expired_ticket", "used_ticket")
    tickets = Tickets(clock=workspace.clock.real, seconds=TICKET_SECONDS, uses=1, words=words)
    sockets = Sockets(workspace=workspace, tickets=tickets, patience=patience)
    with serve(sockets.attend, host, 0, process_request=sockets.admit) as server:
        sockets.url = f"ws://{host}:{server.socket.getsockname()[1]}"
        workspace.socket_url = sockets.next_url
        thread = threading.Thread(target=server.serve_forever, name="sockets", daemon=True)
        thread.start()
        try:
            yield sockets
        finally:
            workspace.socket_url = None
            sockets.refresh(reason="link_disabled")
    thread.join()
