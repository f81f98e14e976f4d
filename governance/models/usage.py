"""Use: sources that report it, runs, events, their daily sums, and when use could have been seen at all."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import DateTimeField, ExpressionWrapper, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Now

from governance.errors import Invalid
from governance.models.agent import Agent
from governance.models.system import System


class SourceQuerySet(models.QuerySet["Source"]):
    """Sources of use."""

    def called(self, name: str) -> "Source":
        """The one of this name, with its system; raise Invalid naming those that there are."""
        source = self.filter(name=name).select_related("system").first()
        if source is None:
            there = ", ".join(self.order_by("name").values_list("name", flat=True)[:10]) or "none yet"
            raise Invalid(f"source {name!r} is unknown; there are: {there}")
        return source

    def silent(self, at: datetime, *, usually: timedelta) -> "SourceQuerySet":
        """
        Those that are silent for longer than their rhythm, each with `heard_until`.

        `usually`: the rhythm of a source that has none of its own. One that never delivered is waited for since it is
        known (`heard_until` is empty), if it has a rhythm: nobody said of the others that anything comes.
        """
        last = Coverage.objects.filter(source=OuterRef("pk")).order_by("-ends_at").values("ends_at")[:1]
        wanted = ExpressionWrapper(Value(at) - Coalesce("rhythm", Value(usually)), DateTimeField())
        heard = self.filter(system__active=True).annotate(heard_until=Subquery(last))
        never = Q(heard_until=None, rhythm__isnull=False, since__lt=wanted)
        return heard.filter(Q(heard_until__lt=wanted) | never)


class Source(models.Model):
    """
    A stream of use about one system. Its mapping turns an agent's tool name into an action and a resource.

    `shows_all`: the system's log was set to show also what it may leave out (`EntitlementAction.shown`).
    """

    class Provenance(models.TextChoices):
        """
        Who says it: the system, about everybody, or agents about themselves.

        An agent's own word shows nobody else's use, and alone never clears a finding on a high-risk grant.
        """

        SYSTEM = "system", "The system's log"
        AGENT = "agent", "The agent's own claim"

    name = models.SlugField(unique=True)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="sources")
    provenance = models.CharField(max_length=8, choices=Provenance.choices, default=Provenance.AGENT)
    mapping = models.JSONField(default=dict, blank=True)  # tool -> {"action": …, "resource": …}
    rhythm = models.DurationField("expected at least every", null=True, blank=True)
    shows_all = models.BooleanField("shows all that it can", default=False, db_default=False)
    since = models.DateTimeField("known since", db_default=Now())

    objects = SourceQuerySet.as_manager()

    LONGEST_RHYTHM = 8784  # hours: a year

    def __str__(self) -> str:
        return self.name

    @property
    def sees_everybody(self) -> bool:
        """Whether it shows use by everybody."""
        return self.provenance == self.Provenance.SYSTEM


class Run(models.Model):
    """One task execution of an agent, also when it used nothing."""

    class Outcome(models.TextChoices):
        """How it ended."""

        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"
        UNKNOWN = "unknown", "Unknown"

    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="runs", db_index=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="runs")
    native_id = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.UNKNOWN)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "native_id"], name="run_is_unique_in_its_source")]
        # never_used: the sixtieth run since
        indexes = [models.Index(fields=["agent", "started_at"], include=["source"], name="run_of_agent_by_start")]

    def __str__(self) -> str:
        return self.native_id


class UsageIntakeQuerySet(models.QuerySet["UsageIntake"]):
    """Deliveries."""

    def missing(self) -> "UsageIntakeQuerySet":
        """Those that tell of nothing but refused lines."""
        return self.filter(kept=0, refused__gt=0)


class UsageIntake(models.Model):
    """
    One delivery of use: what came, what was refused, and whether it has been rolled up.

    All of its events lie in its interval. For a file that is what the file covers; what came by the door spans no more
    than its events, and covers what its `Promise` says. One that kept nothing says of what time lines
    were refused, where the source has a rhythm.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="intakes")
    starts_at = models.DateTimeField("from")
    ends_at = models.DateTimeField("to")
    received_at = models.DateTimeField()
    digest = models.CharField(max_length=64, blank=True)
    rows = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    unmatched = models.PositiveIntegerField(default=0)
    runs = models.PositiveIntegerField(default=0)
    rolled_up_at = models.DateTimeField(null=True, blank=True)

    objects = UsageIntakeQuerySet.as_manager()

    class Meta:
        verbose_name = "delivery"
        verbose_name_plural = "deliveries"
        indexes = [
            # the sweep: what is to be rolled up, the oldest first
            models.Index(fields=["id"], condition=Q(rolled_up_at=None), name="usage_intake_waiting"),
            # whether a stretch goes on: what is missing of the time between
            models.Index(fields=["source", "ends_at"], condition=Q(kept=0, refused__gt=0), name="usage_intake_missing"),
        ]

    def __str__(self) -> str:
        return f"{self.rows} rows of {self.source}"


