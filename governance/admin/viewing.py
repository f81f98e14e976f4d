"""Who looks, and what a value looks like to them: moments, risk, states, names with or without a link."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from governance.models import Band, Person

NOTHING = format_html('<span class="quiet">{}</span>', "none")


@dataclass(frozen=True, slots=True)
class Named:
    """A row under another name than its own."""

    row: Model
    text: str


def viewer(request: HttpRequest) -> Person:
    """Who looks."""
    if not isinstance(request.user, Person):
        raise TypeError("The admin is for people who are logged in.")
    return request.user


def moment(at: datetime | None) -> SafeString:
    """A moment in the viewer's zone, to the minute, with the weekday."""
    if at is None:
        return NOTHING
    local = timezone.localtime(at)
    year = "" if local.year == timezone.localtime().year else f" {local.year}"
    return format_html(
        '<time class="nowrap" datetime="{}">{}</time>', at.isoformat(), f"{local:%a %-d %b}{year}, {local:%H:%M}"
    )


def exactly(at: datetime) -> SafeString:
    """A moment of the evidence: UTC, to the second."""
    utc = at.astimezone(UTC)
    return format_html(
        '<time class="nowrap num" datetime="{}">{} UTC</time>', at.isoformat(), f"{utc:%Y-%m-%d %H:%M:%S}"
    )


def risk(band: str) -> SafeString:
    """A risk band: its word, and its shape by the style sheet."""
    return format_html('<span class="risk {}">{}</span>', band, Band(band).label)


def chip(state: str, label: str) -> SafeString:
    """A state."""
    return format_html('<span class="chip {}">{}</span>', state.replace("_", "-"), label)


def pairs(values: dict[str, Any]) -> SafeString:
    """A dictionary as lines of name and value."""
    if not values:
        return NOTHING
    lines = format_html_join(
        "", "<li><b>{}</b> {}</li>", ((name.replace("_", " "), text(value)) for name, value in values.items())
    )
    return format_html('<ul class="pairs">{}</ul>', lines)


def text(value: object) -> str:
    """A value as a person reads it."""
    match value:
        case list() | tuple():
            return ", ".join(map(text, value)) or "none"
        case dict():
            return "; ".join(f"{name.replace('_', ' ')} {text(each)}" for name, each in value.items()) or "none"
        case bool():
            return "yes" if value else "no"
        case None:
            return "unknown"
        case _:
            return str(value) or "none"


def shown(value: object, links: dict[Model, str]) -> SafeString | str:
    """One cell or fact. A row is a link where the viewer may open it."""
    match value:
        case None | "":
            return NOTHING
        case SafeString():
            return value
        case Model():
            return linked(value, str(value), links)
        case Named():
            return linked(value.row, value.text, links)
        case _:
            return plain(value)


def linked(row: Model, name: str, links: dict[Model, str]) -> SafeString | str:
    """A row's name, with a way to it where there is one."""
    return format_html('<a href="{}">{}</a>', links[row], name) if row in links else name


def plain(value: object) -> SafeString | str:
    """Anything that is no row."""
    match value:
        case datetime():
            return moment(value)
        case dict():
            return pairs(value)
        case _:
            return text(value)


def rows_in(values: Iterable[object]) -> set[Model]:
    """The rows among these values."""
    values = (value.row if isinstance(value, Named) else value for value in values)
    return {value for value in values if isinstance(value, Model)}


def verbatim(value: str) -> SafeString:
    """Text that is copied as it stands."""
    return format_html("<pre>{}</pre>", value)


def code(value: str) -> SafeString:
    """A hash or another name that a machine gave; it may be long."""
    return format_html("<code>{}</code>", value) if value else NOTHING
