"""`manage.py attest`: count, sign and seal a period, and write the JSON and the CSV."""

from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import datetime, time
from itertools import count
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date, parse_datetime

from governance.errors import Refusal
from governance.models import Organisation
from reviews import attesting
from reviews.models import Attestation


class Command(BaseCommand):
    """Attest a period on demand."""

    help = "Attest a period: writes attestation-FROM-TO.json and .csv, with a number where that name is taken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The period and where the files go."""
        parser.add_argument(
            "--from",
            dest="starts",
            required=True,
            help="a date (in the organisation's zone) or a moment with its offset",
        )
        parser.add_argument("--to", dest="ends", required=True, help="the first moment after the period; at most now")
        parser.add_argument("--out", type=Path, default=Path(), help="the folder for the files")

    def handle(self, *args: object, **options: Any) -> None:
        """Attest, write, and say what was counted."""
        starts_at, ends_at = moment(options["starts"]), moment(options["ends"])
        if not options["out"].is_dir():
            raise CommandError(f"--out: there is no folder {options['out']}; make it first.")
        try:
            made = attesting.attest(starts_at=starts_at, ends_at=ends_at)
        except Refusal as error:
            raise CommandError(str(error)) from error
        until = made.ends_at.astimezone(ends_at.tzinfo)
        base = free(options["out"], f"attestation-{starts_at:%Y%m%d}-{until:%Y%m%d}")
        with base.with_suffix(".json").open("x") as document, base.with_suffix(".csv").open("xb") as table:
            document.write(made.document + "\n")
            table.write(made.table.encode())
        self.stdout.write(
            f"{base}.json: {told(made)}\nmanifest {made.manifest_digest} over checkpoint {made.checkpoint_size}"
        )
        if until < ends_at:
            self.stdout.write(f"The period is not over: counted up to {until:%Y-%m-%d %H:%M:%S %Z}.")


def told(made: Attestation) -> str:
    """What was counted, and how far the removals among it have come."""
    number = made.counts["population"]
    counted = {name: value for name, value in made.counts.items() if name != "population"}
    sentence = (
        f"{number} grant{' was' if number == 1 else 's were'} held at some moment of the period; {listed(counted)}"
    )
    removals = made.manifest["removals"]
    return f"{sentence}\nremovals so far: {listed(removals)}" if removals else sentence


def listed(counts: Mapping[str, int]) -> str:
    """Numbers with their names, without what there is none of."""
    return ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in counts.items() if value)


def free(folder: Path, name: str) -> Path:
    """The first of NAME, NAME-2, NAME-3 … of which the folder has no file: an earlier attestation stays as it is."""
    names = (folder / (name if number == 1 else f"{name}-{number}") for number in count(1))
    return next(base for base in names if not (base.with_suffix(".json").exists() or base.with_suffix(".csv").exists()))


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
