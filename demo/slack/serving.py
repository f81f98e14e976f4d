"""The rooms put together: one workspace, its Web API, its pages and its control API behind one address."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from demo.slack.api import Api
from demo.slack.control import Control
from demo.slack.delivering import ACK_SECONDS, Courier, no_socket
from demo.slack.directing import Director
from demo.slack.events import AGAIN, Events
from demo.slack.keeping import kept
from demo.slack.pages import Pages
from demo.slack.records import Kind
from demo.slack.responding import ResponseUrls
from demo.slack.sockets import listening
from demo.slack.web import (
    NoSuchPage,
    NotLocal,
    Request,
    Response,
    Route,
    Server,
    application,
    bound,
    local,
    local_only,
    route,
)
from demo.slack.workspace import Workspace

HERE = Path(__file__).parent
STATIC = (HERE / "static", HERE.parents[1] / "static")  # ours, and the product's tokens
KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A workspace that answers."""

    workspace: Workspace
    director: Director
    server: Server

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return self.workspace.base_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How the app is reached besides its interactivity URL, by which the rest goes too where nothing is said."""

    events_url: str = ""
    commands_url: str = ""
    socket: bool = False  # whether it may connect in Socket Mode
    again: Sequence[float] = AGAIN  # seconds after which an event that was not heard is told again
    patience: float = ACK_SECONDS  # for tests: longer on a slow machine, shorter where being late is what is tested


@contextmanager
def running(
    workspace: Workspace,
    *,
    interactivity_url: str,
    ways: Ways = Ways(),
    host: str = "127.0.0.1",
    port: int = 0,
    state: Path | None = None,
) -> Iterator[Running]:
    """
    Listen, on this machine alone, until the context ends; what is remembered is kept in `state`.

    Raises NotLocal where the address, or the app's, is not of this machine; OSError where the port is taken.
    """
    addresses = urls(interactivity_url, ways)
    with ExitStack() as stack:
        sockets = None
        if ways.socket:
            sockets = stack.enter_context(listening(workspace, host=local_only(host), patience=ways.patience))
        carry = sockets.carry if sockets else no_socket
        courier = Courier(workspace=workspace, urls=addresses, socket=carry, patience=ways.patience)
        events = Events(courier=courier, again=ways.again)
        director = Director(courier=courier, events=events, sockets=sockets)
        server = stack.enter_context(bound(application(routes(director)), host=host, port=port))
        workspace.base_url = f"http://{host}:{server.server_port}"
        if state:
            stack.enter_context(kept(workspace, path=state))
        stack.callback(courier.close)
        stack.callback(events.stop)
        stack.enter_context(served(server))
        yield Running(workspace=workspace, director=director, server=server)


@contextmanager
def served(server: Server) -> Iterator[None]:
    """Answer requests until the context ends."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="slack", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def urls(interactivity: str, ways: Ways) -> dict[Kind, str]:
    """Return where each kind of request goes. Raises NotLocal."""
    return {
        Kind.INTERACTION: checked(interactivity),
        Kind.EVENT: checked(ways.events_url or interactivity),
        Kind.COMMAND: checked(ways.commands_url or interactivity),
    }


def routes(director: Director) -> list[Route]:
    """Return all that is answered."""
    workspace = director.workspace
    return [
        *Api(workspace).routes(),
        *ResponseUrls(workspace).routes(),
        *Control(director=director).routes(),
        *Pages(director=director).routes(),
        route("GET", r"/static/(?P<name>[a-z]+\.(?:css|js|svg))", static),
    ]


def static(_request: Request, *, name: str) -> Response:
    """Return a style sheet, script or picture. Raises NoSuchPage."""
    path = next((folder / name for folder in STATIC if (folder / name).is_file()), None)
    if path is None:
        raise NoSuchPage
    return Response(body=path.read_bytes(), content_type=KINDS[path.suffix])


def checked(url: str) -> str:
    """Return the app's address. Raises NotLocal: nothing leaves this machine."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not local(parts.hostname or ""):
        raise NotLocal(f"{url} is not on this machine")
    return url
