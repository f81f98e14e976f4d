"""End the link of a person to their Slack user, where it is wrong: what that user says counts no more."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.errors import Invalid, Refusal
from governance.ledger import Actor
from reviews.models import Workspace
from reviews.slack import unlinking


class Command(BaseCommand):
    """Entered with its reason; what the person is asked there is asked anew wherever they are reached."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say whose link, where, and why."""
        parser.add_argument("team", help="the workspace's id, such as T0123456")
        parser.add_argument("user", help="the user's id there, such as U0123456: the person's page in the admin has it")
        parser.add_argument("--reason", required=True, help="why it ends: it goes into the evidence")

    def handle(self, **options: Any) -> None:
        """End it."""
        try:
            workspace = workspace_called(options["team"])
            actor = Actor.operator("unlink_slack")
            person = unlinking.unlink(
                workspace=workspace, user_id=options["user"], reason=options["reason"], actor=actor
            )
        except Refusal as refusal:
            raise CommandError(f"No link was ended: {refusal}") from refusal
        self.stdout.write(
            f"{options['user']} of {workspace.name} is not {person.email} any more. "
            "Who this user is, they can confirm anew: the app's Home has the link."
        )


def workspace_called(team: str) -> Workspace:
    """The workspace of this id. Raises Invalid."""
    workspace = Workspace.objects.filter(team_id=team).first()
    if workspace is None:
        there = ", ".join(Workspace.objects.order_by("team_id").values_list("team_id", flat=True)) or "none yet"
        raise Invalid(f"team {team!r} is no workspace that is connected; there are: {there}")
    return workspace
