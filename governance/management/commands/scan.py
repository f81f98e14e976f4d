"""
Scan a system that is not connected: who holds what, by which ways, and what is remarkable in it.

It only reads, stores nothing, and needs no database of ours. Exit 0: scanned; 2: scanned, and some lines of the usage
could not be read; 1: not scanned, and nothing is written; 130: interrupted.
"""

import argparse
import getpass
import os
import sys
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connectors import catalog
from connectors.advising import Address
from connectors.base import Secret
from connectors.errors import AuthFailed, ConfigInvalid, ConnectorError
from governance.errors import Invalid
from governance.importing.reading import json_object
from governance.models import Source
from governance.observing import Cover
from governance.registering.systems import checked
from governance.scanning import Order, Scan, scan
from governance.scanning.page import MOST, page
from governance.scanning.plain import plain
from governance.scanning.progress import Progress
from governance.scanning.terminal import text
from governance.scanning.using import Files
from governance.vetting import seen

SOME_REFUSED, INTERRUPTED = 2, 130
NO_PASSWORD = "no password supplied"  # noqa: S105  (what a server says)
ADVICE: dict[type[ConnectorError], str] = {ConfigInvalid: "See docs/how-to/scan.md."}  # beside what the connector knows


class Command(BaseCommand):
    """Read, and write one page; or one object with --json."""

    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what there is to say."""
        parser.add_argument("url", help="postgresql://USER@HOST:PORT/DATABASE?also=ANOTHER, or aws://PROFILE")
        parser.add_argument("--usage", type=Path, metavar="FILE", help="what was used: what import_usage takes")
        parser.add_argument("--covers", metavar="FROM..TO", help="the time for which that is complete")
        parser.add_argument("--runs", type=Path, metavar="FILE", help="the runs of that time, used something or not")
        parser.add_argument("--mapping", type=Path, metavar="FILE", help="JSON: tool to action and resource")
        parser.add_argument("--provenance", choices=Source.Provenance.values, default="", help="whose word it is")
        parser.add_argument("-o", "--out", type=Path, metavar="FILE", help="the page (default: scan-NAME.html, here)")
        parser.add_argument("--force", action="store_true", help="write over that file")
        parser.add_argument("--rows", type=positive, default=MOST, metavar="N", help="grants that the page lists")
        parser.add_argument("--json", action="store_true", help="print one object; a page only with --out")

    def handle(self, *, url: str, **options: Any) -> None:
        """Scan, tell, write."""
        try:
            self.run_scan(url, options)
        except KeyboardInterrupt:
            self.stderr.write("Interrupted: nothing was written.")
            sys.exit(INTERRUPTED)

    def run_scan(self, url: str, options: dict[str, Any]) -> None:
        """Do it. Raises CommandError with what is wrong and what to do."""
        address = None
        try:
            address = catalog.address(url)
            out = target(address, options)
            found = self.scanned(address, files(options))
        except Invalid as refusal:
            raise CommandError(f"Nothing was scanned: {seen(str(refusal))}") from refusal
        except ConnectorError as error:
            raise CommandError(in_words(error, address)) from error
        if out is not None:
            write(out, page(found, most=options["rows"]))
        self.tell(found, out, as_json=options["json"])
        if found.usage and found.usage.refused:
            sys.exit(SOME_REFUSED)

    def scanned(self, address: Address, given: Files | None) -> Scan:
        """Read the system; where no password was given and one is wanted, ask for it, once."""
        try:
            return self.read(address, given, {})
        except AuthFailed as error:
            if not (address.asks and sys.stdin.isatty() and NO_PASSWORD in str(error)):
                raise
        word = getpass.getpass(f"Password for {address.shown}: ")
        return self.read(address, given, {address.asks: Secret(word)})

    def read(self, address: Address, given: Files | None, more: dict[str, Secret]) -> Scan:
        """Connect, and read."""
        with (
            closing(catalog.connect(address.kind, address.config, {**address.secrets, **more})) as reader,
            Progress(self.stderr) as progress,
        ):
            return scan(Order(address, given), reader, tell=progress.tell)

    def tell(self, found: Scan, out: Path | None, *, as_json: bool) -> None:
        """Print it, and say where the page is."""
        self.stdout.write(plain(found) if as_json else text(found))
        if out is not None:
            (self.stderr if as_json else self.stdout).write(f"\nThe page: {out}")


def positive(word: str) -> int:
    """Read a whole number above 0. Raises ArgumentTypeError."""
    if not (word.isascii() and word.isdigit() and int(word)):
        raise argparse.ArgumentTypeError(f"{word!r} is no whole number above 0")
    return int(word)


def files(options: dict[str, Any]) -> Files | None:
    """Return what is given of use. Raises Invalid for half of it."""
    if options["usage"] is None:
        if lonely := [name for name in ("covers", "runs", "mapping") if options[name]]:
            raise Invalid(f"--{lonely[0]} says something about a file of use: give that with --usage")
        return None
    return Files(
        events=options["usage"],
        interval=Cover.parse(options["covers"]) if options["covers"] else None,
        runs=options["runs"],
        mapping={tool: checked(tool, meant) for tool, meant in (json_object(options["mapping"]) or {}).items()},
        provenance=options["provenance"],
    )


def target(address: Address, options: dict[str, Any]) -> Path | None:
    """Return where the page goes, before anything is read. Raises CommandError where it may not be written."""
    given: Path | None = options["out"]
    if given is None:
        return None if options["json"] else free(address.name or address.kind)
    if given.exists() and not options["force"]:
        raise CommandError(f"{given} is there already. Give another name with --out, or --force to write over it.")
    if not given.resolve().parent.is_dir():
        raise CommandError(f"{given} cannot be written: there is no folder {given.resolve().parent}.")
    return given


def free(name: str) -> Path:
    """Return a name in this folder that is not taken: scan-NAME.html, else scan-NAME-2.html, and so on."""
    plainly = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name).strip("-")[:60]
    number = 1
    while (path := Path(f"scan-{plainly or 'system'}{f'-{number}' if number > 1 else ''}.html")).exists():
        number += 1
    return path


def write(path: Path, html: str) -> None:
    """Write the page, all of it or nothing. Raises CommandError."""
    unfinished: str | None = None
    try:
        descriptor, unfinished = tempfile.mkstemp(dir=path.resolve().parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(html)
        Path(unfinished).replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        if unfinished:
            with suppress(FileNotFoundError):
                Path(unfinished).unlink()


def in_words(error: ConnectorError, address: Address | None) -> str:
    """Say what the system said, and what a person can do about it."""
    known = {**ADVICE, **(address.advice if address else {})}
    advice = next((words for kind, words in known.items() if isinstance(error, kind)), "Nothing was written.")
    return f"Nothing was scanned: {seen(' '.join(str(error).split()))}\n{advice}"
