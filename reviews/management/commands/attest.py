"""`manage.py attest`: count, sign and seal a period, and write the JSON and the CSV."""

from argparse import ArgumentParser
from datetime import datetime, time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date, parse_datetime

from governance.errors import Refusal
from governance.models import Organisation
from reviews import attesting


class Command(BaseCommand):
    """Attest a period on demand."""

    help = "Attest a period: writes attestation-FROM-TO.json and .csv."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The period and where the files go."""
        parser.add_argument(
            "--from",
            dest="starts",
            required=True,
            help="a date (in the organisation's zone) or a moment with its offset",
        )
        parser.add_argument("--to", dest="ends", required=True, help="the first moment after the period")
        parser.add_argument("--out", type=Path, default=Path(), help="the folder for the files")

    def handle(self, *args: object, **options: Any) -> None:
        """Attest, write, and say what was counted."""
        starts_at, ends_at = moment(options["starts"]), moment(options["ends"])
        try:
            made = attesting.attest(starts_at=starts_at, ends_at=ends_at)
        except Refusal as error:
            raise CommandError(str(error)) from error
        base = options["out"] / f"attestation-{starts_at:%Y%m%d}-{ends_at:%Y%m%d}"
        base.with_suffix(".json").write_text(made.document + "\n")
        base.with_suffix(".csv").write_bytes(made.table.encode())
        counts = ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in made.counts.items() if value)
        self.stdout.write(
            f"{base}.json: {counts}\nmanifest {made.manifest_digest} over checkpoint {made.checkpoint_size}"
        )


def moment(text: str) -> datetime:
    """A date or an aware moment; raise CommandError naming what is wrong."""
    try:
        day = parse_date(text)
        if day is not None:
            return datetime.combine(day, time(), tzinfo=Organisation.objects.get().zone)
        found = parse_datetime(text)
    except ValueError as error:
        raise CommandError(f"{text}: {error}") from error
    if found is None or found.tzinfo is None:
        raise CommandError(
            f"{text!r} is no date (2026-11-01) and no moment with an offset (2026-11-01T00:00:00+01:00)."
        )
    return found
