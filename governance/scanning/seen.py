"""What a person reads must be what is there: no sign that hides, turns or ends a line comes through from the system."""

import unicodedata

MISLEADING = {"Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Cs"}


def seen(text: str, *, keep: str = "\n") -> str:
    """Write every misleading sign as its code point, but for those that are ours."""
    hidden = {each for each in set(text) if unicodedata.category(each) in MISLEADING} - set(keep)
    return text.translate({ord(each): f"\\u{ord(each):04x}" for each in hidden}) if hidden else text
