"""
The pages: choose who you are, read direct messages and the App Home, click, fill in a modal. No script is needed.

A page is a person's screen; whatever is asked next (a confirmation, a modal) lies over it, and the rest is inert.
Every form says where it stands (`at`), so that its answer leads back there.
"""

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from demo.slack import fields, panel
from demo.slack.clicking import NotThere, Press, Unconfirmed, click, keep, message_for
from demo.slack.commanding import type_in
from demo.slack.directing import Director
from demo.slack.directory import Person
from demo.slack.mrkdwn import LINKS
from demo.slack.records import Message, View
from demo.slack.screens import Overlay, Screens
from demo.slack.submitting import close, submit
from demo.slack.web import NoSuchPage, Request, Response, Route, answer, route, see
from demo.slack.workspace import Workspace

Json = dict[str, Any]
USER = r"/as/(?P<user_id>\w+)"
VIEW = rf"{USER}/views/(?P<view_id>\w+)"
AT = re.compile(r"(?:home|requests|thread/\d+\.\d{6})?")
PATIENCE = 1.0  # seconds for the app to publish a first Home


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The pages of one workspace."""

    director: Director

    @property
    def workspace(self) -> Workspace:
        """The workspace that is shown."""
        return self.director.workspace

    @property
    def screens(self) -> Screens:
        """What people see now."""
        return Screens.of(self.director)

    def routes(self) -> list[Route]:
        """Return where they are."""
        return [
            route("GET", "/", self.everybody),
            route("GET", "/version", self.version),
            route("GET", rf"{USER}/(?P<at>home|requests|thread/[\d.]+)/", self.screen),
            route("GET", rf"{USER}/(?P<at>)", self.screen),
            route("POST", f"{USER}/click", self.click),
            route("POST", f"{USER}/say", self.say),
            route("POST", f"{USER}/inject", self.inject),
            route("POST", f"{VIEW}/submit", self.submit),
            route("POST", f"{VIEW}/close", self.close),
        ]

    def everybody(self, _request: Request) -> Response:
        """Choose who you are."""
        return self.screens.everybody()

    def version(self, _request: Request) -> Response:
        """Say whether something has changed."""
        return answer({"version": self.workspace.version})

    def screen(self, _request: Request, *, user_id: str, at: str) -> Response:
        """Show what a person has before them; the app hears which of its tabs is opened. Messages are read then."""
        person = self.person(user_id)
        tab = "home" if at == "home" else "messages"
        if self.workspace.tabs.get(person.id) != tab:
            told = self.director.opened(person, tab=tab)
            if tab == "home" and self.workspace.stage.home(person.id) is None:
                told.wait(PATIENCE)
        shown = self.screens.at(at, person)
        if tab == "messages":
            self.workspace.mark_read(person.id)
        return shown

    def click(self, request: Request, *, user_id: str) -> Response:
        """Press a button; one that asks once more gets its question first, one that leads elsewhere goes there."""
        person = self.person(user_id)
        try:
            return self.act(request, self.pressed(request, person), person)
        except NotThere as error:
            self.workspace.tell(person.id, str(error))
            return see(back(request, person))

    def act(self, request: Request, press: Press, person: Person) -> Response:
        """Send a click, or ask first. Raises NotThere."""
        try:
            _, element = press.element()
            click(self.director.courier, user=person, press=press)
        except Unconfirmed:
            _, element = replace(press, confirmed=True).element()
            return self.screens.at(at_of(request), person, overlay=Overlay(confirm=element["confirm"], press=press))
        if url := leads_to(element, press):
            return self.screens.leaving(url)
        opened = self.workspace.stage.top(person.id) is not None  # an anchor would take the focus from the modal
        return see(back(request, person, None if opened else press.source))

    def say(self, request: Request, *, user_id: str) -> Response:
        """Type a command."""
        person = self.person(user_id)
        return self.tried(
            request, person, lambda: type_in(self.director.courier, user=person, line=request.field("line"))
        )

    def inject(self, request: Request, *, user_id: str) -> Response:
        """Let something go wrong."""
        person = self.person(user_id)
        return self.tried(request, person, lambda: panel.perform(self.director, person, request.field("do")))

    def submit(self, request: Request, *, user_id: str, view_id: str) -> Response:
        """Send a modal."""
        person = self.person(user_id)
        view = self.view(person, view_id)
        entered = fields.entered(view, request.form())
        return self.tried(request, person, lambda: submit(self.director.courier, view=view, entered=entered))

    def close(self, request: Request, *, user_id: str, view_id: str) -> Response:
        """Close a modal."""
        person = self.person(user_id)
        close(self.director.courier, view=self.view(person, view_id))
        return see(back(request, person))

    def tried(self, request: Request, person: Person, act: Any) -> Response:
        """Do it and lead back; say what is not there."""
        try:
            act()
        except NotThere as error:
            self.workspace.tell(person.id, str(error))
        return see(back(request, person))

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
        """Keep what was entered, and read which button it was. Raises NotThere."""
        form = request.form()
        view_id, ts = request.field("view_id"), request.field("ts")
        source = self.view(person, view_id) if view_id else message_for(self.workspace, ts=ts, user_id=person.id)
        if "confirmed" in form:  # the question's own form, which has nothing else in it
            return fields.pressed(source, form)
        return fields.pressed(keep(self.workspace, source, fields.entered(source, form)), form)


def at_of(request: Request) -> str:
    """Return where a form stood; nothing but a place that exists."""
    at = request.query.get("at", [""])[0]
    return at if AT.fullmatch(at) else ""


def back(request: Request, person: Person, source: Message | View | None = None) -> str:
    """Return the way back, to the message that was pressed if it was one."""
    at = at_of(request)
    place = f"/as/{person.id}/{at}/" if at else f"/as/{person.id}/"
    return f"{place}#m-{quote(source.ts)}" if isinstance(source, Message) else place


def leads_to(element: Json, press: Press) -> str:
    """Return where a button or option leads besides telling the app; only pages and addresses."""
    options = (one for one in element.get("options", []) if one["value"] == press.value)
    url = next(options, element).get("url", "")
    return url if url.startswith(LINKS) else ""
