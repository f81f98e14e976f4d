"""Findings: a check or a step spoke about one subject. Everything that should cause a question is one."""

from datetime import datetime
from typing import TypeAlias

from django.db import models
from django.db.models import Q

from governance.models.account import Account
from governance.models.agent import Agent
from governance.models.credential import Credential
from governance.models.grant import Grant
from governance.models.org_unit import OrgUnit
from governance.models.risk import Band
from governance.models.subject import exactly_one
from governance.models.system import System
from governance.models.usage import Source

SUBJECTS = ("grant", "credential", "account", "agent", "system")
Suspected: TypeAlias = Grant | Credential | Account | Agent | System


class FindingQuerySet(models.QuerySet["Finding"]):
    """Findings."""

    def open(self, at: datetime) -> "FindingQuerySet":
        """Those that should become a question now."""
        return self.filter(state=Finding.State.OPEN).filter(Q(quiet_until=None) | Q(quiet_until__lte=at))

    def uncleared(self) -> "FindingQuerySet":
        """Those that still stand."""
        return self.exclude(state=Finding.State.CLEARED)

    def about_systems(self) -> "FindingQuerySet":
        """Those about a system: for its owner and governance to read. Nobody is asked: it cannot be kept or revoked."""
        return self.filter(system__isnull=False)


class Finding(models.Model):
    """
    One suspicion about one subject.

    `open → taken → answered → open`; any `→ cleared`. Opening takes it; *keep* answers it, quiet until the lease ends;
    *revoke*, *reduce* and *suspend* leave it taken until verifying clears it; withdrawing clears or reopens it.
    """

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", "Open"
        TAKEN = "taken", "In a review"
        ANSWERED = "answered", "Answered"
        CLEARED = "cleared", "Cleared"

    check_name = models.CharField(max_length=64)
    grant = models.ForeignKey(Grant, null=True, blank=True, on_delete=models.PROTECT, related_name="findings")
    credential = models.ForeignKey(Credential, null=True, blank=True, on_delete=models.PROTECT, related_name="findings")
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="findings")
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="findings")
    system = models.ForeignKey(System, null=True, blank=True, on_delete=models.PROTECT, related_name="findings")
    # of a system's sources the one that it is about, if it is about one
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT, related_name="findings")
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="findings")
    facts = models.JSONField(default=dict)
    severity = models.CharField(max_length=8, choices=Band.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    quiet_until = models.DateTimeField(null=True, blank=True)
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="finding_has_one_subject", condition=exactly_one(*SUBJECTS)),
            models.CheckConstraint(
                name="finding_cleared_at_iff_cleared",
                condition=Q(state="cleared", cleared_at__isnull=False) | (~Q(state="cleared") & Q(cleared_at=None)),
            ),
            *(
                models.UniqueConstraint(
                    fields=[name, "check_name"],
                    condition=~Q(state="cleared") & Q(**{f"{name}__isnull": False}),
                    name=f"finding_stands_once_per_{name}",
                )
                for name in SUBJECTS
                if name != "system"
            ),
            # about a system once, and once about each of its sources
            models.UniqueConstraint(
                fields=["system", "check_name"],
                condition=~Q(state="cleared") & Q(system__isnull=False, source=None),
                name="finding_stands_once_per_system",
            ),
            models.UniqueConstraint(
                fields=["source", "check_name"], condition=~Q(state="cleared"), name="finding_stands_once_per_source"
            ),
            models.CheckConstraint(
                name="finding_about_a_source_is_of_its_system", condition=Q(source=None) | Q(system__isnull=False)
            ),
        ]
        # opening's work
        indexes = [models.Index(fields=["raised_at"], condition=Q(state="open"), name="finding_open")]

    def __str__(self) -> str:
        return f"{self.check_name} on {self.subject}"

    @property
    def subject(self) -> Suspected:
        """The one thing that it is about."""
        subject: Suspected = next(filter(None, (getattr(self, name) for name in SUBJECTS)))
        return subject
