"""What a suspicion looks like in a scan, and which of them come first: by what a mistake would cost."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from connectors.advising import Remedy
from connectors.base import Grant, Ref
from governance.models import Band

FIRST = 10
OF_MANY = ("no_owner_found", "no_end_date", "old_credential", "static_credential")
# Within a band: what a mistake would cost, the most first.
ORDER = (
    "superuser",
    "granted_to_everyone",
    "privileged",
    "owner",
    "trusts_account",
    "through_roles",
    "can_widen_itself",
    "may_pass_on",
    "unused_credential",
    "never_used",
    "old_credential",
    "static_credential",
    "no_owner_found",
    "no_end_date",
)


@dataclass(frozen=True, slots=True)
class Node:
    """One step of a path: what it is, a remark, and its shape: holder, everyone, end, or none."""

    text: str
    note: str = ""
    shape: str = ""


Path = tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that somebody holds, or is, and why it is remarkable. `certain`: it was read, and not concluded."""

    check: str
    title: str
    holder: str
    entitlement: str
    says: str
    why: str
    sure: str
    risk: int
    paths: tuple[Path, ...]
    subject: Ref
    certain: bool = True
    remedy: Remedy | None = None
    grants: tuple[Grant, ...] = field(default=(), repr=False)

    @property
    def band(self) -> Band:
        """How much a mistake would cost, in a word."""
        return Band.of(self.risk)

    @property
    def confidence(self) -> str:
        """How sure it is, and by what."""
        return f"{'Certain' if self.certain else 'Likely'}: {self.sure}"

    @property
    def rank(self) -> tuple[object, ...]:
        """Where it stands: the same system gives the same order."""
        place = ORDER.index(self.check) if self.check in ORDER else len(ORDER)
        return -self.band.rank, place, -self.risk, self.holder, self.entitlement, self.says


@dataclass(frozen=True, slots=True)
class Card:
    """A row that stands for others: of the same check and holder, or of many holders where that is what is said."""

    row: Row
    alike: tuple[Row, ...]

    @property
    def others(self) -> int:
        """How many it stands for, beside itself."""
        return len(self.alike) - 1


def ranked(rows: Iterable[Row]) -> list[Row]:
    """Put rows in order."""
    return sorted(rows, key=lambda each: each.rank)


def cards(rows: list[Row]) -> list[Card]:
    """Fold rows into cards; a card stands where its first row does."""
    folded = [Card(group[0], tuple(group)) for group in grouped(rows)]
    return sorted(folded, key=lambda each: each.row.rank)


def grouped(rows: list[Row]) -> Iterator[list[Row]]:
    """Yield the rows that one card stands for."""
    for _, group in groupby(sorted(rows, key=lambda each: (fold(each), each.rank)), key=fold):
        yield list(group)


def fold(row: Row) -> tuple[str, str]:
    """Say which rows are alike: what is said of many accounts is said once a band, all else once a holder."""
    return row.check, row.band.value if row.check in OF_MANY else str(row.subject)
