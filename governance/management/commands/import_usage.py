"""Take in what agents did: a file of events, and one of runs. Exit 0: all kept; 2: some lines refused; 1: none kept."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.errors import Invalid
from governance.ledger import Actor
from governance.observing import Cover, Imported, Order, import_usage, in_words

SOME_REFUSED, NONE_KEPT = 2, 1
PROGRESS_EVERY = 100_000


class Command(BaseCommand):
    """Import use; docs/how-to/import-usage.md says what the files look like."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what there is to say."""
        parser.add_argument(
            "file", type=Path, help="events: CSV, one JSON object a line, or a system's log; may be gzip"
        )
        parser.add_argument("--source", required=True, help="the name of the source that reports")
        parser.add_argument(
            "--covers",
            required=True,
            metavar="FROM..TO",
            help="the time for which the file is complete; a date alone is its midnight in UTC",
        )
        parser.add_argument("--runs", type=Path, metavar="FILE", help="the runs of that time, used something or not")
        parser.add_argument("--refused", type=Path, metavar="FILE", help="write refused lines here, with the reason")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
        parser.add_argument("--json", action="store_true", help="sum up as JSON")

    def handle(self, *, file: Path | str, source: str, covers: str, **options: Any) -> None:
        """Import, sum up, and end with the code that fits."""
        try:
            order = Order(
                source=source,
                interval=Cover.parse(covers),
                events=Path(file),
                runs=options["runs"],
                refused=options["refused"],
                dry_run=options["dry_run"],
            )
            imported = import_usage(order, actor=Actor.operator("import_usage"), progress=self.show)
        except Invalid as refusal:
            raise CommandError(f"Nothing was imported: {refusal}") from refusal
        told = in_words(imported, order.interval)
        told += [f"The refused lines are in {path}." for path in order.written if path.exists()]
        self.stdout.write(as_json(imported) if options["json"] else "\n".join(told))
        if code := exit_code(imported):
            sys.exit(code)

    def show(self, lines: int) -> None:
        """Show that a long import is alive."""
        if lines % PROGRESS_EVERY == 0:
            self.stderr.write(f"{lines:,} lines", self.style.NOTICE)


def exit_code(imported: Imported) -> int:
    """0: all kept; 2: some refused; 1: none kept."""
    if not imported.refused:
        return 0
    return NONE_KEPT if imported.none_kept else SOME_REFUSED


def as_json(imported: Imported) -> str:
    """The summary for programs."""
    return json.dumps(asdict(imported) | {"exit": exit_code(imported)}, indent=2)
