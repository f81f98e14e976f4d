"""Refused lines, given back as they came with the reason, to be mended and imported again."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Self

from governance.errors import Invalid
from governance.observing.reading import REASON, Delivery, Form, Raw, Shape

SHOWN = 20

Refused = tuple[int, str]  # the number of a line, and the reason


class Refusals:
    """
    The lines of one file that were not kept, given back.

    The file of them is a CSV with one column more, or JSON objects with one key more. Bytes that are no UTF-8 are given
    back as they are. Where nothing was refused there is no file.
    """

    def __init__(self, delivery: Delivery, path: Path | None) -> None:
        self._form = delivery.form
        self._path = path
        self._file: BinaryIO | None = None
        self._any = False

    def __enter__(self) -> Self:
        if self._path is not None:
            try:
                self._file = self._path.open("wb")
            except OSError as error:
                reason = error.strerror or str(error)
                raise Invalid(f"{self._path} cannot be written: {reason}") from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None and self._path is not None:
            self._file.close()
            if not self._any:
                self._path.unlink()

    def add(self, refused: Iterable[Refused], batch: Iterable[Raw]) -> None:
        """Give back some lines of a batch, each with its reason."""
        if self._file is None:
            return
        lines = dict(batch)
        for number, why in refused:
            if not self._any:
                self._file.write(headed(self._form))
                self._any = True
            self._file.write(given_back(lines[number], why, self._form))


def headed(form: Form) -> bytes:
    """The first line of a file of refused lines; JSON has none."""
    if form.shape == Shape.NDJSON:
        return b""
    names = [name for name in form.header if name != REASON]
    return ",".join([*map(quoted, names), REASON]).encode() + b"\n"


def given_back(raw: bytes, reason: str, form: Form) -> bytes:
    """A refused line with its reason beside it."""
    if form.shape == Shape.NDJSON:
        return with_key(raw, reason)
    text = raw.decode(errors="surrogateescape")
    if form.header[-1:] == (REASON,) and text.count(",") >= len(form.header) - 1:  # else it was taken out
        text = text.rpartition(",")[0]  # of the last time; our own reasons hold no comma (`quoted_reason`)
    missing = len(form.header) - (REASON in form.header) - 1 - text.count(",")
    cells = text + "," * max(0, missing)
    return f"{cells},{quoted_reason(reason)}\n".encode(errors="surrogateescape")


def quoted_reason(reason: str) -> str:
    """A reason as the last cell, without commas of its own."""
    return quoted(reason.replace(",", ";"))


def quoted(cell: str) -> str:
    """A cell of CSV."""
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set('",\n\r') else cell


def with_key(raw: bytes, reason: str) -> bytes:
    """A line of JSON with the reason in it; what is no object is wrapped into one."""
    told = json.dumps({REASON: reason}).encode()
    text = raw.strip()
    if text.startswith(b"{") and text.endswith(b"}"):
        inner = text[1:-1].strip()
        return b"{" + inner + (b", " if inner else b"") + told[1:] + b"\n"
    wrapped = {"line": raw.decode(errors="backslashreplace"), REASON: reason}
    return json.dumps(wrapped).encode() + b"\n"
