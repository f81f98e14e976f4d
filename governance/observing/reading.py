"""
Files of use, as they come: CSV or one JSON object a line, gzip or not, told apart by what is in them.

A line is a record, so that a number names it and a stray quote spoils no other. Memory is bounded by the longest line
taken.
"""

import csv
import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from connectors.logs import Log
from governance.errors import Invalid

LONGEST_LINE = 1_000_000  # bytes
CHUNK = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
MARKS = (b"\xff\xfe", b"\xfe\xff")  # UTF-16
BOM = b"\xef\xbb\xbf"
REASON = "refused_because"  # the column that a file of refused lines has more

Raw = tuple[int, bytes]  # the number of a line, and the line


class Shape(StrEnum):
    """How a file holds its records."""

    CSV = "csv"
    NDJSON = "ndjson"


@dataclass(frozen=True, slots=True)
class Columns:
    """What a file must and may have: all that are required, one of `one_of` at least."""

    required: tuple[str, ...]
    one_of: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def known(self) -> frozenset[str]:
        """Every column that is read."""
        return frozenset((*self.required, *self.one_of, *self.optional))

    def check(self, header: list[str]) -> None:
        """Raise Invalid naming the columns that are missing or doubled."""
        missing = [name for name in self.required if name not in header]
        if self.one_of and not set(self.one_of) & set(header):
            missing.append(" or ".join(self.one_of))
        if missing:
            raise Invalid(f"column missing: {', '.join(missing)}; the first line has: {', '.join(header)}")
        doubled = sorted({name for name in header if name in self.known and header.count(name) > 1})
        if doubled:
            raise Invalid(f"column twice: {', '.join(doubled)}")


@dataclass(frozen=True, slots=True)
class Form:
    """What every record of a delivery has in common; `log`: they are a system's own log, and what those mean."""

    shape: Shape
    header: tuple[str, ...] = ()
    log: Log | None = None

    def ignored(self, columns: Columns) -> list[str]:
        """The columns that nobody reads."""
        return [name for name in self.header if name and name not in columns.known and name != REASON]


OBJECTS = Form(Shape.NDJSON)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file that was looked at and can be read to its end. The digest is SHA-256 of its bytes as delivered."""

    path: Path
    digest: str
    zipped: bool
    form: Form


@dataclass(frozen=True, slots=True)
class Line:
    """One record with its number in the file (the first line is 1), or why it can't be read."""

    number: int
    raw: bytes
    cells: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""


def inspect(path: Path, columns: Columns) -> Delivery:
    """Look at a whole file before any of it counts. Raises Invalid: unreadable, cut off, empty, a column missing."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            zipped = file.read(2) == GZIP_MAGIC
        if zipped:
            read_through(path)
        with opened(path, zipped=zipped) as stream:
            first = next((line for _, line in raw_lines(stream)), b"")
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror or error}") from error
    return Delivery(path, digest, zipped, form_of(path, first, columns))


def read_through(path: Path) -> None:
    """Decompress a file to its end. Raises Invalid if it is broken or cut off."""
    try:
        with gzip.open(path) as stream:
            while stream.read(CHUNK):
                pass
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Invalid(f"{path} is no whole gzip file: {error}") from error


def form_of(path: Path, first: bytes, columns: Columns) -> Form:
    """Tell CSV from JSON by the first line that isn't blank, and check a CSV's header."""
    if not first:
        raise Invalid(f"{path} is empty: its first line names the columns")
    if first.startswith(b"["):
        raise Invalid(f"{path} is one JSON array: one object a line is wanted")
    if first.startswith(b"{"):
        return OBJECTS
    try:
        header = [cell.strip().lower() for cell in cells_of(first.decode())]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"{path} has an unreadable first line: {error}") from error
    try:
        columns.check(header)
    except Invalid as error:
        raise Invalid(f"{path}: {error}") from error
    return Form(Shape.CSV, tuple(header))


def lines(delivery: Delivery, columns: Columns) -> Iterator[Line]:
    """Read the records one by one."""
    for number, raw in records(delivery):
        yield line_of(number, raw, delivery.form, columns)


def records(delivery: Delivery) -> Iterator[Raw]:
    """The records as they stand in a file, with their lines' numbers; blank lines are passed over."""
    with opened(delivery.path, zipped=delivery.zipped) as stream:
        numbered = raw_lines(stream)
        if delivery.form.shape == Shape.CSV:
            next(numbered)
        yield from numbered


def line_of(number: int, raw: bytes, form: Form, columns: Columns) -> Line:
    """One record in named texts, or with the reason why it has none."""
    try:
        return Line(number, raw, parsed(raw, form, columns))
    except Invalid as error:
        return Line(number, raw, trouble=str(error))


def opened(path: Path, *, zipped: bool) -> IO[bytes]:
    """Open a file for its content."""
    return io.BufferedReader(gzip.open(path)) if zipped else path.open("rb")


def raw_lines(stream: IO[bytes]) -> Iterator[Raw]:
    """Number the lines that aren't blank, without their ends. Of a line that is too long only the beginning is kept."""
    number = 0
    while chunk := stream.readline(LONGEST_LINE + 1):
        number += 1
        rest = chunk
        while not rest.endswith(b"\n") and (rest := stream.readline(CHUNK)):
            pass
        line = chunk.rstrip(b"\r\n")
        if number == 1:
            line = line.removeprefix(BOM)
        if line.strip():
            yield number, line


def parsed(raw: bytes, form: Form, columns: Columns) -> dict[str, str]:
    """Turn one line into named texts. Raises Invalid with the reason."""
    text = text_of(raw)
    return of_csv(text, form.header) if form.shape == Shape.CSV else of_json(text, columns)


def text_of(raw: bytes) -> str:
    """Decode one line. Raises Invalid with the reason."""
    if len(raw) > LONGEST_LINE:
        raise Invalid(f"longer than {LONGEST_LINE:,} bytes")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"not UTF-8 at byte {error.start + 1}") from error
    if "\0" in text:
        raise Invalid("holds a NUL character")
    return text


def of_csv(text: str, header: tuple[str, ...]) -> dict[str, str]:
    """Read one line of CSV."""
    try:
        cells = cells_of(text)
    except csv.Error as error:
        raise Invalid(f"no CSV line: {error}") from error
    if len(cells) != len(header):
        raise Invalid(f"has {len(cells)} cells, the first line {len(header)}")
    return dict(zip(header, (cell.strip() for cell in cells), strict=True))


def cells_of(text: str) -> list[str]:
    """Split one line; strict, so that an open quote is an error and doesn't swallow the lines below."""
    return next(csv.reader([text], strict=True), [])


def of_json(text: str, columns: Columns) -> dict[str, str]:
    """Read one JSON object whose values are texts, whole numbers or null."""
    found = object_of(text)
    return {name: as_text(name, found[name]) for name in columns.known if name in found}


def object_of(text: str) -> dict[str, Any]:
    """Read one JSON object. Raises Invalid for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"no JSON: {error}") from error
    if not isinstance(found, dict):
        raise Invalid("no JSON object")
    return found


def as_text(name: str, value: object) -> str:
    """Take a JSON value as text. Raises Invalid for what has no text of its own, or can't be stored."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Invalid(f"{name} is {type(value).__name__}; a text is wanted")
    text = str(value).strip()
    if "\0" in text:
        raise Invalid(f"{name} holds a NUL character")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Invalid(f"{name} holds half a character (a lone surrogate)")
    return text
