"""Attestations: signed statements over evidence."""

import json
from typing import Any

from django.db import models
from django.utils import timezone

from governance.models import Person
from reviews.models.campaign import Campaign


class Attestation(models.Model):
    """The counts of a period over a checkpoint, with the files that say so. The digest is of the manifest."""

    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="attestations")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    checkpoint_size = models.PositiveBigIntegerField()
    checkpoint_note = models.TextField()
    counts = models.JSONField()
    manifest_digest = models.CharField(max_length=64)
    entry = models.BigIntegerField(null=True, blank=True)  # the ledger's entry that names the manifest
    document = models.TextField()  # manifest and rows; with its seal once a signed checkpoint covers the entry
    sealed_at = models.DateTimeField(null=True, blank=True)
    table = models.TextField()
    signed_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="attestations")
    assurance = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["starts_at", "ends_at"],
                condition=models.Q(campaign__isnull=False),
                name="a_campaigns_period_is_attested_once",
            ),
        ]

    def __str__(self) -> str:
        starts_at, ends_at = timezone.localtime(self.starts_at), timezone.localtime(self.ends_at)
        return f"{starts_at:%Y-%m-%d} to {ends_at:%Y-%m-%d}"

    @property
    def manifest(self) -> dict[str, Any]:
        """What is stated, in a few lines."""
        found: dict[str, Any] = json.loads(self.document)["manifest"]
        return found
