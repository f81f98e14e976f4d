"""Entitlements: what can be held in a system, and what one can do with it."""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.lookups import Exact

from governance.models.account import Account
from governance.models.expressions import Digest, Like, Pattern
from governance.models.person import Person
from governance.models.system import System


class Entitlement(models.Model):
    """Something that can be held: a function to execute, a table to read, a role to be a member of."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="entitlements")
    native_type = models.CharField(max_length=64)
    native_id = models.TextField()
    name = models.TextField()
    resource = models.TextField(blank=True)
    definition_digest = models.CharField(max_length=64, blank=True)
    privileged = models.BooleanField(default=False)
    confers = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="conferred_by")
    seen = models.CharField(max_length=8, default="present")
    redefined_at = models.DateTimeField(null=True, blank=True)  # when a read found that it is another thing now
    # the tags that count, as bits in the order of TagName: what EntitlementTag says, settled for whoever asks often
    tag_bits = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            # by digest: a function's identity may be longer than an index entry may be
            models.UniqueConstraint(
                "system", "native_type", Digest("native_id"), name="entitlement_is_unique_in_its_system"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EntitlementActionQuerySet(models.QuerySet["EntitlementAction"]):
    """What entitlements allow."""

    def meaning(self, action: models.F, resource: models.F) -> "EntitlementActionQuerySet":
        """Those that could have allowed this: the very same, or patterns, to which a resource unknown may be any."""
        same = Q(action=action, resource=resource)
        anything = Q(Exact(resource, Value(""))) | Q(Like(resource, Pattern(F("resource"))))
        return self.filter(same | (Q(Like(action, Pattern(F("action"))), wild=True) & anything))


class EntitlementAction(models.Model):
    """
    An action on a resource that this entitlement could allow: what usage events are attributed by.

    `wild`: both are patterns, in which `*` is any run of characters and `?` is any one. `means`: how many actions it
    is, at least, beside those that others of the entitlement mean. `shown`: whether the system's own log
    shows its use.
    """

    class Shown(models.TextChoices):
        """Whether a log shows it."""

        ALWAYS = "always", "Always"
        IF_SET = "if_set", "Where it is set to"
        NEVER = "never", "Never"

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="actions")
    action = models.CharField(max_length=128)
    resource = models.TextField()
    wild = models.BooleanField("patterns", default=False, db_default=False)
    means = models.PositiveIntegerField(default=1, db_default=1)
    shown = models.CharField(max_length=8, choices=Shown, default=Shown.ALWAYS, db_default=Shown.ALWAYS)

    objects = EntitlementActionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("entitlement", "action", Digest("resource"), name="entitlement_action_is_unique"),
        ]
        indexes = [
            # attribution: (action, resource) to the entitlements that allow it
            models.Index("action", Digest("resource"), name="entitlement_action_resource"),
            # and the patterns of those that somebody holds
            models.Index(fields=["entitlement"], condition=Q(wild=True), name="entitlement_action_wild"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.resource}"


class TagName(models.TextChoices):
    """What holding an entitlement makes possible (docs/reference/risk.md). The order here is that of the bits."""

    UNTRUSTED_INPUT = "untrusted_input", "Reads what outsiders write"
    SENSITIVE_ACCESS = "sensitive_access", "Reaches private data or a critical system"
    CHANGES_STATE = "changes_state", "Changes something"
    SENDS_OUT = "sends_out", "Can send data out"
    ESCALATES = "escalates", "Can widen access"
    RUNS_CODE = "runs_code", "Runs code"
    MOVES_MONEY = "moves_money", "Moves money"
    PREPARES = "prepares", "Prepares what others approve"
    APPROVES = "approves", "Approves what others prepare"

    @property
    def bit(self) -> int:
        """Its place among `Entitlement.tag_bits`."""
        return 1 << list(TagName).index(self)

    @classmethod
    def bits(cls, names: Iterable[str]) -> int:
        """Some of them as bits."""
        return reduce(or_, (cls(name).bit for name in names), 0)

    @classmethod
    def among(cls, bits: int) -> list["TagName"]:
        """Bits as what they stand for."""
        return [each for each in cls if bits & each.bit]


class EntitlementTag(models.Model):
    """
    Somebody says what an entitlement makes possible, or a reviewer that it does not.

    A reviewer's word counts alone. Otherwise a tag counts where one source is sure enough of it (COUNTS, in percent).
    """

    class Source(models.TextChoices):
        """Who says so."""

        RULE = "rule", "Our rules"
        CATALOGUE = "catalogue", "The system's catalogue"
        VENDOR_HINT = "vendor_hint", "A vendor's hint"
        REVIEWER = "reviewer", "A reviewer"

    COUNTS = 50

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="tags")
    tag = models.CharField(max_length=16, choices=TagName)
    source = models.CharField(max_length=11, choices=Source)
    confidence = models.PositiveSmallIntegerField(default=100)
    denied = models.BooleanField(default=False)
    said_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entitlement", "tag", "source"], name="entitlement_tag_is_said_once"),
            models.CheckConstraint(name="entitlement_tag_confidence_is_percent", condition=Q(confidence__lte=100)),
            models.CheckConstraint(
                name="entitlement_tag_of_a_reviewer_has_one",
                condition=Q(source="reviewer", said_by__isnull=False, said_at__isnull=False)
                | (~Q(source="reviewer") & Q(denied=False, said_by=None, said_at=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tag} by {self.source}"
