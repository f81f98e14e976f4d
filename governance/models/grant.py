"""Grants: an entitlement held directly by an account, for one continuous period."""

from datetime import datetime

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from governance.models.account import Account
from governance.models.entitlement import Entitlement
from governance.models.org_unit import OrgUnit
from governance.models.risk import Band


class Seen(models.TextChoices):
    """What the system shows. Only syncing and verifying write it; unknown is never absent."""

    PRESENT = "present", "Present"
    ABSENT = "absent", "Absent"
    UNKNOWN = "unknown", "Unknown"


class Intended(models.TextChoices):
    """What people decided. Only ruling writes it."""

    UNDECIDED = "undecided", "Undecided"
    HELD = "held", "Held"
    SUSPENDED = "suspended", "Suspended"
    GONE = "gone", "Gone"


class GrantQuerySet(models.QuerySet["Grant"]):
    """Grants."""

    def open(self) -> "GrantQuerySet":
        """Periods of holding that have not ended."""
        return self.filter(closed_at=None)

    def held(self) -> "GrantQuerySet":
        """What the system shows as held now, and could allow something: deny and ceiling are facts, never questions."""
        return self.open().filter(seen=Seen.PRESENT, effect=Grant.Effect.ALLOW)

    def doubt(self) -> int:
        """
        Of what is absent, call it unknown: no act of ours is to bring it back any more.

        So the next complete read says whether it is there, or was removed outside.
        """
        return self.open().filter(seen=Seen.ABSENT).update(seen=Seen.UNKNOWN)

    def of_system(self, system_id: int) -> "GrantQuerySet":
        """Those of one system."""
        return self.filter(account__system_id=system_id)

    def certified(self, at: datetime) -> "GrantQuerySet":
        """Those held now on a person's decision to keep them, wholly or in part, that is still in force."""
        decided = Lease.objects.filter(grant=OuterRef("pk"), basis=Lease.Basis.DECISION)
        return self.held().filter(Exists(decided.filter(starts_at__lte=at, ends_at__gt=at)))


def held_at(moment: datetime, *, of: str = "") -> Q:
    """
    Say which grants were held at a moment, as far as we know now; `of` is the way to the grant, such as `grant__`.

    What is shown absent today, or is not known, was held until a look first said so.
    """
    there = {"opened_at__lte": moment, "effect": Grant.Effect.ALLOW}
    still = Q(**{f"{of}closed_at": None}) | Q(**{f"{of}closed_at__gt": moment})
    shown = Q(**{f"{of}seen": Seen.PRESENT}) | Q(**{f"{of}seen_at__gt": moment})
    return Q(**{f"{of}{name}": value for name, value in there.items()}) & still & shown


class Grant(models.Model):
    """
    One continuous period of holding: unique (account, entitlement, origin, on behalf of) while open.

    A row closes when a complete read does not show it, unless it is suspended: then it stays open, and a restore makes
    it present again. What returns is a new row that points to the old one (`returns_to`) and has no lease.
    """

    class Effect(models.TextChoices):
        """What it does. Deny and ceiling are never proposed for removal."""

        ALLOW = "allow", "Allow"
        DENY = "deny", "Deny"
        CEILING = "ceiling", "Ceiling"

    class Basis(models.TextChoices):
        """Where *held since* comes from."""

        SOURCE = "source", "The system says so"
        STATED = "stated", "Stated by a person"
        FIRST_SEEN = "first_seen", "First seen by us"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="grants")
    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="grants")
    origin = models.CharField(max_length=500, blank=True)
    on_behalf_of = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="delegated")
    instance = models.CharField(max_length=500, blank=True)
    effect = models.CharField(max_length=8, choices=Effect.choices, default=Effect.ALLOW)
    condition = models.TextField(blank=True)
    version = models.CharField(max_length=500, blank=True)
    native = models.JSONField(default=dict)
    revocable = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    held_since = models.DateTimeField()
    held_since_basis = models.CharField(max_length=12, choices=Basis.choices, default=Basis.FIRST_SEEN)
    resumed_at = models.DateTimeField(null=True, blank=True)  # when it was there again after a suspension
    seen = models.CharField(max_length=8, choices=Seen, default=Seen.PRESENT)
    # when a look last changed `seen`: a sync that began to read earlier knows less, and leaves the row alone
    seen_at = models.DateTimeField(null=True, blank=True)
    intended = models.CharField(max_length=12, choices=Intended, default=Intended.UNDECIDED)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    returns_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="returns")
    # the second index below serves it
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="grants", db_index=False)
    lease_ends_at = models.DateTimeField(null=True, blank=True)
    risk = models.PositiveSmallIntegerField(default=0)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "entitlement", "origin", "on_behalf_of"],
                condition=Q(closed_at=None),
                nulls_distinct=False,
                name="grant_is_open_once",
            ),
            models.CheckConstraint(name="grant_risk_is_at_most_100", condition=Q(risk__lte=100)),
            models.CheckConstraint(
                name="grant_closes_after_it_opened", condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at"))
            ),
            models.CheckConstraint(
                name="grant_does_not_return_to_itself", condition=Q(returns_to=None) | ~Q(returns_to=F("pk"))
            ),
        ]
        indexes = [
            # access.visible: most risk first, over all units and within one; closed ones too, as lists have them
            # (docs/adr/0009)
            models.Index(F("risk").desc(), F("id").desc(), "unit", name="grant_by_risk"),
            models.Index("unit", F("risk").desc(), F("id").desc(), name="grant_of_unit_by_risk"),
        ]

    def __str__(self) -> str:
        return f"{self.entitlement.name} held by {self.account.name}"

    @property
    def band(self) -> Band:
        """Its risk as a word."""
        return Band.of(self.risk)


