"""Systems: the connected places where entitlements are held, and their secrets."""

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now

from governance.errors import Invalid
from governance.models.claiming import LEASE, claim, give_back
from governance.models.org_unit import OrgUnit
from governance.models.person import Person
from governance.models.policy import Parameters, Policy

READS_LATE = 3  # after so many syncs that did not come to their end


class SystemQuerySet(models.QuerySet["System"]):
    """Systems."""

    def claim_due(self) -> "System | None":
        """Lease the system whose next sync has been waiting longest."""
        return claim(self.filter(next_at__lte=Now(), active=True).order_by("next_at"))

    def stale(self, at: datetime) -> "SystemQuerySet":
        """
        Systems of which we know less than we should, each with `stale_since`: its last complete read, or its first try.

        No complete read for three times policy's `sync_seconds` (and one lease: a killed worker's read is taken up
        after it), or as many failures in a row as make an act stuck. What went wrong last is in `trouble`. A read that
        waits for a person is no lag: it is asked about by itself.
        """
        parameters = in_force(at)
        runs = SyncRun.objects.filter(system=OuterRef("pk")).order_by("pk")
        since = Coalesce("synced_at", Subquery(runs.values("started_at")[:1]), "next_at")
        late = at - READS_LATE * timedelta(seconds=parameters.sync_seconds) - LEASE
        silent = Q(stale_since__lt=late) | Q(attempts__gte=parameters.stuck_attempts)
        held = Exists(runs.filter(state=SyncRun.State.HELD))
        return self.filter(~held, active=True).annotate(stale_since=since).filter(silent)


def in_force(at: datetime) -> Parameters:
    """What policy says, or its defaults where none has been set: a system can lag before that."""
    try:
        return Policy.objects.in_force(at).parameters
    except Invalid:
        return Parameters()


class System(models.Model):
    """One connected place. Secrets lie in SystemSecret, or the configuration says `env:NAME`."""

    class EnforcedBy(models.TextChoices):
        """Where a decision becomes true."""

        TARGET = "target", "The system itself"
        COUNTERSIGN = "countersign", "Countersign"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=32)
    config = models.JSONField(default=dict)
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="systems")
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="systems")
    enforced_by = models.CharField(max_length=16, choices=EnforcedBy.choices, default=EnforcedBy.TARGET)
    capabilities = models.JSONField(default=dict, blank=True)
    # type:id of every account that Countersign acts as there, as its connector told when its credential was tried last;
    # empty until then, so that where it is none of them stands a word for that
    ours = ArrayField(models.TextField(), default=list, db_default=[], blank=True, editable=False)
    active = models.BooleanField(default=True)
    first_synced_at = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(db_default=Now())
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.PositiveIntegerField(default=0, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    trouble = models.TextField(blank=True, editable=False)

    objects = SystemQuerySet.as_manager()

    class Meta:
        # claim_due
        indexes = [models.Index(fields=["next_at"], condition=Q(active=True), name="system_sync_due")]

    def __str__(self) -> str:
        return self.name

    def keep_trouble(self, error: BaseException) -> None:
        """A sync raised: store it and try later."""
        give_back(self, error, attempts=self.attempts)


class SystemSecret(models.Model):
    """One secret of a system, encrypted and bound to its row and field: pasted into another row it does not decrypt."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="secrets")
    field = models.CharField(max_length=64)
    sealed = models.BinaryField(editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "field"], name="system_secret_is_unique")]

    def __str__(self) -> str:
        return f"{self.field} of {self.system_id}"


class SyncRun(models.Model):
    """One complete or broken read of a system. Only a complete one marks anything absent."""

    class State(models.TextChoices):
        """How far it came."""

        READING = "reading", "Reading"
        HELD = "held", "Held for a person"
        COMPLETE = "complete", "Complete"
        FAILED = "failed", "Failed"
        DISCARDED = "discarded", "Discarded"

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="sync_runs")
    state = models.CharField(max_length=12, choices=State.choices, default=State.READING)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    streams = models.JSONField(
        default=dict
    )  # stream -> {"cursor", "pages", "rows", "complete", "left_out": {rule: rows}}
    config = models.JSONField(default=dict, blank=True)  # of the system, when the read began
    identity = models.CharField(max_length=200, blank=True)
    connector_version = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    trouble = models.TextField(blank=True)
    accepted_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "sync"
        constraints = [
            models.UniqueConstraint(
                fields=["system"], condition=Q(state__in=["reading", "held"]), name="system_has_one_sync_in_hand"
            ),
        ]

    def __str__(self) -> str:
        return f"sync {self.pk} of {self.system}"


class StagedRecord(models.Model):
    """What a sync has read so far, page by page; it is compared as a whole when all is read."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="staged")
    stream = models.CharField(max_length=16)
    key = models.TextField()
    record = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "stream", "key"], name="staged_record_is_unique")]

    def __str__(self) -> str:
        return f"{self.stream} {self.key}"
