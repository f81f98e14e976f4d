"""Everything that a connector shows, read once and kept in memory."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from connectors.advising import Crowd, Follower
from connectors.base import Cap, Check, Credential, Entitlement, Grant, HolderKind, Page, Principal, Reader, Record, Ref
from connectors.errors import AuthFailed, NotPermitted, SchemaDrift, Transient

STREAMS = ("principals", "entitlements", "grants")
CREDENTIALS = "credentials"  # where the connector lists them
PAGE_ROWS = 20_000
PAUSES, LONGEST = (0.5, 1, 2, 4), 30  # seconds before it is asked again

Answer = TypeVar("Answer")
Tell = Callable[[str, int], None]


@dataclass(slots=True)
class Stream:
    """What was read of a stream: rows by type, rows that were left out by rule, and whether that was all."""

    rows: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    complete: bool = True


@dataclass(slots=True)
class Inventory:
    """All of it. What a grant names and no stream showed is a stranger, and never nobody."""

    check: Check
    principals: dict[Ref, Principal] = field(default_factory=dict)
    entitlements: dict[Ref, Entitlement] = field(default_factory=dict)
    grants: list[Grant] = field(default_factory=list)
    credentials: list[Credential] = field(default_factory=list)
    crowds: Mapping[str, Crowd] = field(default_factory=dict)  # by the key of a grant whose holder is a whole account
    streams: dict[str, Stream] = field(default_factory=lambda: {name: Stream() for name in STREAMS})

    @property
    def complete(self) -> bool:
        """Whether the system showed everything."""
        return all(each.complete for each in self.streams.values())

    def principal(self, ref: Ref) -> Principal:
        """Return who this is."""
        return self.principals.get(ref) or Principal(ref, f"{ref.type} {ref.id}", HolderKind.ROLE)

    def entitlement(self, ref: Ref) -> Entitlement:
        """Return what this is."""
        return self.entitlements.get(ref) or Entitlement(ref, ref.id, ref.id)

    def keep(self, record: Record) -> None:
        """Put a record where it belongs."""
        match record:
            case Principal():
                self.principals[record.ref] = record
            case Entitlement():
                self.entitlements[record.ref] = record
            case Grant():
                self.grants.append(record)
            case Credential():
                self.credentials.append(record)
            case _:
                raise SchemaDrift(f"a scan reads no {type(record).__name__}")


def gather(reader: Reader, tell: Tell) -> Inventory:
    """
    Read every stream to its end; `tell` hears of each page: the stream, and the rows so far.

    Raises ConnectorError; AuthFailed where the credential may not even read.
    """
    check = patiently(reader.check)
    if not (check.ok or check.lagging):  # a copy that may be behind can be read, and says so
        raise AuthFailed("this credential may not read the system")
    inventory = Inventory(check)
    for stream in STREAMS:
        read(reader, stream, inventory, tell)
    if isinstance(reader, Follower):
        inventory.crowds = reader.crowds()
    if any(Cap.CREDENTIALS in caps for caps in check.caps.values()):
        inventory.streams[CREDENTIALS] = Stream()
        try:
            read(reader, CREDENTIALS, inventory, tell)
        except NotPermitted:  # who holds what was read, and is worth telling
            inventory.streams[CREDENTIALS].complete = False
    return inventory


def read(reader: Reader, stream: str, inventory: Inventory, tell: Tell) -> None:
    """Read a stream to its end."""
    tell(stream, 0)
    for page in pages(reader, stream):
        take(inventory, stream, page)
        tell(stream, inventory.streams[stream].rows.total())


def pages(reader: Reader, stream: str) -> Iterator[Page[Record]]:
    """Yield the pages of a stream; SchemaDrift where the cursor does not move on."""
    cursor: str | None = None
    while True:
        page = patiently(partial(reader.read, stream, cursor, PAGE_ROWS))
        yield page
        if page.next is None:
            return
        if page.next == cursor:
            raise SchemaDrift(f"the cursor of {stream} does not move on")
        cursor = page.next


def patiently(read: Callable[[], Answer]) -> Answer:
    """
    Read, and once more where it may work later: a scan has no later.

    A role that may have two sessions has none free for as long as one that we closed is still ending.
    """
    for pause in PAUSES:
        try:
            return read()
        except Transient as error:
            time.sleep(min(error.retry_after or pause, LONGEST))
    return read()


def take(inventory: Inventory, stream: str, page: Page[Record]) -> None:
    """Keep a page, and count it."""
    told = inventory.streams[stream]
    told.left_out.update(page.left_out)
    told.complete = told.complete and page.complete
    for record in page.items:
        inventory.keep(record)
        told.rows[kind(record)] += 1


def kind(record: Record) -> str:
    """Return what a record is counted as."""
    match record:
        case Grant():
            return record.entitlement.type
        case Entitlement():
            return record.ref.type
        case Credential():
            return record.kind
        case _:
            return "principals"
