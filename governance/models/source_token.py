"""Tokens: by which a source delivers its use over HTTP."""

import hashlib
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from governance.models.person import Person
from governance.models.usage import Source
from governance.sole import sole

LOOKED_AT_EVERY = timedelta(minutes=10)  # how exactly the last use of a token is known


def hashed(token: str) -> str:
    """
    What is kept of a token.

    A plain SHA-256: a token is 256 random bits, so nobody finds it by trying, and a slow hash would slow us alone.
    """
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


class SourceTokenQuerySet(models.QuerySet["SourceToken"]):
    """Tokens."""

    def standing(self) -> "SourceTokenQuerySet":
        """Those that are not revoked."""
        return self.filter(revoked_at=None)

    def bearer(self, token: str) -> "SourceToken | None":
        """
        The standing token of these characters, with its source.

        It is looked up by its hash: how long that takes says nothing about any token that there is.
        """
        return sole(self.standing().filter(hash=hashed(token)).select_related("source"))


class SourceToken(models.Model):
    """
    Proves that a delivery is a source's. Shown once; what is kept is its hash, and its first characters to know it by.

    A source may have several, so that one can be changed for another without a gap.
    """

    class Scope(models.TextChoices):
        """
        What its bearer may.

        Who says for what time a source is complete lets grants be called unused: that is not every sender's to say.
        """

        DELIVER = "deliver", "Deliver use"
        COVER = "cover", "Deliver use, and say for what time it is complete"

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="tokens")
    name = models.SlugField()
    scope = models.CharField(max_length=8, choices=Scope.choices, default=Scope.DELIVER)
    prefix = models.CharField("begins with", max_length=16, editable=False)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    issued_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    last_used_at = models.DateTimeField("last used", null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = SourceTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "name"], condition=Q(revoked_at=None), name="token_name_is_unique_in_its_source"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def may_cover(self) -> bool:
        """Whether its bearer says for what time the source is complete."""
        return self.scope == self.Scope.COVER

    def note_use(self, at: datetime) -> None:
        """Note that it was used, once in a while: a delivery a second is no reason to write a row a second."""
        if self.last_used_at is None or self.last_used_at < at - LOOKED_AT_EVERY:
            type(self).objects.filter(pk=self.pk).update(last_used_at=at)
