"""A command that takes one file of facts in, and says what became of each line."""

import sys
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance import clock
from governance.errors import Invalid
from governance.importing import Kind, Outcome, lines_of, take_in, text_of
from governance.ledger import Actor

SOME_REFUSED, NONE_KEPT = 2, 1


class LinesCommand(BaseCommand):
    """Exit 0: all lines kept; 2: some refused; 1: none kept."""

    kind: ClassVar[type[Kind]]
    makes_units: ClassVar[bool] = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Say which file."""
        names = ", ".join(self.kind.columns.known)
        parser.add_argument("file", type=Path, help=f"CSV with the columns {names}; or a YAML list of such lines")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
        if self.makes_units:
            parser.add_argument(
                "--new-tops", action="store_true", help="make units that lie in no other, whom nobody governs at first"
            )

    def handle(self, *, file: Path | str, dry_run: bool, new_tops: bool = False, **_: Any) -> None:
        """Take the file in, sum up, and end with the code that fits."""
        try:
            lines = lines_of(text_of(Path(file)), name=str(file), columns=self.kind.columns)
        except Invalid as refusal:
            raise CommandError(f"Nothing was imported: {refusal}") from refusal
        actor = Actor.operator(self.__module__.rpartition(".")[2])
        outcome = take_in(self.kind(at=clock.now(), actor=actor, tops=new_tops), lines, dry_run=dry_run)
        self.tell(outcome, dry_run=dry_run)
        if outcome.refused:
            sys.exit(NONE_KEPT if len(outcome.refused) == outcome.lines else SOME_REFUSED)

    def tell(self, outcome: Outcome, *, dry_run: bool) -> None:
        """Sum up; a dry run says of each line what it would change."""
        if dry_run:
            self.stdout.write("Dry run: nothing was changed. It would have been:")
        counts = f"{outcome.added} new, {outcome.changed} changed, {outcome.same} the same"
        self.stdout.write(f"{outcome.lines} lines: {counts}, {len(outcome.refused)} refused.")
        told = {number: ", ".join(words) for number, words in outcome.told.items() if dry_run}
        for number, words in sorted((told | dict(outcome.refusals)).items()):
            self.stdout.write(f"  line {number}: {words}")
