"""Reading small files: text, JSON objects, numbered lines of CSV or YAML, and the moments in cells."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, tzinfo
from pathlib import Path
from typing import Any

import yaml

from governance.errors import Invalid
from governance.importing.columns import Columns

Cells = Mapping[str, str]

YAML = (".yaml", ".yml")
NULL = "tag:yaml.org,2002:null"
SEVERAL = ";"  # between the parts of a cell that holds several


def text_of(path: Path) -> str:
    """The content of a UTF-8 file. Raises Invalid."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror or error}") from error
    return decoded(raw, name=str(path))


def decoded(raw: bytes, *, name: str) -> str:
    """What a file holds, as text: UTF-8, with or without a byte order mark. Raises Invalid."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"{name} is not UTF-8 at byte {error.start + 1}") from error
    if "\0" in text:
        raise Invalid(f"{name} holds a NUL character")
    return text


def json_object(path: Path | None) -> dict[str, Any] | None:
    """The object in a JSON file; None where no file is given. Raises Invalid."""
    if path is None:
        return None
    try:
        found = json.loads(text_of(path), object_pairs_hook=named_once)
    except ValueError as error:
        raise Invalid(f"{path} is no JSON: {error}") from error
    except RecursionError as error:
        raise Invalid(f"{path} holds lists in lists, too deep to be read") from error
    if not isinstance(found, dict):
        raise Invalid(f"{path} holds no JSON object")
    return found


def named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON. Raises ValueError for a name that stands twice in it."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, number in Counter(name for name, _ in pairs).items() if number > 1)
        raise ValueError(f"{twice!r} stands twice in one object")
    return found


def lines_of(text: str, *, name: str, columns: Columns) -> dict[int, Cells]:
    """
    The lines of a file by their numbers, each with named cells: YAML by the file's name, else CSV.

    Raises Invalid, beginning with the name, for what makes the whole of it unreadable.
    """
    read = yaml_lines if name.lower().endswith(YAML) else csv_lines
    try:
        return once_each(read(text, columns))
    except Invalid as error:
        raise Invalid(f"{name}{error}") from error


def once_each(numbered: Iterable[tuple[int, Cells]]) -> dict[int, Cells]:
    """The lines by their numbers. Raises Invalid for a number that comes twice."""
    lines: dict[int, Cells] = {}
    for number, cells in numbered:
        if number in lines:
            raise Invalid(f", line {number}: a second entry; each begins on a line of its own")
        lines[number] = cells
    return lines


def csv_lines(text: str, columns: Columns) -> Iterator[tuple[int, Cells]]:
    """The lines of a CSV file, named by the first one. Raises Invalid."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from named(rows, columns)
    except csv.Error as error:
        raise Invalid(f", line {rows.line_num}: {error}") from error


def named(rows: Any, columns: Columns) -> Iterator[tuple[int, Cells]]:
    """Name the cells of each row by the first one."""
    header = [cell.strip().lower() for cell in next(rows, [])]
    columns.check(header, where="", what="the first line")
    for row in rows:
        if any(cell.strip() for cell in row):
            cells = [cell.strip() for cell in row] + [""] * (len(header) - len(row))
            if len(cells) > len(header):
                raise Invalid(f", line {rows.line_num}: {len(cells)} cells, the first line has {len(header)}")
            yield rows.line_num, dict(zip(header, cells, strict=True))


def yaml_lines(text: str, columns: Columns) -> Iterator[tuple[int, Cells]]:
    """
    The entries of a YAML list, by the number of the line on which each begins. Raises Invalid.

    The document is composed and nothing is constructed: what is written is taken as it is written (`no` is the word,
    2026-12-24 the text), as in CSV. A list in a cell is what stands between semicolons there.
    """
    node = composed(text)
    if not isinstance(node, yaml.SequenceNode):
        raise Invalid(f": a list is wanted, whose entries have {', '.join(columns.required)}")
    for entry in node.value:
        line = entry.start_mark.line + 1
        if not isinstance(entry, yaml.MappingNode):
            raise Invalid(f", line {line}: an entry with names is wanted, such as {columns.required[0]}: …")
        names = [str(key.value).strip().lower() for key, _ in entry.value]
        columns.check(names, where=f", line {line}", what="the entry")
        yield line, {name: cell(name, value) for name, (_, value) in zip(names, entry.value, strict=True)}


class Written(yaml.SafeLoader):
    """YAML without aliases: a short text of them stands for one that fills any machine."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose what is written. Raises ComposerError for an alias."""
        if self.check_event(yaml.AliasEvent):
            here = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # its stub has no types
            raise yaml.composer.ComposerError(None, None, "an alias (*name) is not taken: write it out", here)
        return super().compose_node(parent, index)


def composed(text: str) -> yaml.Node | None:
    """A YAML document as its nodes. Raises Invalid."""
    try:
        return yaml.compose(text, Loader=Written)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Invalid(f", line {line}: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        raise Invalid(f", character {error.position + 1}: {error.reason}") from error
    except RecursionError as error:
        raise Invalid(": lists in lists, too deep to be read") from error


def cell(name: str, node: yaml.Node) -> str:
    """What stands in one cell: a text, or a list of texts. Raises Invalid."""
    if isinstance(node, yaml.ScalarNode):
        return "" if node.tag == NULL else str(node.value).strip()
    if isinstance(node, yaml.SequenceNode) and all(isinstance(each, yaml.ScalarNode) for each in node.value):
        return SEVERAL.join(str(each.value).strip() for each in node.value)
    raise Invalid(f", line {node.start_mark.line + 1}: {name} is neither a text nor a list of texts")


def moment(field: str, text: str, zone: tzinfo = UTC) -> datetime:
    """A time with its zone, or the beginning of a day in this one. Raises Invalid naming the field."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise Invalid(f"{field} {text!r} has no time zone; give a date, or end it with Z")
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{field} {text!r} is no date; wanted: 2026-12-24") from error
