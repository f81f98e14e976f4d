"""Full checks: the nightly look at every grant, and how far it has come."""

from django.db import models
from django.db.models import F, Q

from governance.models.system import System


class FullCheckQuerySet(models.QuerySet["FullCheck"]):
    """Full checks."""

    def in_hand(self) -> "FullCheck | None":
        """The one that has not come to its end."""
        return self.filter(ended_at=None).first()


class FullCheck(models.Model):
    """
    One look at every grant, one after another, in as many goes as it takes.

    The row says which grant was the last, so that whoever comes next goes on there. `missed` are the systems in which
    it found what a due date should have found.
    """

    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    last_grant = models.BigIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)  # findings that were raised, reopened or cleared
    missed = models.ManyToManyField(System, related_name="+")

    objects = FullCheckQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ended_at"],
                condition=Q(ended_at=None),
                nulls_distinct=False,
                name="full_check_is_in_hand_once",
            ),
            models.CheckConstraint(
                name="full_check_ends_after_it_started", condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"full check of {self.started_at}"
