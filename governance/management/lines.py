"""Small files of facts, line by line: good lines are taken, each bad one is named with its number and the fix."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from governance import clock
from governance.errors import Invalid
from governance.ledger import Actor
from governance.management.reading import Cells, Columns, rows_of
from governance.models import Entry

SOME_REFUSED, NONE_KEPT = 2, 1
TOLD = "SELECT EXISTS (SELECT FROM evidence.entry WHERE id > %s AND xid = pg_current_xact_id())"
CLEAR = "-"  # a cell that says "nothing here"; an empty one says nothing at all

Take = Callable[[Cells], None]


@dataclass(slots=True)
class Outcome:
    """What became of the lines."""

    lines: int = 0
    changed: set[int] = field(default_factory=set)
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def code(self) -> int:
        """0: all kept; 2: some refused; 1: none kept."""
        if not self.refused:
            return 0
        return NONE_KEPT if len(self.refused) == self.lines else SOME_REFUSED


class LinesCommand(BaseCommand):
    """A command that takes one file in. Exit 0: all lines kept; 2: some refused; 1: none kept."""

    columns: Columns

    def add_arguments(self, parser: CommandParser) -> None:
        """Say which file."""
        names = ", ".join(self.columns.known)
        parser.add_argument("file", type=Path, help=f"CSV with the columns {names}")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")

    def handle(self, *, file: Path | str, dry_run: bool, **_: Any) -> None:
        """Take the file in, in one transaction with a savepoint a line; sum up; end with the code that fits."""
        self.at = clock.now()
        self.actor = Actor.operator(self.__module__.rpartition(".")[2])
        try:
            lines = dict(rows_of(Path(file), self.columns))
        except Invalid as refusal:
            raise CommandError(f"Nothing was imported: {refusal}") from refusal
        outcome = Outcome(lines=len(lines))
        with transaction.atomic():
            for take in self.passes():
                go_through(lines, take, outcome)
            transaction.set_rollback(dry_run)
        self.tell(outcome, dry_run=dry_run)
        if outcome.code:
            sys.exit(outcome.code)

    def passes(self) -> list[Take]:
        """What is done with each line, one after the other over the whole file."""
        raise NotImplementedError

    def tell(self, outcome: Outcome, *, dry_run: bool) -> None:
        """Sum up."""
        if dry_run:
            self.stdout.write("Dry run: nothing was changed. It would have been:")
        changed = len(outcome.changed - outcome.refused.keys())
        same = outcome.lines - changed - len(outcome.refused)
        counts = f"{changed} changed something, {same} were so already, {len(outcome.refused)} refused"
        self.stdout.write(f"{outcome.lines} lines: {counts}.")
        for number, reason in sorted(outcome.refused.items()):
            self.stdout.write(f"  line {number}: {reason}")


def go_through(lines: Mapping[int, Cells], take: Take, outcome: Outcome) -> None:
    """Take every line that isn't refused yet; a line that raises Invalid leaves nothing behind of this pass."""
    for number, cells in lines.items():
        if number in outcome.refused:
            continue
        before = newest_entry()
        try:
            with transaction.atomic():
                take(cells)
        except Invalid as error:
            outcome.refused[number] = str(error)
        if told_since(before):
            outcome.changed.add(number)


def newest_entry() -> int:
    """The last thing that the ledger was told."""
    newest: int = Entry.objects.newest_first().values_list("pk", flat=True).first() or 0
    return newest


def told_since(entry: int) -> bool:
    """Whether this transaction has told the ledger something since then: who changes something tells it."""
    with connection.cursor() as cursor:
        cursor.execute(TOLD, [entry])
        told: bool = cursor.fetchone()[0]
    return told
