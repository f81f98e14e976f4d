"""Disclaimers: a person said that no agent uses an account."""

from django.db import models
from django.db.models import F, Q

from governance.models.account import Account
from governance.models.person import Person


class DisclaimerQuerySet(models.QuerySet["Disclaimer"]):
    """Disclaimers."""

    def standing(self) -> "DisclaimerQuerySet":
        """Those that nobody has taken back, and no claim has overtaken."""
        return self.filter(until=None)


class Disclaimer(models.Model):
    """No agent uses this account: it is a person's own, or software's that is no agent; and who said so, and why."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="disclaimers")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    objects = DisclaimerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account"], condition=Q(until=None), name="disclaimer_stands_once"),
            models.CheckConstraint(
                name="disclaimer_ends_after_it_began", condition=Q(until=None) | Q(until__gte=F("since"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} is no agent's"
