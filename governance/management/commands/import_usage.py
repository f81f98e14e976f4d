"""Take in what agents did: a file of events, and one of runs. Exit 0: all kept; 2: some lines refused; 1: none kept."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.errors import Invalid
from governance.ledger import Actor
from governance.observing import Count, Cover, Imported, Order, import_usage

SOME_REFUSED, NONE_KEPT = 2, 1
PROGRESS_EVERY = 100_000
MOST_TOOLS_SHOWN = 20


class Command(BaseCommand):
    """Import use; docs/how-to/import-usage.md says what the files look like."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what there is to say."""
        parser.add_argument("file", type=Path, help="events: CSV, or one JSON object a line; may be gzip")
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
        self.stdout.write(as_json(imported) if options["json"] else "\n".join(in_words(imported, order)))
        if code := exit_code(imported):
            sys.exit(code)

    def show(self, lines: int) -> None:
        """Show that a long import is alive."""
        if lines % PROGRESS_EVERY == 0:
            self.stderr.write(f"{lines:,} lines", self.style.NOTICE)


def exit_code(imported: Imported) -> int:
    """0: all kept; 2: some refused; 1: none kept."""
    if imported.events.none_kept:
        return NONE_KEPT
    refused = imported.events.refused + (imported.runs.refused if imported.runs else 0)
    return SOME_REFUSED if refused else 0


def as_json(imported: Imported) -> str:
    """The summary for programs."""
    return json.dumps(asdict(imported) | {"exit": exit_code(imported)}, indent=2)


def in_words(imported: Imported, order: Order) -> list[str]:
    """The summary for people."""
    told = ["Dry run: nothing was changed. It would have been:"] if imported.dry_run else []
    told += counted("events", imported.events)
    if imported.runs is not None:
        told += counted("runs", imported.runs)
    told.append(observed(imported, order.interval))
    if order.refused and imported.events.refused:
        told.append(f"The refused lines are in {order.refused}.")
    return told


def observed(imported: Imported, interval: Cover) -> str:
    """Whose use counts as observed now, and from when to when."""
    if not imported.covered:
        kept = imported.events.kept + (imported.runs.kept if imported.runs else 0)
        return f"{'No kept line names an agent' if kept else 'No line was kept'}, so nothing counts as observed."
    whose = "Use" if imported.agents is None else f"Use by {imported.agents} agent{'s' * (imported.agents != 1)}"
    return f"{whose} was observable from {interval.starts_at.isoformat()} to {interval.ends_at.isoformat()}."


def counted(what: str, count: Count) -> list[str]:
    """The counts of one file, and the first refused lines."""
    sums = f"{count.kept:,} kept, {count.already_there:,} already there, {count.refused:,} refused"
    told = [f"{count.lines:,} {what}: {sums}."]
    if count.unmatched:
        told.append(f"  {count.unmatched:,} by accounts that are not known (unmatched)")
    if count.unmapped:
        tools = ", ".join(f"{tool} ({number})" for tool, number in count.unmapped.most_common(MOST_TOOLS_SHOWN))
        told.append(f"  {count.unmapped.total():,} with tools that the source does not map: {tools}")
    if count.ignored_columns:
        told.append(f"  columns that nobody reads: {', '.join(count.ignored_columns)}")
    told += [f"  line {number}: {reason}" for number, reason in count.shown]
    if count.refused > len(count.shown):
        told.append(f"  and {count.refused - len(count.shown):,} more lines were refused")
    return told
