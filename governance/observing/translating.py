"""
A system's own log, taken for a file of events: each record becomes the events that it tells of.

What a log means is its connector's knowledge (`connectors.logs`). Which log it is, is told by the first record.
"""

import hashlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from connectors import catalog
from connectors.errors import SchemaDrift
from connectors.logs import Log
from governance.errors import Invalid
from governance.observing import reading
from governance.observing.judging import EVENT_COLUMNS
from governance.observing.reading import Delivery, Form, Line, Raw, Shape, as_text, inspect, object_of, text_of
from governance.observing.unpacking import BROKEN, packed, records


def look_at(path: Path) -> Delivery:
    """Look at a whole delivery of events before any of it counts. Raises Invalid for what makes all of it wrong."""
    log = log_of(path)
    if log is None and packed(path):
        raise Invalid(f"{path} holds no log that is known: {', '.join(each.name for each in catalog.logs())}")
    if log is None:
        return inspect(path, EVENT_COLUMNS)
    deque(require_use(path, log), maxlen=0)  # to its end: what is cut off is found before anything is stored
    return Delivery(path, digest_of(path), zipped=False, form=Form(Shape.NDJSON, log=log))


def require_use(path: Path, log: Log) -> Iterator[bytes]:
    """Return what is left of the records once it is known that they show use. Raises Invalid where they don't."""
    every = records(path)
    if objection := log.objection(every):
        raise Invalid(f"{path} is {log.name} and shows nobody's use: {objection}")
    return every


def log_of(path: Path) -> Log | None:
    """Which log a delivery is; None where it is none, or nothing in it can be read."""
    try:
        first = object_of(text_of(next(records(path), b"")))
    except (Invalid, *BROKEN):
        return None
    return next((log for log in catalog.logs() if log.recognises(first)), None)


def digest_of(path: Path) -> str:
    """SHA-256 of a file; of a folder, of its files' digests in the order of their names."""
    if path.is_dir():
        every = sorted(each for each in path.rglob("*") if each.is_file())
        return hashlib.sha256("".join(map(digest_of, every)).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def raw(delivery: Delivery) -> Iterator[Raw]:
    """The records of a delivery as they stand in it, numbered."""
    return enumerate(records(delivery.path), 1) if delivery.form.log else reading.records(delivery)


def told(log: Log, number: int, raw: bytes) -> Iterator[Line]:
    """What a record tells of: nothing, events, or why it can't be read."""
    try:
        for cells in log.events(object_of(text_of(raw))):
            yield Line(number, raw, {name: as_text(name, value) for name, value in cells.items()})
    except (Invalid, SchemaDrift) as refusal:
        yield Line(number, raw, trouble=str(refusal))
