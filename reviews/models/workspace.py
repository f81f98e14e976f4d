"""
Slack workspaces: where people are asked. The key allows organisations of many workspaces.

Each workspace has an app of its own, and so secrets of its own.
"""

from django.db import models
from django.utils import timezone

from governance.models import ExternalIdentity
from governance.models.person import ExternalIdentityQuerySet

SCHEME = "slack"


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    """Workspaces."""

    def by_socket(self) -> "WorkspaceQuerySet":
        """Those whose people are heard over a WebSocket, in order; also a paused one's: they still decide."""
        return self.installed().exclude(app_token="").order_by("pk")

    def installed(self) -> "WorkspaceQuerySet":
        """Those that our app has not been taken out of."""
        return self.exclude(state=Workspace.State.UNINSTALLED)

    def users(self) -> ExternalIdentityQuerySet:
        """People's links to users of these workspaces, also to users who are no colleagues there any more."""
        linked = ExternalIdentity.objects.standing().filter(scheme=SCHEME, person__isnull=False)
        return linked.filter(issuer__in=self.values("team_id"))


class Workspace(models.Model):
    """One Slack workspace with our app in it. Its secrets are sealed, or `env:NAME`; none is ever shown."""

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
    signing_secret = models.CharField(max_length=500, blank=True, editable=False)
    app_token = models.CharField(max_length=500, blank=True, editable=False)  # for Socket Mode alone
    state = models.CharField(max_length=12, choices=State.choices, default=State.ACTIVE)
    trouble = models.CharField(max_length=200, blank=True, editable=False)  # why it is paused
    connected_at = models.DateTimeField(default=timezone.now, editable=False)  # when its secrets came; never simulated

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise_id", "team_id"], nulls_distinct=False, name="workspace_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def socket_beat(self) -> str:
        """The heartbeat's name under which its WebSocket says that it is alive."""
        return f"slack_socket.{self.pk}"
