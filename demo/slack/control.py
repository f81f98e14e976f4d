"""
The control API, for unattended demos and for tests: read what a person would read, click what they would click.

It goes the people's way: every click is the same signed request that a page would make. JSON in, JSON out.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from demo.slack.clicking import NotThere, Press, Unconfirmed, click, message_for
from demo.slack.delivering import Courier
from demo.slack.directory import Person
from demo.slack.records import Delivery, Message, View
from demo.slack.showing import wire
from demo.slack.submitting import submit
from demo.slack.web import BadRequest, Request, Response, Route, answer, route
from demo.slack.workspace import Workspace

Json = dict[str, Any]
FLAGS = {"deleted", "is_restricted", "is_bot", "away", "team_id", "tz"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The control API of one workspace."""

    workspace: Workspace
    courier: Courier

    def routes(self) -> list[Route]:
        """Return where it is reached."""
        posts = {"click": self.click, "submit": self.submit, "replay": self.replay, "people": self.people}
        gets = {"messages": self.messages, "views": self.views, "log": self.log}
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

        `confirm` says yes to the button's question; `value` chooses an option, or stands in for a button's own value.
        The message may be another person's: what is not shown to somebody can still be sent by them.
        """
        content = request.json()
        user = self.person(text(content, "user"))
        press = Press(
            source=self.source(content),
            action_id=text(content, "action_id"),
            block_id=text(content, "block_id"),
            value=text(content, "value"),
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
        view = self.view(text(content, "view_id"))
        if view.user_id != self.person(text(content, "user")).id:
            raise NotThere("This form is open on another person's screen.")
        result = submit(self.courier, view=view, entered=content.get("values") or {})
        if isinstance(result, dict):
            return answer({"status": 0, "body": "", "ms": 0, "error": "not sent", "errors": result}, status=409)
        return told(result)

    def replay(self, _request: Request) -> Response:
        """Deliver the last request again: the same bytes under the same signature."""
        delivery = self.courier.again()
        if delivery is None:
            raise NotThere("Nothing was delivered yet.")
        return told(delivery)

    def people(self, request: Request) -> Response:
        """Change what is true of a person: `deleted`, `is_restricted`, `away`, `team_id`, `tz`."""
        content = request.json()
        person = self.person(text(content, "user"))
        flags = {name: value for name, value in content.items() if name in FLAGS}
        if strange := content.keys() - FLAGS - {"user"}:
            raise BadRequest(f"a person has no {', '.join(sorted(strange))}")
        changed = self.workspace.set_person(person.id, **flags)
        return answer({"user": changed.wire(home=self.workspace.team)})

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
