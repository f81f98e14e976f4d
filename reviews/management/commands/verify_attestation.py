"""`manage.py verify_attestation`: check files against a key known from elsewhere; never a key from the file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from governance.ledger.notes import WrongNote
from reviews.reports.attestation import WrongAttestation, verify


class Command(BaseCommand):
    """Verify attestations offline."""

    help = "Verify an attestation (and the CSV beside it); names the first wrong part."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The files and the key."""
        parser.add_argument("files", type=Path, nargs="+", metavar="file")
        parser.add_argument(
            "--vkey", default=settings.LEDGER_VKEY, help="the ledger's public key; by default the pinned LEDGER_VKEY"
        )
        parser.add_argument(
            "--table", type=Path, help="the CSV of one file; by default the one beside it, where there is one"
        )

    def handle(self, *args: object, **options: Any) -> None:
        """Check everything and say what was found whole."""
        if not options["vkey"]:
            raise CommandError(
                "Give the ledger's public key: --vkey, or set LEDGER_VKEY. A key from the file would prove nothing."
            )
        files, beside = options["files"], options["table"]
        if beside is not None and len(files) > 1:
            raise CommandError("--table is the table of one file: name one.")
        for file in files:
            self.check_file(file, vkey=options["vkey"], beside=beside)

    def check_file(self, path: Path, *, vkey: str, beside: Path | None) -> None:
        """Check one file, with its table where there is one."""
        table_path = beside or path.with_suffix(".csv")
        try:
            data = path.read_bytes()
            csv_table = table_path.read_bytes() if beside or table_path.exists() else None
            manifest = verify(data, vkey=vkey, csv_table=csv_table)
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from error
        except WrongNote as error:
            raise CommandError(f"--vkey or LEDGER_VKEY: {error}") from error
        except WrongAttestation as error:
            raise CommandError(f"{path}: refused: {error}") from error
        counts = manifest["counts"]
        table = "with its table" if csv_table is not None else "without a table"
        period = manifest["period"]
        counted = f"{counts['population']} grants, difference 0, {period['from']} to {period['to']}"
        self.stdout.write(f"{path}: whole, {table}. {counted}.")
