"""Name the one organisation of this installation, and the time zone in which its calendar periods run."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance import registering
from governance.errors import Invalid
from governance.ledger import Actor


class Command(BaseCommand):
    """Once for an installation; again to change it."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what is wanted."""
        parser.add_argument("name")
        parser.add_argument("--zone", default="UTC", help="such as Europe/Copenhagen (default: UTC)")

    def handle(self, *, name: str, zone: str, **_options: Any) -> None:
        """Set it."""
        try:
            registering.set_organisation(name=name, time_zone=zone, actor=Actor.operator("set_organisation"))
        except Invalid as refusal:
            raise CommandError(f"Nothing was set: {refusal}") from refusal
        self.stdout.write(f"{name}, in {zone}.")