class PromiseQuerySet(models.QuerySet["Promise"]):
    """Promises."""

    def ready(self) -> "PromiseQuerySet":
        """Those whose events are all rolled up: whoever looks at coverage must find the use as well."""
        return self.filter(Q(intake=None) | Q(intake__rolled_up_at__isnull=False))


class Promise(models.Model):
    """
    For what time a delivery by the door is complete, and about whom. It waits here until the delivery is rolled up.

    `stretches`: an agent's key, or null for everybody; from; to. One that is `steady` goes on from the stretch before
    it where no more than the source's rhythm lies between.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="promises")
    intake = models.ForeignKey(UsageIntake, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    stretches = models.JSONField(default=list)
    steady = models.BooleanField(default=False)
    reports_runs = models.BooleanField(default=False)
    ran = models.JSONField(default=list)  # agents of whom runs came

    objects = PromiseQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{len(self.stretches)} stretches of {self.source_id}"


class UsageEvent(models.Model):
    """
    An action was tried, once, allowed or denied.

    Daily partitions by UTC; the key is (at, source, event id), time first.

    The table is made by a migration's SQL: Django has no partitions. The account is kept by its native id, so that an
    unknown one is kept too.
    """

    pk = models.CompositePrimaryKey("at", "source_id", "event_id")
    at = models.DateTimeField()
    source = models.ForeignKey(Source, on_delete=models.DO_NOTHING, related_name="+")
    event_id = models.CharField(max_length=200)
    system_id = models.BigIntegerField()
    native_account = models.CharField(max_length=500, blank=True)
    agent_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=128)
    resource = models.TextField()
    run = models.CharField(max_length=200, blank=True)
    on_behalf_of = models.CharField(max_length=500, blank=True)
    outcome = models.CharField(max_length=8)
    intake_id = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "governance_usageevent"

    def __str__(self) -> str:
        return f"{self.action} {self.resource}"


class UsageDay(models.Model):
    """The sums of one day (UTC): of an account in a system, or of an agent where no account is known."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="+")
    native_account = models.CharField(max_length=500, blank=True)
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=128)
    resource = models.TextField()
    day = models.DateField()
    allowed = models.PositiveIntegerField(default=0)
    denied = models.PositiveIntegerField(default=0)
    runs = models.PositiveIntegerField(default=0)
    attributed = models.BooleanField(default=False)  # to at least one grant

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "native_account", "agent", "action", "resource", "day"],
                nulls_distinct=False,
                name="usage_day_is_unique",
            ),
        ]
        # use that came before its grant was known
        indexes = [
            models.Index(fields=["system"], condition=Q(attributed=False, allowed__gt=0), name="usage_day_unattributed")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.action} {self.resource}"


class Coverage(models.Model):
    """
    An interval in which use of a system would have been seen by a source.

    Everybody's use where the system's log says so; of an agent's own word, the use of the agent that it names. Outside
    every interval use is *not observable*.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="coverage")
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="coverage")
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="coverage")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reports_runs = models.BooleanField(default=False)
    opened_at = models.DateTimeField(db_default=Now())  # since when it is known, however it grows

    class Meta:
        verbose_name_plural = "coverage"
        constraints = [
            models.CheckConstraint(name="coverage_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at")))
        ]
        # what counts for every account of a system; an agent's own is found by the agent
        indexes = [
            models.Index(fields=["system", "starts_at", "ends_at"], condition=Q(agent=None), name="coverage_of_system")
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%Y-%m-%d %H:%M}"
