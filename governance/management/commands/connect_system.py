"""Connect a system, or change what is known of it; and name a source of its use. Nothing is sent to it yet."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from governance import clock, registering
from governance.errors import Invalid
from governance.importing.reading import json_object, text_of
from governance.ledger import Actor
from governance.models import Source, System
from governance.registering.naming import person_called

LONGEST_RHYTHM = 8784


class Command(BaseCommand):
    """Secrets are read from files, so that no list of processes shows them; or the config says env:NAME."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what the system is."""
        parser.add_argument("slug", help="the system's short name, for ever")
        parser.add_argument("--name", help="its name for people (a new one: the slug)")
        parser.add_argument("--kind", required=True, help="the connector, such as postgresql")
        parser.add_argument(
            "--config", type=Path, metavar="FILE", help="a JSON object of settings; docs/reference has them"
        )
        parser.add_argument("--owner", required=True, metavar="EMAIL", help="who answers for the system")
        parser.add_argument("--unit", required=True, metavar="NAME|PARENT/NAME", help="where it belongs")
        parser.add_argument("--secret", action="append", default=[], metavar="FIELD=FILE", help="may be repeated")
        parser.add_argument("--source", help="the name of a source that reports the system's use")
        parser.add_argument("--mapping", type=Path, metavar="FILE", help="JSON: tool to action and resource")
        parser.add_argument("--provenance", choices=Source.Provenance.values, help="whose word it is")

        parser.add_argument("--rhythm", type=int, metavar="HOURS", help="how often the source delivers (unset: daily)")

    def handle(self, **options: Any) -> None:
        """Connect."""
        try:
            with transaction.atomic():
                system = self.connect(options)
                self.add_source(system, options)
        except Invalid as refusal:
            raise CommandError(f"Nothing was connected: {refusal}") from refusal
        self.stdout.write(f"{system.name} ({system.kind}) is connected; it is read with the next sweep.")

    def connect(self, options: dict[str, Any]) -> System:
        """Connect the system."""
        actor = Actor.operator("connect_system")
        connection = registering.Connection(
            slug=options["slug"],
            name=options["name"],
            kind=options["kind"],
            config=json_object(options["config"]),
            owner=person_called("owner", options["owner"]),
            unit=registering.unit_at(options["unit"], actor=actor),
            secrets=dict(secret(each) for each in options["secret"]),
        )
        return registering.connect_system(connection=connection, at=clock.now(), actor=actor)

    def add_source(self, system: System, options: dict[str, Any]) -> None:
        """Name the source, if one is given."""
        if options["source"]:
            registering.set_source(
                name=options["source"],
                system=system,
                provenance=options["provenance"],
                rhythm=rhythm(options["rhythm"]),
                at=clock.now(),
                mapping=json_object(options["mapping"]),
                actor=Actor.operator("connect_system"),
            )


def rhythm(hours: int | None) -> timedelta | None:
    """How often a source delivers. Raises Invalid for what is no time, or longer than a year."""
    if hours is not None and not 0 < hours <= LONGEST_RHYTHM:
        raise Invalid(f"--rhythm {hours} is not between 1 and {LONGEST_RHYTHM} hours, a year")
    return timedelta(hours=hours) if hours else None


def secret(text: str) -> tuple[str, str]:
    """Read FIELD=FILE. Raises Invalid."""
    name, sign, path = text.partition("=")
    if not sign:
        raise Invalid(f"--secret {text!r} is no FIELD=FILE")
    return name, text_of(Path(path)).strip()
