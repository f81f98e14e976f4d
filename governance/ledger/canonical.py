"""
What may stand in an entry, and the bytes that stand for it: RFC 8785, of a smaller kind of JSON.

Integers lie below 2^53, there are no floats, keys are ASCII, strings hold neither U+0000 nor lone surrogates.
So the bytes are the same for every reader in every language, today and in twenty years.
"""

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, LiteralString, NoReturn

import msgspec
import rfc8785

LARGEST = 2**53 - 1

# Leaf v1, final. The one place that says which columns of an entry stand where in its leaf.
STORED: LiteralString = """
jsonb_build_object(
    'v', 1,
    'id', entry.id::text,
    'act', entry.act,
    'at', to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'actor', jsonb_build_object('kind', entry.actor_kind, 'id', entry.actor_id),
    'authority', entry.authority,
    'surface', entry.surface,
    'assurance', entry.assurance,
    'subjects', entry.subjects,
    'body', entry.body,
    'commit', entry.commitments,
    'simulated', entry.simulated
)::text
"""


class NotCanonical(ValueError):
    """A value that has no one form; the message names the field and the way out."""


def encode(stored: str) -> bytes:
    """Return the canonical bytes of a leaf that PostgreSQL wrote as JSON. Raises NotCanonical."""
    try:
        quick = write_quick(read_quick(stored))
    except msgspec.MsgspecError:  # a float, or no JSON that the quick reader knows: the slow one says what it is
        quick = b""
    if quick and quick.isascii() and not LONG_NUMBER.search(quick):
        # Within these limits this is RFC 8785, written many times faster than by a library of its own.
        return quick
    value = READER.decode(stored)
    check(value)
    return rfc8785.dumps(value)


def leaf_of(entry: int, stored: str) -> tuple[bytes, str]:
    """
    Return the bytes of an entry's leaf, and why they stand in for it: empty if they are the entry itself.

    An entry without a canonical form gets a leaf of its id and the SHA-256 of its text in the database.
    """
    try:
        return encode(stored), ""
    except NotCanonical as error:
        digest = sha256(stored.encode()).hexdigest()
        return f'{{"id":"{entry}","unreadable":"{digest}","v":1}}'.encode(), str(error)


def refuse_float(text: str) -> NoReturn:
    """Refuse a number with a fraction or an exponent."""
    raise NotCanonical(f"{text} is a float; write it as a string or count in smaller units")


def bounded(text: str) -> int:
    """Read an integer that every JSON reader can hold."""
    number = int(text)
    check_integer(number, "")
    return number


# Made once: they take longer to make than to do what they are for.
READER = json.JSONDecoder(parse_float=refuse_float, parse_int=bounded)
LONG_NUMBER = re.compile(rb"[0-9]{16}")  # what may be 2^53 or more; or a text, which then is written slowly
read_quick = msgspec.json.Decoder(float_hook=refuse_float).decode
write_quick = msgspec.json.Encoder(order="deterministic").encode


def check(value: object, path: str = "") -> None:
    """Raise NotCanonical, naming the place below `path`, unless the value has one canonical form."""
    match value:
        case None | bool():
            return
        case str():
            check_text(value, path)
        case int():
            check_integer(value, path)
        case list() | tuple() | dict():
            check_inside(value, path)
        case _:
            raise NotCanonical(f"{path}: {value!r} {wrong(value)}")


def check_inside(value: Sequence[Any] | Mapping[Any, Any], path: str) -> None:
    """Raise NotCanonical for what lies in an array or an object."""
    if isinstance(value, Mapping):
        check_object(value, path)
        return
    for index, each in enumerate(value):
        check(each, f"{path}[{index}]")


def check_object(value: Mapping[Any, Any], path: str) -> None:
    """Raise NotCanonical for a key that is no ASCII text, or for what lies beneath."""
    for key, each in value.items():
        if not (isinstance(key, str) and key.isascii() and "\0" not in key):
            raise NotCanonical(f"{path}: the key {key!r} is not ASCII text")
        check(each, f"{path}.{key}" if path else key)


def check_text(value: str, path: str) -> None:
    """Raise NotCanonical for text that is not Unicode, or that PostgreSQL cannot hold."""
    if "\0" in value:
        raise NotCanonical(f"{path}: {value!r} contains U+0000; remove it")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(f"{path}: {value!r} contains a lone surrogate at {error.start}") from error


def check_integer(value: int, path: str) -> None:
    """Raise NotCanonical for an integer that a JSON reader might round."""
    if abs(value) > LARGEST:
        raise NotCanonical(f"{path}: {value} is not below 2^53; write it as a string")


def wrong(value: object) -> str:
    """Say why a value is no JSON of ours and what to give instead."""
    if isinstance(value, float):
        return "is a float; write it as a string or count in smaller units"
    if hasattr(value, "isoformat"):
        return "is no JSON type; give ledger.stamp(moment), or text for a date"
    return f"is a {type(value).__name__}, which is no JSON type; give text"
