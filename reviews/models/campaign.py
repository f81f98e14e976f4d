"""Campaigns: why and until when some reviews exist. The continuous one begins anew with each calendar period."""

from datetime import datetime

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from governance.models import Policy


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """Campaigns."""

    def running(self, at: datetime) -> "Campaign | None":
        """The continuous campaign of now."""
        return (
            self.filter(scope=Campaign.CONTINUOUS, starts_at__lte=at, ends_at__gt=at)
            .order_by("-starts_at", "-pk")
            .first()
        )

    def closed(self, at: datetime) -> "CampaignQuerySet":
        """Those whose period has ended and has not been attested, under whichever policy."""
        done = Campaign.objects.filter(attestations__isnull=False).values("starts_at", "ends_at")
        attested = Exists(done.filter(starts_at=OuterRef("starts_at"), ends_at=OuterRef("ends_at")))
        return self.filter(~attested, ends_at__lte=at)


class Campaign(models.Model):
    """One period under one policy."""

    CONTINUOUS = "continuous"

    scope = models.CharField(max_length=64, default=CONTINUOUS)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="campaigns")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    population_root = models.CharField(max_length=64, blank=True)
    population_size = models.PositiveBigIntegerField(default=0)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "starts_at", "ends_at", "policy"], name="campaign_is_one_per_period_and_policy"
            ),
            models.CheckConstraint(name="campaign_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.starts_at:%Y-%m-%d} to {self.ends_at:%Y-%m-%d}"


class CampaignUserPermission(UserObjectPermissionBase):
    """guardian's row for one person on one campaign."""

    content_object = models.ForeignKey(Campaign, on_delete=models.CASCADE)


class CampaignGroupPermission(GroupObjectPermissionBase):
    """guardian's row for one group of people on one campaign."""

    content_object = models.ForeignKey(Campaign, on_delete=models.CASCADE)
