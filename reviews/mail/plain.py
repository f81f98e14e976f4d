"""
Text that agents, databases and strangers wrote, made harmless for a letter.

Mail programs make links of whatever looks like the address of a page or a mailbox, so that an agent could call itself
one. In what others wrote, look-alikes stand for the characters that make it one: no dot is left within a word, no @.
The HTML escapes besides, by its template.
"""

import re

from reviews.evidence.plain import visible

LINK = re.compile(r"(?<=:)//|(?<=\w)\.(?=\w)|@")
LOOKS = {"//": "\u2215\u2215", ".": "\u2024", "@": "\ufe6b"}  # division slashes, a leader of one dot, a small @


def plain(text: str, *, limit: int) -> str:
    """Return one line of visible characters, at most `limit` long, that no mail program makes a link of."""
    line = LINK.sub(lambda found: LOOKS[found.group()], visible(text))
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
