"""
Line by line: good lines are taken, each bad one is named with its number and the fix.

What became of a line is what the ledger was told meanwhile: whoever changes something tells it, so that nothing has to
be compared.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.db import connection, transaction

from governance import vetting
from governance.errors import Invalid
from governance.importing.columns import Columns
from governance.importing.reading import Cells
from governance.importing.telling import NEW, SUBJECTS, in_words
from governance.ledger import Actor
from governance.models import Entry

TOLD = "SELECT id, act, body, subjects FROM evidence.entry WHERE id > %s AND xid = pg_current_xact_id() ORDER BY id"
CLEAR = "-"  # a cell that says "nothing here"; an empty one says nothing at all

Take = Callable[[Cells], None]


class Kind(ABC):
    """One kind of file: its columns, and what is done with each line, at this moment, by this actor."""

    name: ClassVar[str]
    columns: ClassVar[Columns]

    def __init__(self, *, at: datetime, actor: Actor, tops: bool = False) -> None:
        self.at = at
        self.actor = actor
        self.tops = tops  # whether a new unit may lie in no other

    @abstractmethod
    def about(self, cells: Cells) -> tuple[str, ...]:
        """What a line is about: two lines about the same contradict each other."""

    @abstractmethod
    def passes(self) -> list[Take]:
        """What is done with each line, one after the other over the whole file. Each raises Invalid."""


@dataclass(slots=True)
class Outcome:
    """What became of the lines, by their numbers; `told` is what each changed, in words."""

    lines: int = 0
    new: set[int] = field(default_factory=set)
    told: dict[int, list[str]] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        """How many lines changed what was known before."""
        return len(self.told.keys() - self.new - self.refused.keys())

    @property
    def added(self) -> int:
        """How many lines made something known."""
        return len(self.new - self.refused.keys())

    @property
    def same(self) -> int:
        """How many lines said what was so already."""
        return self.lines - self.added - self.changed - len(self.refused)

    @property
    def refusals(self) -> list[tuple[int, str]]:
        """Each refused line with why, and what of it was taken all the same: an earlier pass may have been good."""
        taken = {number: f" (taken of it: {', '.join(words)})" for number, words in self.told.items() if words}
        return [(number, why + taken.get(number, "")) for number, why in sorted(self.refused.items())]

    def note(self, number: int, told: list[tuple[str, dict[str, Any]]]) -> None:
        """Keep what the ledger was told of a line."""
        if NEW & {act for act, _ in told}:
            self.new.add(number)
        words = (in_words(act, body) for act, body in told)
        self.told.setdefault(number, []).extend(each for each in words if each)


def take_in(kind: Kind, lines: Mapping[int, Cells], *, dry_run: bool) -> Outcome:
    """Take lines in, in one transaction with a savepoint for each; where it is a dry run, take all of it back."""
    outcome = Outcome(lines=len(lines), refused=doubled(kind, lines))
    with transaction.atomic():
        for take in kind.passes():
            go_through(lines, take, outcome)
        transaction.set_rollback(dry_run)
    return outcome


def doubled(kind: Kind, lines: Mapping[int, Cells]) -> dict[int, str]:
    """Lines that are about the same, each with all their numbers: none is taken, as nobody knows which one is meant."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for number, cells in lines.items():
        alike.setdefault(kind.about(cells), []).append(number)
    return {
        number: f"{', '.join(filter(None, about))!r} stands on lines {listed(numbers)}: leave one of them"
        for about, numbers in alike.items()
        if any(about) and len(numbers) > 1
        for number in numbers
    }


def listed(numbers: Sequence[int]) -> str:
    """Numbers as they are read."""
    return f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def go_through(lines: Mapping[int, Cells], take: Take, outcome: Outcome) -> None:
    """Take every line that isn't refused yet; a line that raises Invalid leaves nothing behind of this pass."""
    newest = newest_entry()
    for number, cells in lines.items():
        if number in outcome.refused:
            continue
        try:
            for name, text in cells.items():
                vetting.storable(name, text)
            with transaction.atomic():
                take(cells)
        except Invalid as error:
            outcome.refused[number] = str(error)
        if told := told_since(newest):
            newest = told[-1][0]
            outcome.note(number, [(act, body) for _, act, body in told])


def newest_entry() -> int:
    """The last thing that the ledger was told."""
    newest: int = Entry.objects.newest_first().values_list("pk", flat=True).first() or 0
    return newest


def told_since(entry: int) -> list[tuple[int, str, dict[str, Any]]]:
    """What this transaction has told the ledger since then, and of what."""
    with connection.cursor() as cursor:
        cursor.execute(TOLD, [entry])
        return [
            (key, act, json.loads(body) | {SUBJECTS: json.loads(subjects)})
            for key, act, body, subjects in cursor.fetchall()
        ]
