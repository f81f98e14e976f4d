"""Slack workspaces: where people are asked. The key allows organisations of many workspaces."""

from django.db import models


class Workspace(models.Model):
    """One Slack workspace with our app in it. The bot token is sealed, or `env:NAME`."""

    class State(models.TextChoices):
        """Whether we may send."""

        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        UNINSTALLED = "uninstalled", "Uninstalled"

    enterprise_id = models.CharField(max_length=32, null=True, blank=True)  # noqa: DJ001  (no enterprise is not the enterprise "")
    team_id = models.CharField(max_length=32)
    app_id = models.CharField(max_length=32)
    name = models.CharField(max_length=200)
    bot_token = models.CharField(max_length=500, editable=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.ACTIVE)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise_id", "team_id"], nulls_distinct=False, name="workspace_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name
