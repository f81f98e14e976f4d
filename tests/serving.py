"""The site as a browser of a test meets it: pytest-django's live server, at no more than that takes."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.http import FileResponse, HttpRequest, HttpResponse
from pytest_django.live_server_helper import LiveServer


class Prompt(ThreadedWSGIServer):
    """One that sends what it has: headers and body go apart, and the second would wait 40 ms to be one with more."""

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection."""
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        return connection, address


class Kept(StaticFilesHandler):
    """Files do not change during a test: a browser asks for each once."""

    def serve(self, request: HttpRequest) -> HttpResponse | FileResponse:
        """Send a file."""
        response = super().serve(request)
        response["Cache-Control"] = "max-age=3600"
        return response


@contextmanager
def serving() -> Iterator[LiveServer]:
    """Serve the site for a while."""
    server = LiveServer("localhost", start=False)
    server.thread.server_class = Prompt
    server.thread.static_handler = Kept
    server.start()
    try:
        yield server
    finally:
        server.stop()
