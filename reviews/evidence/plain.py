"""
Text that agents, databases and strangers wrote, as it may stand before a person: one line, and nothing unseen in it.

What marks up, links or addresses somebody differs from surface to surface, and is made harmless there.
"""

import re
import unicodedata

SPACES = {"Cc", "Zl", "Zp"}
UNSEEN = {"Cf", "Cs", "Co"}  # among them bidi controls and zero-width characters
# what Unicode's Default_Ignorable_Code_Point has besides (fillers, joiners, variation selectors), and what is drawn as
# nothing
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U0001d159\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """One line without characters that nobody sees or that move others."""
    drawn = BLANK.sub("", text)
    kept = drawn if drawn.isprintable() else "".join(map(seen, drawn))
    return " ".join(kept.split())


def seen(character: str) -> str:
    """The character, a space for a line's end, or nothing."""
    category = unicodedata.category(character)
    return " " if category in SPACES else "" if category in UNSEEN else character
