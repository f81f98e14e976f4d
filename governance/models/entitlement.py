"""Entitlements: what can be held in a system, and what one can do with it."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.lookups import Exact

from governance.models.account import Account
from governance.models.expressions import Digest, Like, Pattern
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

    `wild`: both are patterns, in which `*` is any run of characters and `?` is any one.
    """

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="actions")
    action = models.CharField(max_length=128)
    resource = models.TextField()
    wild = models.BooleanField("patterns", default=False, db_default=False)

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
