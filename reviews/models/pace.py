"""How fast a surface may be spoken to: one row a bucket, shared by all workers."""

from django.db import models


class Pace(models.Model):
    """
    One bucket of a rate limit, as the generic cell rate algorithm keeps it: a single moment.

    `full_at` is when the next call would be due if all had been evenly spaced; what lies before it is burst.
    Times are the database's clock. Every row may be deleted: its bucket is empty then.
    """

    key = models.CharField(max_length=120, primary_key=True)  # such as slack:T0123456:D0456
    full_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
