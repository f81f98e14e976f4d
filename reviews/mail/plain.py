"""
Text that agents, databases and strangers wrote, made harmless for a letter.

Mail programs make links of whatever looks like one, so that an agent could call itself one: what others wrote has none.
The HTML escapes besides, by its template.
"""

import re

from reviews.evidence.plain import visible

LINK = re.compile(r"(?<=:)//|(?<=www)\.", re.IGNORECASE)
LOOKS = {"//": "\u2215\u2215", ".": "\u2024"}  # look-alikes: a division slash, a leader of one dot


def plain(text: str, *, limit: int) -> str:
    """Return one line of visible characters, at most `limit` long, that no mail program makes a link of."""
    line = LINK.sub(lambda found: LOOKS[found.group()], visible(text))
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
