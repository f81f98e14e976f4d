"""
Text that agents, databases and strangers wrote, made harmless for Slack.

An agent names itself, and a name may say `<!channel>`, hide a link, turn the line round or be ten thousand characters
long. Everything that goes to Slack passes here, or is a sentence of this package.
"""

import re

from reviews.evidence.plain import visible

ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
BEGUN = re.compile("&[a-z]*$")  # an escape whose end was cut off
UTF_16 = "utf-16-le"
MARKS = str.maketrans({"*": "\u2217", "~": "\u223c", "`": "\u02cb"})  # look-alikes
SLANT = re.compile(r"(?<!\w)_|_(?!\w)")
EMOJI = re.compile(r":(?=[\w+-]+:)")


def plain(text: str, *, limit: int) -> str:
    """Return one line of visible characters, escaped, at most `limit` long as Slack counts (UTF-16)."""
    return cut(visible(text), limit)


def folded(text: str, *, limit: int) -> str:
    """The same, with its middle left out where it is too long: names of one kind differ at their end."""
    seen = visible(text)
    if size(seen) <= limit:
        return cut(seen, limit)
    end = cut(seen[-(limit // 3) :].lstrip(), limit // 2)
    return cut(seen, limit - units(end)) + end


def size(text: str) -> int:
    """How long it is when it is escaped, as Slack counts."""
    return units(escaped(text))


def escaped(text: str) -> str:
    """The three characters that Slack wants escaped are."""
    return text.translate(ESCAPES)


def marked(text: str, *, limit: int) -> str:
    """The same for a place where Slack reads markup: look-alikes stand for the characters that mark."""
    looks = EMOJI.sub("\u2236", SLANT.sub("\u02cd", visible(text).translate(MARKS)))
    return cut(looks, limit)


def cut(text: str, limit: int) -> str:
    """Escape, and end with … where it would be longer than `limit`; never in the middle of an escape."""
    whole = escaped(text[: limit + 1])
    if units(whole) <= limit:
        return whole
    kept = whole.encode(UTF_16)[: 2 * (limit - 1)].decode(UTF_16, "ignore")
    return BEGUN.sub("", kept).rstrip() + "…"


def units(text: str) -> int:
    """Its length in UTF-16."""
    return len(text.encode(UTF_16)) // 2
