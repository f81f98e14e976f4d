"""The one organisation of an installation."""

from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


def monday_to_friday() -> list[int]:
    """ISO weekdays."""
    return [1, 2, 3, 4, 5]


class Organisation(models.Model):
    """One row: the name, the time zone in which its calendar periods run, and its working days."""

    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=64, default="UTC")
    working_days = ArrayField(models.PositiveSmallIntegerField(), default=monday_to_friday)

    class Meta:
        constraints = [models.CheckConstraint(name="organisation_is_one_row", condition=Q(pk=1))]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The zone itself."""
        return ZoneInfo(self.time_zone)
