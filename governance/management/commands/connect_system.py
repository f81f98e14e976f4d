"""Connect a system, or change what is known of it; and name a source of its use. Nothing is sent to it yet."""

from argparse import BooleanOptionalAction
from collections.abc import Callable
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
from governance.registering.connections import as_it_is
from governance.registering.naming import person_called


class Command(BaseCommand):
    """Secrets are read from files, so that no list of processes shows them; or the config says env:NAME."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what the system is."""
        parser.add_argument("slug", help="the system's short name, for ever")
        parser.add_argument("--name", help="its name for people (a new one: the slug)")
        parser.add_argument("--kind", help="the connector, such as postgresql; a new system needs it")
        parser.add_argument(
            "--config", type=Path, metavar="FILE", help="a JSON object of settings; docs/reference has them"
        )
        parser.add_argument("--owner", metavar="EMAIL", help="who answers for the system; a new one needs it")
        parser.add_argument("--unit", metavar="NAME|PARENT/NAME", help="where it belongs; a new system needs it")
        parser.add_argument("--secret", action="append", default=[], metavar="FIELD=FILE", help="may be repeated")
        parser.add_argument("--source", help="the name of a source that reports the system's use")
        parser.add_argument("--mapping", type=Path, metavar="FILE", help="JSON: tool to action and resource")
        parser.add_argument("--provenance", choices=Source.Provenance.values, help="whose word it is")
        parser.add_argument("--rhythm", type=int, metavar="HOURS", help="how often the source delivers (unset: daily)")
        parser.add_argument(
            "--shows-all",
            action=BooleanOptionalAction,
            help="the system's log was set to show all that it can: in CloudTrail reads and data events, in pgaudit"
            " every class (unset: no)",
        )

    def handle(self, **options: Any) -> None:
        """Connect."""
        actor = Actor.operator("connect_system")
        try:
            with transaction.atomic():
                system = connected(options, actor)
                source = named_source(system, options, actor)
        except Invalid as refusal:
            raise CommandError(f"Nothing was connected: {refusal}") from refusal
        due = System.objects.filter(pk=system.pk, active=True, next_at__lte=clock.now()).exists()
        more = "; it is read with the next sweep" if due else ""
        self.stdout.write(f"{system.name} ({system.kind}) is connected{more}.")
        if source:
            self.stdout.write(f"Its use is reported by {source}, {source.get_provenance_display().lower()}.")


def connected(options: dict[str, Any], actor: Actor) -> System:
    """The system, as it is stated. Raises Invalid."""
    connection = registering.Connection(
        slug=options["slug"],
        name=options["name"],
        config=json_object(options["config"]),
        secrets=dict(secret(each) for each in options["secret"]),
        **stated(options, actor),
    )
    return registering.connect_system(connection=connection, at=clock.now(), actor=actor)


def stated(options: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Kind, owner and unit: as they are given, else as they are. Raises Invalid where a new system has none."""
    read: dict[str, Callable[[str], Any]] = {
        "kind": str,
        "owner": lambda word: person_called("owner", word),
        "unit": lambda word: registering.unit_at(word, actor=actor),
    }
    there = as_it_is(options["slug"])
    if there is None and (missing := [f"--{name}" for name in read if options[name] is None]):
        raise Invalid(f"system {options['slug']!r} is not connected yet; a new one needs {', '.join(missing)} as well")
    return {name: getattr(there, name) if (word := options[name]) is None else read[name](word) for name in read}


def named_source(system: System, options: dict[str, Any], actor: Actor) -> Source | None:
    """The source, if one is named. Raises Invalid, also for what is said of a source that isn't named."""
    if options["source"]:
        return registering.set_source(
            name=options["source"],
            system=system,
            provenance=options["provenance"],
            rhythm=rhythm(options["rhythm"]),
            shows_all=options["shows_all"],
            at=clock.now(),
            mapping=json_object(options["mapping"]),
            actor=actor,
        )
    said = [name for name in ("mapping", "provenance", "rhythm", "shows_all") if options[name] is not None]
    if said:
        words = ", ".join(f"--{name.replace('_', '-')}" for name in said)
        raise Invalid(f"{words} is said of a source: give --source NAME too")
    return None


def rhythm(hours: int | None) -> timedelta | None:
    """How often a source delivers. Raises Invalid for what is no time, or longer than a year."""
    if hours is not None and not 0 < hours <= Source.LONGEST_RHYTHM:
        raise Invalid(f"--rhythm {hours} is not between 1 and {Source.LONGEST_RHYTHM} hours, a year")
    return timedelta(hours=hours) if hours else None


def secret(text: str) -> tuple[str, str]:
    """Read FIELD=FILE. Raises Invalid."""
    name, sign, path = text.partition("=")
    if not sign:
        raise Invalid(f"--secret {text!r} is no FIELD=FILE")
    return name, text_of(Path(path)).strip()
