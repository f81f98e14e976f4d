"""Connect a Slack workspace, or give it another token; and link people to their users there. Slack is asked first."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from governance import registering
from governance.errors import Invalid
from governance.ledger import Actor
from governance.models import Person
from reviews.models import Workspace
from reviews.slack import identity, workspaces


class Command(BaseCommand):
    """The token is named or read from a file, so that no list of processes shows it."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say which workspace, and who is who there."""
        parser.add_argument("team", help="the workspace's id, such as T0123456")
        parser.add_argument("--app", required=True, help="the app's id, such as A0123456")
        parser.add_argument("--name", required=True, help="the workspace's name for people")
        parser.add_argument("--token", required=True, metavar="env:NAME|FILE", help="the bot token; a file's is sealed")
        parser.add_argument("--link", action="append", default=[], metavar="EMAIL=USER", help="may be repeated")

    def handle(self, **options: Any) -> None:
        """Connect, and link; all of it or nothing."""
        actor = Actor.operator("connect_slack")
        try:
            options["token"] = token(options["token"])
            workspaces.check(team_id=options["team"], token=options["token"])
            with transaction.atomic():
                workspace = connect(options, actor=actor)
                for pair in options["link"]:
                    link(pair, workspace=workspace, actor=actor)
        except Invalid as refusal:
            raise CommandError(f"Nothing was connected: {refusal}") from refusal
        self.stdout.write(f"{workspace.name} is connected, and {len(options['link'])} people are linked.")


def connect(options: dict[str, Any], *, actor: Actor) -> Workspace:
    """Connect the workspace."""
    return workspaces.connect(
        team_id=options["team"], app_id=options["app"], name=options["name"], token=options["token"], actor=actor
    )


def token(given: str) -> str:
    """What `--token` names. Raises Invalid."""
    if given.startswith("env:"):
        return given
    if not Path(given).is_file():
        raise Invalid(
            "--token is neither env:NAME nor a file. A token itself is not taken: every list of processes shows it."
        )
    return Path(given).read_text().strip()


def link(pair: str, *, workspace: Workspace, actor: Actor) -> None:
    """Link one person. Raises Invalid."""
    email, _, user = pair.partition("=")
    person: Person | None = Person.objects.called(email)
    if person is None or not user:
        raise Invalid(f"--link {pair}: EMAIL=USER is wanted, with the address of a person whom we know.")
    registering.link_identity(person=person, scheme=identity.SCHEME, issuer=workspace.team_id, value=user, actor=actor)
