"""Org units: a tree with its closure; the few, long-lived containers on which visibility is granted."""

from django.db import models
from django.db.models import F, Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase


class OrgUnit(models.Model):
    """A part of the organisation. Who may see or govern it may see or govern what lies below."""

    name = models.CharField(max_length=200, unique=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        verbose_name = "unit"
        permissions = [("govern_orgunit", "Can govern unit"), ("audit_orgunit", "Can audit unit")]
        constraints = [
            models.CheckConstraint(
                name="org_unit_is_not_its_own_parent", condition=Q(parent=None) | ~Q(parent=F("pk"))
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OrgUnitClosure(models.Model):
    """Every pair of a unit and one that lies in it, itself included (depth 0)."""

    ancestor = models.ForeignKey(OrgUnit, on_delete=models.CASCADE, related_name="below")
    descendant = models.ForeignKey(OrgUnit, on_delete=models.CASCADE, related_name="above")
    depth = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ancestor", "descendant"], name="org_unit_pair_is_unique")]
        indexes = [models.Index(fields=["descendant", "ancestor"], name="org_unit_upwards")]

    def __str__(self) -> str:
        return f"{self.ancestor_id} > {self.descendant_id}"


class OrgUnitUserPermission(UserObjectPermissionBase):
    """guardian's row for one person on one unit."""

    content_object = models.ForeignKey(OrgUnit, on_delete=models.CASCADE)


class OrgUnitGroupPermission(GroupObjectPermissionBase):
    """guardian's row for one group of people on one unit."""

    content_object = models.ForeignKey(OrgUnit, on_delete=models.CASCADE)
