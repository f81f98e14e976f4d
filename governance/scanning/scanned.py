"""The scan itself: read, look, put in order. Nothing is stored, and the system is only read."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from connectors.advising import Address, Adviser, Reading
from connectors.base import Grant, Reader, Spec
from governance.models import Band
from governance.scanning import accounts, credentials, crowds, suspecting, unused, using
from governance.scanning.gathering import Tell, gather
from governance.scanning.holdings import Holdings
from governance.scanning.rows import Card, Row, cards, ranked
from governance.scanning.usage import Usage
from governance.scanning.using import Files


@dataclass(frozen=True, slots=True)
class Order:
    """What to scan, and what is known of its use."""

    address: Address
    files: Files | None = None


@dataclass(frozen=True)
class Scan:
    """What was found, and what it was found in."""

    address: Address
    spec: Spec
    holdings: Holdings
    rows: list[Row]
    usage: Usage | None
    at: datetime
    seconds: float
    reading: Reading = field(default_factory=lambda: Reading((), (), ""))

    @cached_property
    def cards(self) -> list[Card]:
        """The rows, folded: one card a check and holder."""
        return cards(self.rows)

    @cached_property
    def raised(self) -> dict[int, Band]:
        """The band of what was found about a grant, where that is more than the grant's own."""
        found: dict[int, Band] = {}
        for row in reversed(self.rows):  # the worst comes last, and stays
            for grant in row.grants:
                if row.band.rank > self.holdings.band(grant).rank:
                    found[id(grant)] = row.band
        return found

    def band(self, grant: Grant) -> Band:
        """How much harm a grant can do, with what was found about it."""
        return self.raised.get(id(grant), self.holdings.band(grant))

    @cached_property
    def bands(self) -> dict[Band, int]:
        """How many grants are in each band, the worst first; no band is left out."""
        found = Counter(map(self.band, self.holdings.grants))
        return {band: found[band] for band in reversed(Band)}

    @cached_property
    def open_to_everyone(self) -> int:
        """How many grants everyone holds."""
        return sum(len(self.holdings.direct.get(each, ())) for each in self.holdings.everyone)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the rows: the same system gives the same."""
        told = [[each.check, each.holder, each.entitlement, each.why, each.band] for each in self.rows]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def scan(order: Order, reader: Reader, *, tell: Tell = lambda _, __: None) -> Scan:
    """
    Read a system and say what is remarkable in it.

    Raises ConnectorError where it cannot be read, and Invalid where the files of use are wrong as a whole. `tell` hears
    of each page of a stream, and then of each step: "use", "checks".
    """
    at, began = datetime.now(UTC), time.monotonic()
    if order.files:
        order.files.check(at)
    inventory = gather(reader, tell)
    adviser = reader if isinstance(reader, Adviser) else None
    holdings = Holdings(inventory, order.address.name or inventory.check.system, adviser)
    usage = None
    if order.files:
        tell("use", 0)
        usage = using.use_of(order.files, holdings, now=at)
    tell("checks", len(holdings.grants))
    rows = ranked(suspicions(holdings, usage, at))
    reading = adviser.about(inventory.check) if adviser else Reading((), (), "")
    return Scan(
        order.address, reader.spec, holdings, rows, usage, at=at, seconds=time.monotonic() - began, reading=reading
    )


def suspicions(holdings: Holdings, usage: Usage | None, at: datetime) -> Iterator[Row]:
    """Yield whatever gives reason for a question."""
    yield from suspecting.suspect(holdings)
    yield from accounts.suspect(holdings)
    yield from crowds.suspect(holdings)
    yield from credentials.suspect(holdings, at)
    yield from unused.suspect(holdings, usage)
