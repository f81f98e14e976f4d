"""
Slack's markup as HTML: bold, italic, strike, code, quotes, links, mentions, and dates in the reader's time zone.

Everything else is text and is escaped. https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from calendar import day_name, month_name
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

LINKS = ("https://", "http://", "mailto:")
ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
MARKS = re.compile(
    r"```(?P<pre>.+?)```"
    r"|`(?P<code>[^`\n]+)`"
    r"|<(?P<ref>[^<>\n]+)>"
    r"|(?<![\w*])\*(?P<b>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])"
    r"|(?<![\w_])_(?P<i>[^\s_](?:[^\n]*?[^\s_])?)_(?![\w_])"
    r"|(?<![\w~])~(?P<s>[^\s~](?:[^~\n]*[^\s~])?)~(?![\w~])"
    r"|(?P<br>\n)",
    re.DOTALL,
)
QUOTE = re.compile(r"(?:^(?:&gt;|>)[^\n]*(?:\n|$))+", re.MULTILINE)
QUOTED = re.compile(r"^(?:&gt;|>) ?", re.MULTILINE)
FORMAT = re.compile(r"\{(\w+)\}")
NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads: their time zone, their now, and everybody's names by id."""

    zone: ZoneInfo
    now: datetime
    names: Mapping[str, str] = field(default_factory=dict)


def html(text: str, reader: Reader) -> SafeString:
    """Return markup as HTML."""
    parts, at = [], 0
    for quote in QUOTE.finditer(text):
        parts.append(inline(text[at : quote.start()].removesuffix("\n"), reader))
        inner = inline(QUOTED.sub("", quote[0].removesuffix("\n")), reader)
        parts.append(format_html("<blockquote>{}</blockquote>", inner))
        at = quote.end()
    parts.append(inline(text[at:], reader))
    return joined(parts)


def inline(text: str, reader: Reader) -> SafeString:
    """Return markup without quotes as HTML."""
    parts, at = [], 0
    for mark in MARKS.finditer(text):
        parts += [plain(text[at : mark.start()]), marked(mark, reader)]
        at = mark.end()
    return joined([*parts, plain(text[at:])])


def joined(parts: list[SafeString], *, between: str = "") -> SafeString:
    """Put HTML together; every part is escaped already."""
    return mark_safe(between.join(parts))  # noqa: S308 - nothing but SafeStrings


def plain(text: str) -> SafeString:
    """Return text as it reads: Slack's three entities undone, then HTML's own made."""
    for entity, character in ENTITIES:
        text = text.replace(entity, character)
    return conditional_escape(text)


def lines(text: str) -> SafeString:
    """Return plain text as HTML: nothing in it is markup, and its lines stay lines."""
    return joined([plain(line) for line in text.split("\n")], between="<br>")


def marked(mark: re.Match[str], reader: Reader) -> SafeString:
    """Return one mark as HTML."""
    content = mark[mark.lastgroup or 0]
    match mark.lastgroup:
        case "pre":
            return format_html("<pre>{}</pre>", plain(content.strip("\n")))
        case "code":
            return format_html("<code>{}</code>", plain(content))
        case "ref":
            return reference(content, reader)
        case "br":
            return SafeString("<br>")
        case _:
            return format_html("<{0}>{1}</{0}>", mark.lastgroup, inline(content, reader))


def reference(content: str, reader: Reader) -> SafeString:
    """Return what stands in angle brackets: a date, a mention or a link; else the text itself."""
    target, _, label = content.partition("|")
    if target.startswith("!date^"):
        return moment(target, label, reader)
    if target.startswith("@"):
        return format_html('<span class="mention">@{}</span>', plain(reader.names.get(target[1:], label or target[1:])))
    if target.startswith(("!", "#")):
        return format_html('<span class="mention">{}</span>', plain(label or f"@{target[1:]}"))
    if target.startswith(LINKS):
        return format_html('<a href="{}" rel="noreferrer">{}</a>', plain(target), plain(label or target))
    return plain(f"<{content}>")


def link(url: str, label: str) -> SafeString:
    """Return a link of rich text; what does not lead to a page or an address is only text."""
    if not url.startswith(LINKS):
        return verbatim(label or url)
    return format_html('<a href="{}" rel="noreferrer">{}</a>', url, label or url)


def verbatim(text: str) -> SafeString:
    """Return the text of rich text: nothing in it is markup, not even Slack's entities; its lines stay lines."""
    return joined([conditional_escape(part) for part in text.split("\n")], between="<br>")


def moment(target: str, fallback: str, reader: Reader) -> SafeString:
    """Return a date in the reader's time zone; the fallback where Slack would not understand it."""
    parts = target.split("^")
    if len(parts) < 3 or not parts[1].isdecimal():  # noqa: PLR2004 - "!date", seconds, format
        return plain(fallback)
    try:
        at = datetime.fromtimestamp(int(parts[1]), tz=reader.zone)
    except (OverflowError, ValueError, OSError):
        return plain(fallback)
    words = dates(at, now=reader.now.astimezone(reader.zone))
    if not set(FORMAT.findall(parts[2])) <= words.keys():
        return plain(fallback)
    text = FORMAT.sub(lambda found: words[found[1]], parts[2])
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), plain(fallback), text)


def dates(at: datetime, *, now: datetime) -> dict[str, str]:
    """Return a moment in each of Slack's formats."""
    month, day = month_name[at.month], day_name[at.weekday()]
    forms = {
        "date": f"{month} {ordinal(at.day)}, {at.year}",
        "date_short": f"{month[:3]} {at.day}, {at.year}",
        "date_long": f"{day}, {month} {ordinal(at.day)}, {at.year}",
    }
    near = NEAR.get((at.date() - now.date()).days, "")
    return {
        **forms,
        **{f"{name}_pretty": near or form for name, form in forms.items()},
        "date_num": f"{at:%Y-%m-%d}",
        "date_slash": f"{at:%Y/%m/%d}",
        "time": f"{at:%H:%M}",
        "time_secs": f"{at:%H:%M:%S}",
        "ago": ago(now - at),
    }


def ordinal(day: int) -> str:
    """Return 1st, 2nd, 3rd, 4th."""
    teens = range(11, 14)
    return f"{day}{'th' if day in teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def ago(span: timedelta) -> str:
    """Return how long ago, or in how long."""
    minutes = round(abs(span).total_seconds() / 60)
    if minutes < 1:
        return "now"
    size, unit = next((size, unit) for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")) if minutes >= size)
    count = minutes // size
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{words} ago" if span > timedelta() else f"in {words}"


def day_words(day: date, *, today: date) -> str:
    """Return a day as the line between two days names it."""
    near = {0: "Today, ", -1: "Yesterday, "}.get((day - today).days, "")
    year = "" if day.year == today.year else f" {day.year}"
    return f"{near}{day_name[day.weekday()]} {day.day} {month_name[day.month]}{year}"
