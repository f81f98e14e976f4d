"""Person: one human, one row; the custom user model."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class Employment(models.TextChoices):
    """Whether this person can be asked."""

    ACTIVE = "active", "Active"
    AWAY = "away", "Away"
    LEFT = "left", "Left"


class PersonQuerySet(models.QuerySet["Person"]):
    """People."""

    def able(self, at: datetime) -> "PersonQuerySet":
        """Those who can act: not left, not away, not disabled."""
        here = Q(employment=Employment.ACTIVE) | Q(employment=Employment.AWAY, away_until__lte=at)
        return self.filter(here, is_active=True)

    def called(self, email: str) -> "Person | None":
        """The person with this e-mail address, in any case of letters."""
        return self.filter(email__iexact=email.strip()).first()


class PersonManager(BaseUserManager["Person"].from_queryset(PersonQuerySet)):  # type: ignore[misc]
    """What Django's own commands need to make the first administrator."""

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """Make an administrator."""
        person: Person = self.model(email=self.normalize_email(email), is_staff=True, is_superuser=True, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser, PermissionsMixin):
    """A human. Slack, SSO and directories are links to this row (ExternalIdentity), never a guess by e-mail."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=64, default="UTC")
    manager = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reports")
    unit = models.ForeignKey(
        "governance.OrgUnit", null=True, blank=True, on_delete=models.PROTECT, related_name="people"
    )
    employment = models.CharField(max_length=8, choices=Employment, default=Employment.ACTIVE)
    away_until = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField("may log in", default=True)
    is_staff = models.BooleanField("may open the admin", default=False)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(Lower("email"), name="person_email_is_unique_in_any_case"),
            models.CheckConstraint(
                name="person_away_until_iff_away",
                condition=Q(employment=Employment.AWAY, away_until__isnull=False)
                | (~Q(employment=Employment.AWAY) & Q(away_until=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    def get_full_name(self) -> str:
        """For Django's and unfold's pages."""
        return self.name

    def get_short_name(self) -> str:
        """For Django's and unfold's pages; a name is one thing, and has no first part that we know."""
        return self.name

    def able(self, at: datetime) -> bool:
        """Whether this person can act: not left, not away, not disabled."""
        back = self.employment == Employment.AWAY and self.away_until is not None and self.away_until <= at
        return self.is_active and (self.employment == Employment.ACTIVE or back)


class ExternalIdentityQuerySet(models.QuerySet["ExternalIdentity"]):
    """Identities elsewhere."""

    def standing(self) -> "ExternalIdentityQuerySet":
        """Links that have not ended."""
        return self.filter(until=None)

    def colleagues(self) -> "ExternalIdentityQuerySet":
        """Those of them behind which, as far as that place says, a colleague still is."""
        return self.standing().filter(outside_since=None)


class ExternalIdentity(models.Model):
    """
    Somebody's identity elsewhere, proven.

    Scheme and issuer (a Slack workspace, an identity provider) and the value there. A link that ended stays: it is
    evidence.
    """

    scheme = models.CharField(max_length=32)
    issuer = models.CharField(max_length=200)
    value = models.CharField(max_length=200)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="identities")
    agent = models.ForeignKey(
        "governance.Agent", null=True, blank=True, on_delete=models.PROTECT, related_name="identities"
    )
    outside_since = models.DateTimeField("no colleague there since", null=True, blank=True)
    colleague_at = models.DateTimeField("last called a colleague there", null=True, blank=True)
    told_at = models.DateTimeField("as it was there at", null=True, blank=True)  # what that place told of it last
    until = models.DateTimeField("linked until", null=True, blank=True)

    objects = ExternalIdentityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "external identities"
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "issuer", "value"], condition=Q(until=None), name="external_identity_is_unique"
            ),
            models.CheckConstraint(
                name="external_identity_has_one_side",
                condition=Q(person=None, agent__isnull=False) | Q(person__isnull=False, agent=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.issuer}:{self.value}"
