"""
Socket Mode: we call Slack, and what people do comes over a WebSocket. For whoever's site Slack can't reach.

Behind it are the same app, handlers and identity checks as behind the door. The token that opened the socket vouches
for one workspace: what names another is not taken. What was decided is committed before it is acknowledged.
"""

import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from socket import SHUT_RDWR
from threading import Event

from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from slack_bolt import BoltRequest
from slack_bolt.adapter.socket_mode.internals import build_headers, send_response
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from governance.errors import Invalid
from governance.models import Heartbeat
from reviews.models import Workspace
from reviews.slack import app, workspaces
from reviews.slack.signing import Sender

logger = logging.getLogger(__name__)

AT_ONCE = 4  # payloads of one workspace
PING_SECONDS = 10
TEND_SECONDS = 5


class Line:
    """One workspace's WebSocket: opened, kept open, and drained."""

    def __init__(self, workspace: Workspace, *, token: str) -> None:
        self.sender = Sender.of(workspace)
        self.beats_as = workspace.socket_beat
        self.heard_at = self.told_at = 0.0
        self.client = SocketModeClient(
            app_token=token,
            logger=app.logger,
            web_client=WebClient(
                base_url=settings.SLACK_API_BASE_URL, timeout=workspaces.SEND_SECONDS, retry_handlers=[]
            ),
            ping_interval=PING_SECONDS,
            concurrency=AT_ONCE,
        )
        self.client.message_listeners.append(self.greeted)
        self.client.socket_mode_request_listeners.append(self.take)

    def tend(self) -> None:
        """Open it where it never was open (once open, the client opens it again by itself); say that it is alive."""
        if self.client.current_session is None:
            self.open()
        if (heard_at := self.last_word()) > self.told_at:
            Heartbeat.beat(self.beats_as)
            self.told_at = heard_at

    def open(self) -> None:
        """Open it. Where Slack refuses or does not answer, it lags until the next try."""
        try:
            self.client.connect()
        except (SlackClientError, OSError) as error:
            logger.error(  # noqa: TRY400  (the kind of error says it all; its text may hold an address with a ticket)
                "a socket could not be opened", extra={"team": self.sender.team_id, "error": type(error).__name__}
            )

    def last_word(self) -> float:
        """When Slack last said anything on it: its hello, or a pong; in seconds since the epoch, 0 for never."""
        session = self.client.current_session
        return max(self.heard_at, (session.last_ping_pong_time or 0.0) if session else 0.0)

    def greeted(self, _client: BaseSocketModeClient, message: Mapping[str, object], _raw: str | None = None) -> None:
        """Note Slack's hello."""
        if message.get("type") == "hello":
            self.heard_at = time.time()

    def take(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """Answer one payload, in a thread of the client's; what is not for this workspace stays unacknowledged."""
        started = time.time()
        try:
            if Sender.named(request.payload) != self.sender:
                logger.warning("a payload on a socket names another workspace", extra={"team": self.sender.team_id})
                return
            given = BoltRequest(mode="socket_mode", body=request.payload, headers=build_headers(request))
            send_response(client, request, app.answer(given, sender=self.sender), started)
        finally:
            connections.close_all()  # hours may lie between two clicks: no connection waits in this thread

    def drain(self) -> None:
        """Take nothing more, finish and acknowledge what was taken, then close it."""
        self.client.auto_reconnect_enabled = False
        self.client.closed = True
        self.client.message_processor.shutdown()  # type: ignore[no-untyped-call]
        self.client.message_workers.shutdown()
        self.hang_up()
        self.client.close()

    def hang_up(self) -> None:
        """Wake the thread that listens: of itself it looks up every three seconds, and closing waits for it."""
        session = self.client.current_session
        if session is not None and session.sock is not None:
            self.client.current_session_state.terminated = True
            with suppress(OSError):  # it is closed already
                session.sock.shutdown(SHUT_RDWR)


class Switchboard:
    """A line for every workspace that has an app token, as the workspaces are now."""

    def __init__(self, *, teams: frozenset[str] = frozenset()) -> None:
        """`teams`: only these workspaces; none: all."""
        self.teams = teams
        self.lines: dict[tuple[int, str], Line] = {}

    def attend(self, stopping: Event) -> None:
        """Tend the lines until told to stop, then drain them. Survives the database going away."""
        try:
            while not stopping.is_set():
                try:
                    self.tend()
                except (OperationalError, InterfaceError) as error:
                    logger.warning("the sockets lost their database", extra={"why": str(error)})
                    connections.close_all()
                stopping.wait(TEND_SECONDS)
        finally:
            self.drain()

    def tend(self) -> None:
        """Open what is new, drain what is gone or has another token, and let every line say that it is alive."""
        wanted = {(each.pk, each.app_token): each for each in self.wanted()}
        for gone in self.lines.keys() - wanted.keys():
            self.lines.pop(gone).drain()
        for key in wanted.keys() - self.lines.keys():
            self.add(key, wanted[key])
        for line in self.lines.values():
            line.tend()

    def wanted(self) -> list[Workspace]:
        """The workspaces that speak by Socket Mode. Also a paused one: its people still decide."""
        return [each for each in Workspace.objects.by_socket() if not self.teams or each.team_id in self.teams]

    def add(self, key: tuple[int, str], workspace: Workspace) -> None:
        """A line more; a token that is not to be had is said, and looked for again."""
        try:
            self.lines[key] = Line(workspace, token=workspaces.app_token(workspace))
        except Invalid as error:
            logger.error("an app token is missing", extra={"because": str(error)})  # noqa: TRY400  (the sentence says it)

    def drain(self) -> None:
        """Drain every line, all at once: whoever stops us does not wait long."""
        with ThreadPoolExecutor() as together:
            list(together.map(Line.drain, self.lines.values()))
        self.lines.clear()
