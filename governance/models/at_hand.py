"""What is looked up once about many grants and judged often: tables that live as long as their transaction."""

from typing import Any

from django.db import models

from governance.models.account import Account
from governance.models.entitlement import Entitlement
from governance.models.system import System


class Multirange(models.Field[Any, Any]):
    """Moments, as intervals that do not touch."""

    def db_type(self, connection: Any) -> str:
        """PostgreSQL's own."""
        return "tstzmultirange"


class SystemAtHand(models.Model):
    """When a system itself has seen use, of everybody; and whether agents give their own word there."""

    system = models.OneToOneField(System, primary_key=True, on_delete=models.DO_NOTHING, related_name="at_hand")
    seen_use = Multirange()
    seen_runs = Multirange()
    runs_until = models.DateTimeField(null=True)
    has_own_word = models.BooleanField()

    class Meta:
        managed = False
        db_table = "checking_system"

    def __str__(self) -> str:
        return f"what is known of system {self.system_id}"


class AccountAtHand(models.Model):
    """What use of an account's grants hangs on, and no grant changes (`policy.preparing.prepare`)."""

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.DO_NOTHING, related_name="at_hand")
    seen_use = Multirange()
    seen_runs = Multirange()
    runs_until = models.DateTimeField(null=True)
    counts_at = models.DateTimeField(null=True)
    deciding = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "checking_account"

    def __str__(self) -> str:
        return f"what is known of account {self.account_id}"


class EntitlementAtHand(models.Model):
    """How many actions use could be attributed to an entitlement by, if each is seen; how much it allows, in points."""

    entitlement = models.OneToOneField(
        Entitlement, primary_key=True, on_delete=models.DO_NOTHING, related_name="at_hand"
    )
    actions = models.IntegerField()
    allows = models.IntegerField()

    class Meta:
        managed = False
        db_table = "checking_entitlement"

    def __str__(self) -> str:
        return f"what is known of entitlement {self.entitlement_id}"
