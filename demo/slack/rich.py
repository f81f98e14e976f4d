"""The block `rich_text`: its shape, and its paragraphs as HTML. Sections, lists, quotes and preformatted text."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from demo.slack import mrkdwn
from demo.slack.mrkdwn import Reader
from demo.slack.shapes import Check, boolean, items, one_of, record, string, typed, whole

Json = dict[str, Any]
TEXT = string(most=3000)
STYLE = record({}, {"bold": boolean, "italic": boolean, "strike": boolean, "code": boolean})
MARKS = {"code": "code", "strike": "s", "italic": "i", "bold": "b"}
ELEMENT = typed(
    {
        "text": record({"text": TEXT}, {"style": STYLE}),
        "link": record({"url": string(most=3000)}, {"text": TEXT, "style": STYLE}),
        "user": record({"user_id": string(most=255)}, {"style": STYLE}),
        "date": record({"timestamp": whole(least=0, most=2**53), "format": TEXT}, {"fallback": TEXT, "url": TEXT}),
    }
)
LINES = record({"elements": items(ELEMENT, most=100)}, {"border": whole(least=0, most=1)})
SECTION = typed({"rich_text_section": LINES})
LISTED = record(
    {"elements": items(SECTION, most=100), "style": one_of("bullet", "ordered")},
    {"indent": whole(least=0, most=8), "offset": whole(least=0, most=1000), "border": whole(least=0, most=1)},
)
PARAGRAPHS: dict[str, Check] = {
    "rich_text_section": LINES,
    "rich_text_preformatted": LINES,
    "rich_text_quote": LINES,
    "rich_text_list": LISTED,
}
RICH_TEXT: Check = items(typed(PARAGRAPHS), most=100)
TAGS = {"rich_text_section": "p", "rich_text_preformatted": "pre", "rich_text_quote": "blockquote"}


def paragraph(content: Json, reader: Reader) -> SafeString:
    """Return a paragraph as HTML."""
    if content["type"] == "rich_text_list":
        tag = "ol" if content["style"] == "ordered" else "ul"
        lines = (format_html("<li>{}</li>", line(one["elements"], reader)) for one in content["elements"])
        return format_html("<{0}>{1}</{0}>", tag, mrkdwn.joined(list(lines)))
    return format_html("<{0}>{1}</{0}>", TAGS[content["type"]], line(content["elements"], reader))


def line(elements: list[Json], reader: Reader) -> SafeString:
    """Return what stands side by side as HTML."""
    return mrkdwn.joined([element(one, reader) for one in elements])


def element(content: Json, reader: Reader) -> SafeString:
    """Return one element as HTML. Nothing in its text is markup."""
    match content["type"]:
        case "text":
            shown = mrkdwn.verbatim(content["text"])
        case "link":
            shown = mrkdwn.link(content["url"], content.get("text", ""))
        case "user":
            shown = mrkdwn.reference(f"@{content['user_id']}", reader)
        case _:
            target = f"!date^{content['timestamp']}^{content['format']}"
            shown = mrkdwn.moment(target, content.get("fallback", ""), reader)
    for mark, tag in MARKS.items():
        if content.get("style", {}).get(mark):
            shown = format_html("<{0}>{1}</{0}>", tag, shown)
    return shown
