"""
What a delivery of a system's log holds: records, whichever way they are packed.

One file, a folder of them or a zip; each gzip or not; in each a record a line, or one JSON document whose only array
holds them. They come in the order of the files' names and are numbered through. Memory is bounded by the longest record
taken.
"""

import codecs
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from governance.errors import Invalid
from governance.observing.reading import BOM, CHUNK, GZIP_MAGIC, LONGEST_LINE, raw_lines

DOCUMENT = re.compile(rb'\s*\{\s*"\w+"\s*:\s*\[')
BETWEEN = re.compile(r"[\s,]*")
DECODER = json.JSONDecoder()
BROKEN = (OSError, EOFError, RuntimeError, zlib.error, zipfile.BadZipFile)  # RuntimeError: a zip with a password
HEAD = 200  # bytes that tell a document from lines


def records(path: Path) -> Iterator[bytes]:
    """The records, one by one. Raises Invalid where a file is broken or cut off."""
    for name, stream in files(path):
        try:
            yield from records_of(stream)
        except Invalid as error:
            raise Invalid(f"{name}: {error}") from error
        except BROKEN as error:
            raise Invalid(f"{name} is not whole: {error}") from error


def packed(path: Path) -> bool:
    """Whether it is a folder or a zip: whatever else may be a log, that is nothing else."""
    return path.is_dir() or (path.is_file() and zipfile.is_zipfile(path))


def files(path: Path) -> Iterator[tuple[str, io.BufferedReader]]:
    """The files of a delivery with their names, each open for its content."""
    if path.is_dir():
        for each in sorted(found for found in path.rglob("*") if found.is_file()):
            yield from files(each)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as pack:
            for name in sorted(name for name in pack.namelist() if not name.endswith("/")):
                with pack.open(name) as member, unzipped(io.BufferedReader(cast("io.RawIOBase", member))) as stream:
                    yield f"{path}: {name}", stream
    else:
        with path.open("rb") as file, unzipped(file) as stream:
            yield str(path), stream


@contextmanager
def unzipped(file: io.BufferedReader) -> Iterator[io.BufferedReader]:
    """The content of a file that may be gzip."""
    if file.peek(2)[:2] == GZIP_MAGIC:
        with gzip.open(file) as content:
            yield io.BufferedReader(content)
    else:
        yield file


def records_of(stream: io.BufferedReader) -> Iterator[bytes]:
    """The records of one file."""
    head = stream.peek(HEAD).removeprefix(BOM)
    if DOCUMENT.match(head):
        yield from of_document(stream)
    else:
        for _, line in raw_lines(stream):
            yield line


def of_document(stream: io.BufferedReader) -> Iterator[bytes]:
    """The objects of a document's array, each on one line. Raises Invalid where it is no JSON, or cut off."""
    decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
    text = decode(stream.read(CHUNK))
    at, number = text.index("[") + 1, 1
    while not text.startswith("]", at := after(BETWEEN, text, at)):
        try:
            _, end = DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            more = stream.read(CHUNK)
            if not more or len(text) - at > LONGEST_LINE:
                raise Invalid(f"record {number} is no JSON, longer than {LONGEST_LINE:,} bytes, or cut off") from error
            text, at = text[at:] + decode(more), 0
            continue
        yield text[at:end].replace("\r", " ").replace("\n", " ").encode()
        at, number = end, number + 1


def after(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a pattern that also matches nothing ends."""
    found = pattern.match(text, at)
    return found.end() if found else at
