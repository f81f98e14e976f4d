"""
Text from outside: what of it may be stored, what may stand as a name before people, and how the rest is shown.

Whatever people and files say to us is judged here: every import and every verb of `registering` asks. What a connected
system calls its own cannot be refused: where a scan or the admin shows it, `seen` writes out what would mislead.
"""

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping

from django.db.models import Model

from governance.errors import Invalid

UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")  # no column of PostgreSQL holds them
# control characters but for tab and ends of lines; what turns the order in which a line is read; other ends of lines
MISLEADING = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# by category; more than is refused, as some scripts join letters so
HIDDEN = {"Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Cs"}


def seen(text: str, *, keep: str = "\n") -> str:
    """Write every sign that hides, turns or ends a line as its code point, but for those that are ours."""
    hidden = {each for each in set(text) if unicodedata.category(each) in HIDDEN} - set(keep)
    return text.translate({ord(each): f"\\u{ord(each):04x}" for each in hidden}) if hidden else text


def storable(field: str, value: object) -> None:
    """Raise Invalid, naming the field, where any text in a value cannot be stored, or a number is none."""
    for part in parts_of(value):
        if isinstance(part, str):
            refuse(field, UNSTORABLE.search(part), "which cannot be stored")
        elif isinstance(part, float) and not math.isfinite(part):
            raise Invalid(f"{field} holds {part}, which is no number: give one", field=field)


def legible(field: str, text: str, *, most: int | None = None) -> None:
    """Raise Invalid, naming the field, for a text that would mislead who reads it, or has more characters than that."""
    refuse(field, MISLEADING.search(text), "which hides or turns what is read")
    if most is not None and len(text) > most:
        raise Invalid(f"{field} has {len(text):,} characters: shorten it to {most:,}", field=field)


def fitting(model: type[Model], **stated: object) -> None:
    """Raise Invalid, naming the field, for what would be no good text, or too long, in a row of this model."""
    for name, value in stated.items():
        if isinstance(value, str):
            field = model._meta.get_field(name)
            legible(name, value, most=getattr(field, "max_length", None))
        else:
            storable(name, value)


def refuse(field: str, found: re.Match[str] | None, why: str) -> None:
    """Raise Invalid where a sign was found, by its code point: it may not be printed itself."""
    if found:
        sign, number = f"U+{ord(found[0]):04X}", found.start() + 1
        raise Invalid(f"{field} has {sign} as character {number}, {why}: take it out", field=field)


def parts_of(value: object) -> Iterator[object]:
    """Give what a value is made of, names of names and all."""
    match value:
        case Mapping():
            for name, each in value.items():
                yield name
                yield from parts_of(each)
        case list() | tuple():
            for each in value:
                yield from parts_of(each)
        case _:
            yield value
