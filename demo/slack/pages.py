"""
The pages: choose who you are, read direct messages and the App Home, click, fill in a modal. No script is needed.

A page is a person's screen; whatever is asked next (a confirmation, a modal) lies over it, and the rest is inert.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from demo.slack.clicking import NotThere, Press, Unconfirmed, click, message_for
from demo.slack.delivering import Courier
from demo.slack.directory import Person
from demo.slack.records import Message, View
from demo.slack.screens import Overlay, Screens
from demo.slack.submitting import close, submit
from demo.slack.web import NoSuchPage, Request, Response, Route, answer, route, see
from demo.slack.workspace import Workspace

Json = dict[str, Any]
USER = r"/as/(?P<user_id>\w+)"
VIEW = rf"{USER}/views/(?P<view_id>\w+)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The pages of one workspace."""

    workspace: Workspace
    courier: Courier

    @property
    def screens(self) -> Screens:
        """What people see."""
        return Screens(self.workspace)

    def routes(self) -> list[Route]:
        """Return where they are."""
        return [
            route("GET", "/", self.everybody),
            route("GET", "/version", self.version),
            route("GET", f"{USER}/", self.messages),
            route("GET", f"{USER}/home/", self.home),
            route("POST", f"{USER}/click", self.click),
            route("POST", f"{USER}/again", self.again),
            route("POST", f"{VIEW}/submit", self.submit),
            route("POST", f"{VIEW}/close", self.close),
        ]

    def everybody(self, _request: Request) -> Response:
        """Choose who you are."""
        return self.screens.everybody()

    def version(self, _request: Request) -> Response:
        """Say whether something has changed."""
        return answer({"version": self.workspace.version})

    def messages(self, _request: Request, *, user_id: str) -> Response:
        """Show a person's direct messages with the app; they are read now."""
        person = self.person(user_id)
        shown = self.screens.messages(person)
        self.workspace.mark_read(person.id)
        return shown

    def home(self, _request: Request, *, user_id: str) -> Response:
        """Show a person's App Home."""
        return self.screens.home(self.person(user_id))

    def click(self, request: Request, *, user_id: str) -> Response:
        """Press a button; one that asks once more gets its question first."""
        person = self.person(user_id)
        try:
            return self.act(self.pressed(request, person), person)
        except NotThere as error:
            self.workspace.tell(person.id, str(error))
            return see(f"/as/{person.id}/")

    def act(self, press: Press, person: Person) -> Response:
        """Send a click, or ask first. Raises NotThere."""
        try:
            click(self.courier, user=person, press=press)
        except Unconfirmed:
            return self.ask(press, person)
        return see(place(press.source))

    def ask(self, press: Press, person: Person) -> Response:
        """Show the question of a button that has one."""
        _, element = replace(press, confirmed=True).element()
        overlay = Overlay(confirm=element["confirm"], press=press, ts=stamp_of(press.source))
        if isinstance(press.source, View):
            return self.screens.home(person, overlay=overlay)
        return self.screens.messages(person, overlay=overlay)

    def again(self, _request: Request, *, user_id: str) -> Response:
        """Deliver the last click once more: what is pressed once may arrive twice."""
        self.courier.again()
        return see(f"/as/{self.person(user_id).id}/")

    def submit(self, request: Request, *, user_id: str, view_id: str) -> Response:
        """Send a modal."""
        person = self.person(user_id)
        view = self.view(person, view_id)
        try:
            submit(self.courier, view=view, entered=entered(view, request.form()))
        except NotThere as error:
            self.workspace.tell(person.id, str(error))
        return see(f"/as/{person.id}/")

    def close(self, _request: Request, *, user_id: str, view_id: str) -> Response:
        """Close a modal."""
        person = self.person(user_id)
        close(self.courier, view=self.view(person, view_id))
        return see(f"/as/{person.id}/")

    def person(self, user_id: str) -> Person:
        """Return who is looking. Raises NoSuchPage."""
        person = self.workspace.person(user_id)
        if person is None:
            raise NoSuchPage("Nobody of that name is in this workspace.")
        return person

    def view(self, person: Person, view_id: str) -> View:
        """Return a view of this person. Raises NoSuchPage."""
        view = self.workspace.stage.views.get(view_id)
        if view is None or view.user_id != person.id:
            raise NoSuchPage("This form is not open any more.")
        return view

    def pressed(self, request: Request, person: Person) -> Press:
        """Read which button it was (`press`), or which option of a menu (`choose`). Raises NotThere."""
        view_id, ts = request.field("view_id"), request.field("ts")
        source = self.view(person, view_id) if view_id else message_for(self.workspace, ts=ts, user_id=person.id)
        action_id = request.field("press")
        value = request.field(f"pick {action_id}")
        if not action_id:
            value, _, action_id = request.field("choose").partition(" ")
        return Press(
            source=source,
            action_id=action_id,
            block_id=request.field("block_id"),
            value=value,
            confirmed=request.field("confirmed") == "yes",
        )


def place(source: Message | View) -> str:
    """Return where a message or view is to be seen."""
    if isinstance(source, View):
        person = f"/as/{source.user_id}/"
        return f"{person}home/" if source.content["type"] == "home" else person
    return f"/as/{source.channel[1:]}/#m-{quote(source.ts)}"


def stamp_of(source: Message | View) -> str:
    """Return a message's time; a view has none."""
    return "" if isinstance(source, View) else source.ts


def entered(view: View, form: Mapping[str, list[str]]) -> dict[str, dict[str, Any]]:
    """Return what was entered, by block and action; the fields are named by the block's place in the view."""
    found: dict[str, dict[str, Any]] = {}
    for number, block in enumerate(view.blocks):
        if block["type"] == "input":
            element = block["element"]
            given = form.get(f"f{number}", [])
            value = given if element["type"] == "checkboxes" else "".join(given[:1]).replace("\r\n", "\n")
            found[block["block_id"]] = {element["action_id"]: value}
    return found
