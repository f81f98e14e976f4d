"""
Text that agents, databases and strangers wrote, made harmless for Slack.

An agent names itself, and a name may say `<!channel>`, hide a link, turn the line round or be ten thousand characters
long. Everything that goes to Slack passes here, or is a sentence of this package.
"""

import re

from reviews.evidence.plain import visible

ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
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
    return cut(seen, limit - sum(map(units, end))) + end


def size(text: str) -> int:
    """How long it is when it is escaped, as Slack counts."""
    return sum(units(ESCAPES.get(character, character)) for character in text)


def marked(text: str, *, limit: int) -> str:
    """The same for a place where Slack reads markup: look-alikes stand for the characters that mark."""
    looks = EMOJI.sub("\u2236", SLANT.sub("\u02cd", visible(text).translate(MARKS)))
    return cut(looks, limit)


def cut(text: str, limit: int) -> str:
    """Escape, and end with … where it would be longer than `limit`; never in the middle of an escape."""
    pieces = [ESCAPES.get(character, character) for character in text[: limit + 1]]
    if sum(map(units, pieces)) <= limit:
        return "".join(pieces)
    kept, room = [], limit - 1
    for piece in pieces:
        room -= units(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + "…"


def units(piece: str) -> int:
    """Its length in UTF-16."""
    return len(piece) + sum(character > "\uffff" for character in piece)
