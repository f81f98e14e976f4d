"""Credentials: what an account proves itself with, such as an access key. Never the secret itself."""

from typing import Self

from django.db import models

from governance.models.account import Account
from governance.models.grant import Intended, Seen


class CredentialQuerySet(models.QuerySet["Credential"]):
    """Credentials, as steps ask for them."""

    def usable(self) -> Self:
        """Those with which something can sign in, as far as the last look has shown."""
        return self.filter(active=True, seen=Seen.PRESENT)


class Credential(models.Model):
    """
    One credential of an account, by its immutable native id.

    Syncing writes what a complete read shows, ruling writes `intended`, verifying what a look has shown. `tracked`: the
    system tells when it is used, so that no last use means *never*; otherwise that is not known.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="credentials")
    native_type = models.CharField(max_length=64)
    native_id = models.CharField(max_length=500)
    kind = models.CharField(max_length=64)
    active = models.BooleanField()
    created_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    tracked = models.BooleanField("its use is tracked", default=False)
    first_seen_at = models.DateTimeField()
    read_at = models.DateTimeField("known as of")  # when the last complete read that shows it began
    seen = models.CharField(max_length=8, choices=Seen, default=Seen.PRESENT)
    # when a look last changed `seen` or `active`: a sync that began to read earlier knows less, and leaves it alone
    seen_at = models.DateTimeField(null=True, blank=True)
    intended = models.CharField(max_length=12, choices=Intended, default=Intended.UNDECIDED)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "native_type", "native_id"], name="credential_is_unique_of_its_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.account.name}"

    @property
    def name(self) -> str:
        """What it is called: its kind in words, and its native id."""
        return f"{self.kind.replace('_', ' ')} {self.native_id}"

    @property
    def usable(self) -> bool:
        """Whether something can sign in with it, as far as the last look has shown."""
        return self.active and self.seen == Seen.PRESENT
