"""
The control API, for unattended demos and for tests: read what a person would read, click what they would click.

It goes the people's way: every click is the same signed request that a page would make. JSON in, JSON out.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from demo.slack.clicking import NotThere, Press, Unconfirmed, click, message_for
from demo.slack.commanding import type_in
from demo.slack.delivering import Courier
from demo.slack.directing import Director
from demo.slack.directory import Person
from demo.slack.records import Delivery, Message, View
from demo.slack.showing import wire
from demo.slack.submitting import close, submit
from demo.slack.web import BadRequest, Request, Response, Route, answer, route
from demo.slack.wishes import Wishes
from demo.slack.workspace import Workspace

Json = dict[str, Any]
FLAGS = {"deleted", "is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "away", "team_id", "tz"}
TABS = {"home", "messages"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The control API of one workspace."""

    director: Director

    @property
    def workspace(self) -> Workspace:
        """The workspace that is looked at."""
        return self.director.workspace

    @property
    def courier(self) -> Courier:
        """The way to the app."""
        return self.director.courier

    def routes(self) -> list[Route]:
        """Return where it is reached."""
        wishes = Wishes(self.director)
        posts = {
            "click": self.click,
            "submit": self.submit,
            "close": self.close,
            "open": self.open,
            "command": self.command,
            "people": self.people,
            **wishes.handlers(),
        }
        gets = {"messages": self.messages, "views": self.views, "log": self.log, "status": wishes.status}
        return [
            *(route("GET", f"/control/{name}", guarded(handler)) for name, handler in gets.items()),
            *(route("POST", f"/control/{name}", guarded(handler)) for name, handler in posts.items()),
        ]

    def messages(self, request: Request) -> Response:
        """List a person's direct messages, the oldest first."""
        person = self.person(request.query.get("user", [""])[0])
        found = self.workspace.messages_of(person.id)
        return answer({"messages": [self.told(message) for message in found]})

    def views(self, request: Request) -> Response:
        """Show the modal in front of a person, what is wrong in it, and their App Home."""
        stage, person = self.workspace.stage, self.person(request.query.get("user", [""])[0])
        modal, home = stage.top(person.id), stage.home(person.id)
        return answer({"modal": self.seen(modal), "home": self.seen(home)})

    def log(self, _request: Request) -> Response:
        """List the last requests, the newest first."""
        return answer({"log": [asdict(entry) for entry in list(self.workspace.log)]})

    def click(self, request: Request) -> Response:
        """
        Click as `user` on `action_id` (and `block_id`) of the message `ts` or the view `view_id`.

        `confirm` says yes to the button's question; `value` chooses an option (a list of them for checkboxes), is
        what is written into an input, or stands in for a button's own value.
        The message may be another person's: what is not shown to somebody can still be sent by them.
        """
        content = request.json()
        user = self.person(text(content, "user"))
        press = Press(
            source=self.source(content),
            action_id=text(content, "action_id"),
            block_id=text(content, "block_id"),
            value=content.get("value") or "",
            confirmed=content.get("confirm") is True,
        )
        return told(click(self.courier, user=user, press=press))

    def source(self, content: Json) -> Message | View:
        """Return what is clicked on. Raises NotThere."""
        if not content.get("view_id"):
            return message_for(self.workspace, ts=text(content, "ts"))
        return self.view(text(content, "view_id"))

    def submit(self, request: Request) -> Response:
        """Send the modal `view_id` as `user`, with `values` by block and action."""
        content = request.json()
        result = submit(self.courier, view=self.own(content), entered=content.get("values") or {})
        if isinstance(result, dict):
            return answer({"status": 0, "body": "", "ms": 0, "error": "not sent", "errors": result}, status=409)
        return told(result)

    def own(self, content: Json) -> View:
        """Return the view `view_id` of `user`. Raises NotThere."""
        view = self.view(text(content, "view_id"))
        if view.user_id != self.person(text(content, "user")).id:
            raise NotThere("This form is open on another person's screen.")
        return view

    def close(self, request: Request) -> Response:
        """Close the modal `view_id`, as `user`."""
        content = request.json()
        close(self.courier, view=self.own(content))
        return answer({"ok": True})

    def open(self, request: Request) -> Response:
        """Open the app's tab `tab` (`home` or `messages`) as `user`; the app has been told once when this answers."""
        content = request.json()
        person, tab = self.person(text(content, "user")), text(content, "tab") or "home"
        if tab not in TABS:
            raise BadRequest(f"the app has no tab {tab}")
        self.director.opened(person, tab=tab).wait()
        return answer({"ok": True})

    def command(self, request: Request) -> Response:
        """Type `line` into the compose box, as `user`."""
        content = request.json()
        return told(type_in(self.courier, user=self.person(text(content, "user")), line=text(content, "line")))

    def people(self, request: Request) -> Response:
        """Change what is true of a person; the app has been told once when this answers."""
        content = request.json()
        person = self.person(text(content, "user"))
        flags = {name: value for name, value in content.items() if name in FLAGS}
        if strange := content.keys() - FLAGS - {"user"}:
            raise BadRequest(f"a person has no {', '.join(sorted(strange))}")
        self.director.change(person, **flags).wait()
        return answer({"user": self.workspace.people[person.id].wire(home=self.workspace.team)})

    def person(self, user_id: str) -> Person:
        """Return a person. Raises NotThere."""
        person = self.workspace.person(user_id)
        if person is None:
            raise NotThere(f"nobody is called {user_id or 'nothing'}")
        return person

    def view(self, view_id: str) -> View:
        """Return a view. Raises NotThere."""
        view = self.workspace.stage.views.get(view_id)
        if view is None:
            raise NotThere(f"no view {view_id} is open")
        return view

    def told(self, message: Message) -> Json:
        """Return a message with what its own API does not say of it."""
        shown = self.workspace.wire(message)
        return {**shown, "channel": message.channel, "ephemeral": message.ephemeral}

    def seen(self, view: View | None) -> Json | None:
        """Return a view with what went wrong in it."""
        if view is None:
            return None
        return {**wire(self.workspace, view), "errors": dict(view.errors), "trouble": view.trouble}


def guarded(handler: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Say as JSON what is not there (404) or not confirmed (409)."""

    def guard(request: Request) -> Response:
        try:
            return handler(request)
        except NotThere as error:
            return answer({"error": str(error)}, status=404)
        except Unconfirmed:
            return answer({"error": "this button asks once more: confirm it"}, status=409)

    return guard


def text(content: Json, name: str) -> str:
    """Return an argument as text; nothing where it is missing."""
    return str(content.get(name) or "")


def told(delivery: Delivery) -> Response:
    """Return how the app answered."""
    return answer(asdict(delivery))
