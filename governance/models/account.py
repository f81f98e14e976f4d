"""Accounts: identities in a system."""

from django.db import models

from governance.models.system import System


class Account(models.Model):
    """An identity in one system, by its immutable native id. PUBLIC is one account of kind *everyone*."""

    class Kind(models.TextChoices):
        """What holds."""

        LOGIN = "login", "Log-in"
        WORKLOAD = "workload", "Workload"
        ROLE = "role", "Role"
        GROUP = "group", "Group"
        EVERYONE = "everyone", "Everyone"
        HUMAN = "human", "Human"

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="accounts")
    native_type = models.CharField(max_length=64)
    native_id = models.CharField(max_length=500)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=500)
    enabled = models.BooleanField(null=True)
    seen = models.CharField(max_length=8, default="present")
    owner_hints = models.JSONField(default=list, blank=True)
    # what it may by itself, beside what it holds, as its connector says: name, says, risk; the greatest risk first
    abilities = models.JSONField(default=list, db_default=models.Value([], models.JSONField()), blank=True)
    own_risk = models.PositiveSmallIntegerField("risk of its abilities", default=0, db_default=0)  # of the first one

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "native_type", "native_id"], name="account_is_unique_in_its_system"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} in {self.system.name}"
