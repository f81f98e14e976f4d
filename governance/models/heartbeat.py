"""Heartbeats: when each sweep last ran. What lags is read from here, not from a log."""

from django.db import models
from django.db.models.functions import Now


class Heartbeat(models.Model):
    """One sweep, by its name, and its last run by the database's real clock."""

    name = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField(db_default=Now())
    did = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def beat(cls, name: str, did: int = 0) -> None:
        """Say that this sweep ran, and how much it did."""
        cls.objects.update_or_create(name=name, defaults={"at": Now(), "did": did})
