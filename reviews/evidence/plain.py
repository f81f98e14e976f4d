"""
Text that agents, databases and strangers wrote, as it may stand before a person: one line, and nothing unseen in it.

What marks up, links or addresses somebody differs from surface to surface, and is made harmless there.
"""

import unicodedata

SPACES = {"Cc", "Zl", "Zp"}
UNSEEN = {"Cf", "Cs", "Co"}  # among them bidi controls and zero-width characters


def visible(text: str) -> str:
    """One line without characters that nobody sees or that move others."""
    kept = text if text.isprintable() else "".join(map(seen, text))
    return " ".join(kept.split())


def seen(character: str) -> str:
    """The character, a space for a line's end, or nothing."""
    category = unicodedata.category(character)
    return " " if category in SPACES else "" if category in UNSEEN else character