class GrantUse(models.Model):
    """
    The only thing that use writes about a grant; the row is made with the first use.

    `shared`: the same use could have been allowed by another grant too. `witnessed_at`: the last use that a system's
    own log showed; what is later is an agent's own word. The table has a low fillfactor and no index on what changes.
    """

    grant = models.OneToOneField(Grant, primary_key=True, on_delete=models.PROTECT, related_name="use")
    last_used_at = models.DateTimeField()
    witnessed_at = models.DateTimeField("last seen in the system's log", null=True, blank=True)
    uses = models.PositiveBigIntegerField(default=0)
    runs = models.PositiveIntegerField(default=0)
    last_run = models.CharField(max_length=200, blank=True)
    shared = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.uses} uses of {self.grant_id}"


class ActionUse(models.Model):
    """
    The same by action, for a grant of what allows more than one: what of it is used.

    The action is that of the events, as its source's mapping has it; what it is called in an entitlement may be a
    pattern, and change.
    """

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="action_uses", db_index=False)
    action = models.CharField(max_length=128)
    last_used_at = models.DateTimeField()
    witnessed_at = models.DateTimeField("last seen in the system's log", null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grant", "action"], name="action_use_is_unique")]

    def __str__(self) -> str:
        return f"{self.action} by {self.grant_id}"


class GrantDueQuerySet(models.QuerySet["GrantDue"]):
    """Due dates."""

    def due(self, at: datetime) -> "GrantDueQuerySet":
        """Grants about which a check could newly speak by now."""
        return self.filter(at__lte=at)


class GrantDue(models.Model):
    """When any check could newly speak about a grant: early at worst, never late. No row: nothing can."""

    grant = models.OneToOneField(Grant, primary_key=True, on_delete=models.PROTECT, related_name="due")
    at = models.DateTimeField(db_index=True)

    objects = GrantDueQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.grant_id} due {self.at}"


class Lease(models.Model):
    """Until when an agent may hold something, and why. Several may overlap; the grant caches the latest end."""

    class Basis(models.TextChoices):
        """Why it may."""

        DECISION = "decision", "A decision"
        POLICY = "policy", "Policy"
        FIRST_SEEN = "first_seen", "Held when we first looked"
        UNDO = "undo", "A decision was taken back"
        REQUEST = "request", "A request"

    agent = models.ForeignKey(
        "governance.Agent", null=True, blank=True, on_delete=models.PROTECT, related_name="leases"
    )
    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="leases")
    grant = models.ForeignKey(Grant, null=True, blank=True, on_delete=models.PROTECT, related_name="leases")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    basis = models.CharField(max_length=12, choices=Basis.choices)

    class Meta:
        constraints = [
            models.CheckConstraint(name="lease_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at")))
        ]

    def __str__(self) -> str:
        return f"until {self.ends_at}"
