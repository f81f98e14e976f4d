"""Put a policy in force: windows, leases, run thresholds, the brake. What isn't given stays as it is."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance import clock, registering
from governance.errors import Invalid
from governance.importing.reading import json_object
from governance.ledger import Actor
from governance.registering import Preview


class Command(BaseCommand):
    """Set parameters from a JSON file, one by one, or both; print the policy that is in force now."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what is to be set."""
        parser.add_argument("file", nargs="?", type=Path, help='JSON, such as {"unused_runs": 100}')
        parser.add_argument("--set", action="append", default=[], metavar="NAME=JSON", help="such as undo_seconds=3600")
        parser.add_argument(
            "--preview", action="store_true", help="set nothing; say which grants would change their risk"
        )

    def handle(self, *, file: Path | str | None, **options: Any) -> None:
        """Set and print."""
        try:
            parameters = json_object(Path(file) if file else None) or {}
            parameters |= dict(pair(each) for each in options["set"])
            if options["preview"]:
                self.tell(registering.preview_policy(parameters=parameters, at=clock.now()))
                return
            policy = registering.set_policy(parameters=parameters, at=clock.now(), actor=Actor.operator("set_policy"))
        except Invalid as refusal:
            raise CommandError(f"Nothing was set: {refusal}") from refusal
        self.stdout.write(f"Policy {policy.number} is in force:\n{json.dumps(policy.stored, indent=2)}")

    def tell(self, preview: Preview) -> None:
        """Say what would change."""
        self.stdout.write(
            f"Nothing was set. Of {preview.grants:,} grants {preview.scores:,} would have another score,"
            f" {preview.crossing:,} another band."
        )
        for (before, after), number in preview.bands.items():
            self.stdout.write(f"  {number:,} from {before} to {after}")
        for each in preview.most:
            self.stdout.write(f"  {each.before} to {each.after}: {each.grant} in {each.grant.account.system.name}")


def pair(text: str) -> tuple[str, Any]:
    """Read NAME=JSON; a bare word is a text. Raises Invalid."""
    name, sign, value = text.partition("=")
    if not sign:
        raise Invalid(f"{text!r} is no NAME=JSON")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
