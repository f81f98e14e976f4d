"""What a person sees: the templates and what they are given."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import groupby
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.template import Context, Engine

from demo.slack import fields, mrkdwn, panel, rendering
from demo.slack.clicking import Press
from demo.slack.delivering import ACK_SECONDS
from demo.slack.directing import Director
from demo.slack.directory import Person
from demo.slack.mrkdwn import Reader
from demo.slack.records import Entry, View
from demo.slack.web import NoSuchPage, Response
from demo.slack.workspace import Workspace

Json = dict[str, Any]
HERE = Path(__file__).parent
ENGINE = Engine(dirs=[str(HERE / "templates")])
TINTS = 5  # of avatars, in the style sheet
LOG_SHOWN = 30
NOTICE_SECONDS = 60
ASKED = ("title", "text", "confirm", "deny")
CHART = 320  # width of the bar that shows how much of the 3 s an answer took


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A question that lies over the page: that of the button that was pressed."""

    confirm: Json
    press: Press

    @property
    def ts(self) -> str:
        """The time of the message that it is about; a view has none."""
        return "" if isinstance(self.press.source, View) else self.press.source.ts

    @property
    def name(self) -> str:
        """The name of the element in the form."""
        return fields.name(self.press.block_id, self.press.action_id)

    @property
    def pressed(self) -> str:
        """The name of what was pressed: of a menu, with the option."""
        press = self.press
        _, element = replace(press, confirmed=True).element()
        option = [str(press.value)] if element["type"] == "overflow" else []
        return fields.name(press.block_id, press.action_id, *option)

    @property
    def chosen(self) -> list[str]:
        """What was chosen or written before the question came."""
        return self.press.value if isinstance(self.press.value, list) else [self.press.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A person in the list at the side."""

    person: Person
    initials: str
    tint: str
    remark: str
    unread: int
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the log."""

    entry: Entry
    time: str
    outcome: str
    good: bool
    width: int


@dataclass(frozen=True, slots=True)
class Screens:
    """The screens of one workspace, made anew for each: what changes meanwhile is newer than its version says."""

    director: Director
    version: int

    @classmethod
    def of(cls, director: Director) -> Self:
        """Return the screens of now."""
        return cls(director, director.workspace.version)

    @property
    def workspace(self) -> Workspace:
        """The workspace that is shown."""
        return self.director.workspace

    def everybody(self) -> Response:
        """Return the page on which a person is chosen."""
        return page("people.html", faces=self.faces(), team=self.workspace.team, app=self.workspace.app)

    def leaving(self, url: str) -> Response:
        """Return the page that leads elsewhere: a form may not, a page may."""
        return page("leaving.html", url=url, app=self.workspace.app)

    def at(self, at: str, person: Person, *, overlay: Overlay | None = None) -> Response:
        """Return a person's `home`, or messages with the log (`requests`) or a thread (`thread/TS`) beside them."""
        if at == "home":
            view = self.workspace.stage.home(person.id)
            blocks = rendering.blocks_of(view, self.reader(person)) if view else ()
            return self.screen("home.html", person, at=at, overlay=overlay, view=view, blocks=blocks)
        return self.messages(person, at=at, overlay=overlay)

    def messages(self, person: Person, *, at: str, overlay: Overlay | None) -> Response:
        """Return a person's direct messages. Raises NoSuchPage: no such thread."""
        reader = self.reader(person)
        shown = list(rendering.conversation(self.workspace.messages_of(person.id), reader))
        days = [
            (mrkdwn.day_words(day, today=reader.now.date()), list(messages))
            for day, messages in groupby(shown, key=lambda one: one.at.date())
        ]
        thread = None
        if at.startswith("thread/"):
            thread = next((one for one in shown if one.ts == at.removeprefix("thread/")), None)
            if thread is None:
                raise NoSuchPage("This message is not there any more.")
        return self.screen("messages.html", person, at=at, overlay=overlay, days=days, thread=thread)

    def screen(self, template: str, person: Person, *, at: str, overlay: Overlay | None, **more: Any) -> Response:
        """Return a page with everything around it."""
        workspace, reader = self.workspace, self.reader(person)
        modal = workspace.stage.top(person.id) if overlay is None else None
        return page(
            template,
            **self.around(person, reader),
            at=at,
            here=at.partition("/")[0] or "messages",
            overlay=overlay,
            question=overlay and {key: rendering.words(overlay.confirm[key], reader) for key in ASKED},
            modal=modal,
            modal_blocks=rendering.blocks_of(modal, reader) if modal else (),
            modal_words=modal and words_of(modal, reader),
            covered=bool(overlay or modal),
            **more,
        )

    def around(self, person: Person, reader: Reader) -> Json:
        """Return what stands around every screen."""
        workspace = self.workspace
        return {
            "team": workspace.team,
            "app": workspace.app,
            "person": person,
            "faces": self.faces(),
            "unread": len(workspace.unread(person.id)),
            "notice": self.notice(person),
            "log": [line(entry, zone=reader.zone) for entry in list(workspace.log)[:LOG_SHOWN]],
            "version": self.version,
            "has_home": "app_home_opened" in workspace.app.events or workspace.stage.home(person.id) is not None,
            "status": self.director.status(),
            "first": panel.first(self.director),
            "rest": list(panel.rest(self.director, person)),
            "now": f"{reader.now:%a} {reader.now.day} {reader.now:%b %Y, %H:%M}",
        }

    def notice(self, person: Person) -> str:
        """Return what went wrong with the person's last click, for a while."""
        notice = self.workspace.notices.get(person.id)
        return notice.text if notice and self.workspace.clock() - notice.at < NOTICE_SECONDS else ""

    def reader(self, person: Person) -> Reader:
        """Return how this person reads: zone, now, names."""
        zone = zone_of(person)
        names = {one.id: one.real_name for one in self.workspace.people.values()}
        names[self.workspace.app.bot_user_id] = self.workspace.app.name
        return Reader(zone=zone, now=datetime.fromtimestamp(self.workspace.clock(), tz=zone), names=names)

    def faces(self) -> list[Face]:
        """Return everybody, as the list at the side shows them."""
        return [self.face(person, number) for number, person in enumerate(self.workspace.people.values())]

    def face(self, person: Person, number: int) -> Face:
        """Return one of them. The link leads to the first message that they have not read."""
        unread = self.workspace.unread(person.id)
        messages = unread or self.workspace.messages_of(person.id)[-1:]
        return Face(
            person=person,
            initials="".join(word[0] for word in person.real_name.split()[:2]).upper(),
            tint="abcde"[number % TINTS],
            remark=self.remark(person),
            unread=len(unread),
            link=f"/as/{person.id}/" + (f"#m-{messages[0].ts}" if messages else ""),
        )

    def remark(self, person: Person) -> str:
        """Return what is to be known of a person."""
        marks = (
            (person.deleted, "deactivated"),
            (person.team_id != self.workspace.team.id, "other company"),
            (person.is_stranger, "stranger"),
            (person.is_restricted or person.is_ultra_restricted, "guest"),
            (person.is_bot, "bot"),
            (person.away, person.away),
        )
        return next((word for true, word in marks if true), person.title)


def page(template: str, **values: Any) -> Response:
    """Return a page. Numbers and times come as they are: no settings are asked how to write them."""
    html = ENGINE.get_template(template).render(Context(values, use_l10n=False, use_tz=False))
    return Response(body=html.encode(), content_type="text/html; charset=utf-8")


def words_of(view: View, reader: Reader) -> dict[str, str]:
    """Return a modal's title and the names of its buttons."""
    content = view.content
    return {key: rendering.words(content.get(key), reader) for key in ("title", "submit", "close")}


def zone_of(person: Person) -> ZoneInfo:
    """Return a person's time zone; UTC where theirs is unknown."""
    try:
        return ZoneInfo(person.tz)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def line(entry: Entry, *, zone: ZoneInfo) -> Line:
    """Return a line of the log."""
    at = datetime.fromtimestamp(entry.at, tz=UTC).astimezone(zone)
    share = min(1.0, entry.ms / (ACK_SECONDS * 1000))
    good = entry.status == HTTPStatus.OK and (entry.to_app or not entry.remark)
    return Line(
        entry=entry,
        time=f"{at:%H:%M:%S}",
        outcome=" · ".join(outcome_of(entry, good=good)),
        good=good,
        width=max(4, round(CHART * share)),
    )


def outcome_of(entry: Entry, *, good: bool) -> Iterator[str]:
    """Yield the status, where there is one, and the time taken or what was wrong."""
    if entry.status:
        yield str(entry.status)
    yield f"{entry.ms} ms" if good or not entry.remark else entry.remark
