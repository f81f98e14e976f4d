"""Reading the small files that commands are given: text, JSON objects, numbered CSV rows, and the moments in cells."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from pathlib import Path
from typing import Any

from governance.errors import Invalid

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Columns:
    """What a CSV file must have, and may have."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.required, *self.optional)


def text_of(path: Path) -> str:
    """The content of a UTF-8 file, with or without a byte order mark. Raises Invalid."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{path} is not UTF-8 at byte {error.start + 1}") from error
    if "\0" in text:
        raise Invalid(f"{path} holds a NUL character")
    return text


def json_object(path: Path | None) -> dict[str, Any] | None:
    """The object in a JSON file; None where no file is given. Raises Invalid."""
    if path is None:
        return None
    try:
        found = json.loads(text_of(path))
    except ValueError as error:
        raise Invalid(f"{path} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise Invalid(f"{path} holds no JSON object")
    return found


def rows_of(path: Path, columns: Columns) -> Iterator[tuple[int, Cells]]:
    """Number the lines of a CSV file and name their cells. Raises Invalid for what makes the whole of it unreadable."""
    rows = csv.reader(io.StringIO(text_of(path), newline=""), strict=True)
    try:
        yield from named(path, rows, columns)
    except csv.Error as error:
        raise Invalid(f"{path}, line {rows.line_num}: {error}") from error


def named(path: Path, rows: Any, columns: Columns) -> Iterator[tuple[int, Cells]]:
    """Name the cells of each row by the first one."""
    header = [cell.strip().lower() for cell in next(rows, [])]
    missing = [name for name in columns.required if name not in header]
    strange = [name for name in header if name not in columns.known]
    if missing:
        raise Invalid(f"{path}: column missing: {', '.join(missing)}")
    if strange or len(set(header)) < len(header):
        known = ", ".join(columns.known)
        raise Invalid(f"{path}: columns {', '.join(header)} are unknown or doubled; known: {known}")
    for row in rows:
        if any(cell.strip() for cell in row):
            cells = [cell.strip() for cell in row] + [""] * (len(header) - len(row))
            if len(cells) > len(header):
                raise Invalid(f"{path}, line {rows.line_num}: {len(cells)} cells, the first line has {len(header)}")
            yield rows.line_num, dict(zip(header, cells, strict=True))


def moment(field: str, text: str, zone: tzinfo = UTC) -> datetime:
    """A time with its zone, or the beginning of a day in this one. Raises Invalid naming the field."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), zone)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"{field} {text!r} is no date; wanted: 2026-12-24") from error
    if found.tzinfo is None:
        raise Invalid(f"{field} {text!r} has no time zone; give a date, or end it with Z")
    return found
