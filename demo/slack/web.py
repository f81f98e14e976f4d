"""HTTP for this workspace: requests, answers, routes, and a threaded server that listens on this machine alone."""

import ipaddress
import json
import re
import ssl
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

LARGEST = 1_000_000  # bytes of a body; Slack's own limit for a view is 250 kB
POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
GUARDS = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)

Json = dict[str, Any]


@cache
def trust() -> ssl.SSLContext:
    """Whom a client of ours believes; read once."""
    return ssl.create_default_context()


class NotLocal(Exception):
    """The address is not one of this machine's own."""


class NoSuchPage(Exception):
    """Nothing is there, or not any more."""


class BadRequest(Exception):
    """The request cannot be understood; the sentence says why."""


class Dropped(ConnectionAbortedError):
    """The connection ends without an answer, on purpose; the server lets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that has been read to its end."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    content_type: str
    authorization: str
    body: bytes

    @property
    def is_json(self) -> bool:
        """Whether the body says that it is JSON."""
        return self.content_type.partition(";")[0].strip() == "application/json"

    def json(self) -> Json:
        """Return the body's object. Raises BadRequest."""
        try:
            content = json.loads(self.body or b"{}")
        except ValueError as error:
            raise BadRequest(f"the body is not JSON: {error}") from error
        if not isinstance(content, dict):
            raise BadRequest("the body is not an object")
        return content

    def form(self) -> dict[str, list[str]]:
        """Return the fields of a form."""
        return parse_qs(self.body.decode(errors="replace"), keep_blank_values=True)

    def field(self, name: str) -> str:
        """Return one field of a form, or nothing."""
        return self.form().get(name, [""])[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Json:
        """Return the object that it holds; an empty one where it has no body."""
        content: Json = json.loads(self.body or b"{}")
        return content


def answer(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return JSON."""
    body = json.dumps(content).encode()
    return Response(status=status, body=body, content_type="application/json; charset=utf-8", headers=headers or {})


def see(path: str) -> Response:
    """Send the browser on with a GET."""
    return Response(status=303, headers={"Location": path})


Handler = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Route:
    """Which requests a handler answers; the pattern's named groups are its arguments."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler


def route(method: str, pattern: str, handler: Handler) -> Route:
    """Return a route for whole paths."""
    return Route(method, re.compile(pattern), handler)


def local(address: str) -> bool:
    """Whether a host name or address is this machine's own."""
    host = address.strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def local_only(host: str) -> str:
    """Return an address of this machine. Raises NotLocal."""
    if not local(host):
        raise NotLocal(f"{host} is not an address of this machine alone")
    return host


def application(routes: Sequence[Route]) -> WSGIApplication:
    """Return the WSGI application of these routes."""

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response = respond(routes, environ)
        headers = {**dict(GUARDS), **response.headers, "Content-Type": response.content_type}
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", list(headers.items()))
        return [response.body]

    return app


def respond(routes: Sequence[Route], environ: WSGIEnvironment) -> Response:
    """Answer one request, or say in a sentence why not."""
    if not from_here(environ):
        return Response(status=403, body=b"This simulation answers requests from its own pages and this machine alone.")
    try:
        request = read(environ)
        return matched(routes, request)
    except NoSuchPage as error:
        return Response(status=404, body=str(error).encode() or b"Nothing is here.")
    except BadRequest as error:
        return Response(status=400, body=str(error).encode())


def from_here(environ: WSGIEnvironment) -> bool:
    """Whether the host asked for is local, and no page of another site is asking (a name may point anywhere)."""
    host = environ.get("HTTP_HOST", "")
    origin = environ.get("HTTP_ORIGIN")
    return local(urlsplit(f"//{host}").hostname or "") and origin in (None, f"http://{host}")


def read(environ: WSGIEnvironment) -> Request:
    """Read a request. Raises BadRequest."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LARGEST:
        raise BadRequest("the body is too large")
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        query=parse_qs(environ.get("QUERY_STRING", "")),
        content_type=environ.get("CONTENT_TYPE", ""),
        authorization=environ.get("HTTP_AUTHORIZATION", ""),
        body=environ["wsgi.input"].read(int(length)),
    )


def matched(routes: Sequence[Route], request: Request) -> Response:
    """Call the first route that fits. Raises NoSuchPage."""
    found = [(one, fits) for one in routes if (fits := one.pattern.fullmatch(request.path))]
    if not found:
        raise NoSuchPage
    wanted = "GET" if request.method == "HEAD" else request.method
    for one, fits in found:
        if one.method == wanted:
            return one.handler(request, **fits.groupdict())
    return Response(status=405, body=b"This page does not take that method.")


class Quiet(WSGIRequestHandler):
    """Logs nothing on the terminal: the pages have a log of their own."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """Stay silent."""


class Server(ThreadingMixIn, WSGIServer):
    """One thread for each request: the app calls back while its answer to a click is awaited."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Be silent about a peer that hung up; report the rest."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def server_bind(self) -> None:
        """Bind without asking a name server for the machine's name."""
        super(WSGIServer, self).server_bind()
        self.setup_environ()


def bound(app: WSGIApplication, *, host: str, port: int) -> Server:
    """Return a server that listens already; port 0 takes a free one. Raises NotLocal."""
    server = Server((local_only(host), port), Quiet)
    server.set_app(app)
    return server
