"""Probes: tries of a system's credential, each asked for by somebody, with what it showed."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from governance.models.claiming import claim, give_back
from governance.models.person import Person
from governance.models.system import System


class ProbeQuerySet(models.QuerySet["Probe"]):
    """Probes."""

    def waiting(self) -> "ProbeQuerySet":
        """Those that have not been made."""
        return self.filter(ended_at=None)

    def claim_waiting(self) -> "Probe | None":
        """Lease the one that has been waiting longest."""
        return claim(self.waiting().filter(next_at__lte=Now()).order_by("next_at"))


class Probe(models.Model):
    """
    One try of a credential: who it is there, what it may do, and what is missing.

    `ok` says whether the system can be read with it. Where it can't be tried at all, `trouble` says why.
    """

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="probes")
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ok = models.BooleanField(null=True, blank=True)
    identity = models.CharField(max_length=200, blank=True)
    server_version = models.CharField(max_length=64, blank=True)
    capabilities = models.JSONField(default=dict, blank=True)  # type -> what it may do there
    warnings = models.JSONField(default=list, blank=True)
    next_at = models.DateTimeField(db_default=Now())
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.PositiveIntegerField(default=0, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    trouble = models.TextField(blank=True, editable=False)

    objects = ProbeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system"], condition=Q(ended_at=None), name="system_is_probed_once_a_time"),
            models.CheckConstraint(
                name="probe_ended_iff_it_says_how",
                condition=Q(ended_at=None, ok=None) | Q(ended_at__isnull=False, ok__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"probe {self.pk} of {self.system_id}"

    def keep_trouble(self, error: BaseException) -> None:
        """Something of ours raised: store it and try later."""
        give_back(self, error, attempts=self.attempts)
