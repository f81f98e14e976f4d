"""The rooms put together: one workspace, its Web API, its pages and its control API behind one address."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from demo.slack.api import Api
from demo.slack.control import Control
from demo.slack.delivering import Courier
from demo.slack.keeping import Keeper
from demo.slack.pages import Pages
from demo.slack.responding import ResponseUrls
from demo.slack.web import NoSuchPage, NotLocal, Request, Response, Route, Server, application, bound, local, route
from demo.slack.workspace import Workspace

HERE = Path(__file__).parent
STATIC = (HERE / "static", HERE.parents[1] / "static")  # ours, and the product's tokens
KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A workspace that answers."""

    workspace: Workspace
    courier: Courier
    server: Server

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return self.workspace.base_url


@contextmanager
def running(
    workspace: Workspace, *, interactivity_url: str, host: str = "127.0.0.1", port: int = 0, state: Path | None = None
) -> Iterator[Running]:
    """
    Listen, on this machine alone, until the context ends; what is remembered is kept in `state`.

    Raises NotLocal where the address, or the app's, is not of this machine; OSError where the port is taken.
    """
    courier = Courier(workspace=workspace, url=checked(interactivity_url))
    server = bound(application(routes(workspace, courier)), host=host, port=port)
    workspace.base_url = f"http://{host}:{server.server_port}"
    keeper = Keeper(workspace=workspace, path=state) if state else None
    with server:
        if keeper:
            keeper.start()
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="slack", daemon=True)
        thread.start()
        try:
            yield Running(workspace=workspace, courier=courier, server=server)
        finally:
            server.shutdown()
            thread.join()
            courier.close()
            if keeper:
                keeper.stop()


def routes(workspace: Workspace, courier: Courier) -> list[Route]:
    """Return all that is answered."""
    return [
        *Api(workspace).routes(),
        *ResponseUrls(workspace).routes(),
        *Control(workspace=workspace, courier=courier).routes(),
        *Pages(workspace=workspace, courier=courier).routes(),
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
