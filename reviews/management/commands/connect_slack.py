"""Connect a Slack workspace, or give it other secrets; and link people to their users there. Slack is asked first."""

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
from reviews.slack.workspaces import Secrets

NAMED = "env:NAME|FILE"
SECRETS = {"token": "--token", "signing_secret": "--signing-secret", "app_token": "--app-token"}


class Command(BaseCommand):
    """Secrets are named or read from a file, so that no list of processes shows one."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say which workspace, and who is who there."""
        parser.add_argument("team", help="the workspace's id, such as T0123456")
        parser.add_argument("--app", required=True, help="the app's id, such as A0123456")
        parser.add_argument("--name", required=True, help="the workspace's name for people")
        parser.add_argument("--token", required=True, metavar=NAMED, help="the bot token; a file's is sealed")
        parser.add_argument("--signing-secret", metavar=NAMED, help="what the app signs with, if it has its own")
        parser.add_argument("--app-token", metavar=NAMED, help="for Socket Mode: what opens its WebSocket")
        parser.add_argument("--link", action="append", default=[], metavar="EMAIL=USER", help="may be repeated")

    def handle(self, **options: Any) -> None:
        """Connect, and link; all of it or nothing."""
        try:
            workspace = connect(options, secrets=checked(options))
        except Invalid as refusal:
            raise CommandError(f"Nothing was connected: {refusal}") from refusal
        self.stdout.write(f"{workspace.name} is connected, and {len(options['link'])} people are linked.")
        if workspace.app_token:
            self.stdout.write("It speaks by Socket Mode: `manage.py slack_socket` must run; `manage.py run` starts it.")


def checked(options: dict[str, Any]) -> Secrets:
    """The secrets that were given, of which Slack has said that they are good. Raises Invalid."""
    given = {name: secret(options[name], option=option) for name, option in SECRETS.items() if options[name]}
    secrets = Secrets(bot_token=given.pop("token"), **given)
    workspaces.check(team_id=options["team"], token=secrets.bot_token)
    if secrets.app_token:
        workspaces.check_app_token(secrets.app_token)
    if secrets.signing_secret:
        workspaces.value("signing_secret", secrets.signing_secret)
    return secrets


def secret(given: str, *, option: str) -> str:
    """What an option names. Raises Invalid."""
    if given.startswith("env:"):
        return given
    if not Path(given).is_file():
        raise Invalid(
            f"{option} is neither env:NAME nor a file. A secret itself is not taken: every list of processes shows it."
        )
    if not (found := Path(given).read_text().strip()):
        raise Invalid(f"{option}: {given} is empty.")
    return found


def connect(options: dict[str, Any], *, secrets: Secrets) -> Workspace:
    """Connect the workspace and link its people; all of it or nothing. Raises Invalid."""
    actor = Actor.operator("connect_slack")
    with transaction.atomic():
        workspace = workspaces.connect(
            team_id=options["team"], app_id=options["app"], name=options["name"], secrets=secrets, actor=actor
        )
        for pair in options["link"]:
            link(pair, workspace=workspace, actor=actor)
    return workspace


def link(pair: str, *, workspace: Workspace, actor: Actor) -> None:
    """Link one person. Raises Invalid."""
    email, _, user = pair.partition("=")
    person: Person | None = Person.objects.called(email)
    if person is None or not user:
        raise Invalid(f"--link {pair}: EMAIL=USER is wanted, with the address of a person whom we know.")
    registering.link_identity(person=person, scheme=identity.SCHEME, issuer=workspace.team_id, value=user, actor=actor)
