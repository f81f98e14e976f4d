"""Giving a workspace a token anew, as `manage.py connect_slack` does."""

from governance.ledger import Actor
from reviews.models import Workspace
from reviews.slack import workspaces
from reviews.slack.workspaces import Secrets

TOKEN = "env:TEST_SLACK_BOT_TOKEN"  # noqa: S105  (the name of a variable)


def connect(workspace: Workspace) -> None:
    """It has a good token again."""
    workspaces.connect(
        team_id=workspace.team_id,
        app_id=workspace.app_id,
        name=workspace.name,
        secrets=Secrets(bot_token=TOKEN),
        actor=Actor.operator("connect_slack"),
    )
