"""Rows for tests: each factory makes one noun that stands by itself; say what the test is about."""

from datetime import timedelta
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.utils import timezone
from factory.django import DjangoModelFactory

from governance import models


class OrgUnitFactory(DjangoModelFactory):
    """A unit, with its pairs in the closure: itself, and every ancestor of its parent."""

    class Meta:
        model = models.OrgUnit

    name = factory.Sequence(lambda number: f"unit {number}")

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> models.OrgUnit:
        unit = super()._create(model_class, *args, **kwargs)
        pair = models.OrgUnitClosure
        above = pair.objects.filter(descendant_id=unit.parent_id)
        pair.objects.bulk_create(
            [
                pair(ancestor=unit, descendant=unit, depth=0),
                *(
                    pair(ancestor_id=each.ancestor_id, descendant=unit, depth=each.depth + 1)
                    for each in above
                ),
            ]
        )
        return unit


class OrganisationFactory(DjangoModelFactory):
    """The one organisation."""

    class Meta:
        model = models.Organisation
        django_get_or_create = ("id",)

    id = 1
    name = "Skyway Air"


class PolicyFactory(DjangoModelFactory):
    """A policy that has been in force for a year; `stored` holds what differs from the defaults."""

    class Meta:
        model = models.Policy

    number = factory.Sequence(lambda number: number + 1)
    stored = factory.LazyFunction(dict)
    in_force_from = factory.LazyFunction(lambda: timezone.now() - timedelta(days=365))


class PersonFactory(DjangoModelFactory):
    """Somebody who works here."""

    class Meta:
        model = models.Person

    email = factory.Sequence(lambda number: f"person{number}@skyway.example")
    name = factory.Sequence(lambda number: f"Person {number}")
    password = factory.LazyFunction(lambda: make_password(None))
    unit = factory.SubFactory(OrgUnitFactory)


class GroupFactory(DjangoModelFactory):
    """A group of people, without members."""

    class Meta:
        model = Group

    name = factory.Sequence(lambda number: f"group {number}")


class SystemFactory(DjangoModelFactory):
    """A connected PostgreSQL, never synced."""

    class Meta:
        model = models.System

    slug = factory.Sequence(lambda number: f"system-{number}")
    name = factory.Sequence(lambda number: f"System {number}")
    kind = "postgresql"
    owner = factory.SubFactory(PersonFactory)
    unit = factory.SelfAttribute("owner.unit")


class AccountFactory(DjangoModelFactory):
    """A log-in."""

    class Meta:
        model = models.Account

    system = factory.SubFactory(SystemFactory)
    native_type = "role"
    native_id = factory.Sequence(lambda number: str(16384 + number))
    kind = models.Account.Kind.LOGIN
    name = factory.Sequence(lambda number: f"account_{number}")
    enabled = True


class EntitlementFactory(DjangoModelFactory):
    """A function to execute, with the one action it allows."""

    class Meta:
        model = models.Entitlement
        skip_postgeneration_save = True

    system = factory.SubFactory(SystemFactory)
    native_type = "function"
    native_id = factory.Sequence(lambda number: f"air.public.do_{number}()")
    name = factory.Sequence(lambda number: f"do_{number}")
    resource = factory.SelfAttribute("native_id")
    definition_digest = "0" * 64

    @factory.post_generation
    def action(self: Any, create: bool, extracted: str | None, **kwargs: Any) -> None:
        """Give it its action: "execute", another by `action=…`, or none by `action=""`."""
        word = "execute" if extracted is None else extracted
        if create and word:
            models.EntitlementAction.objects.create(
                entitlement=self, action=word, resource=self.resource
            )


class GrantFactory(DjangoModelFactory):
    """An open grant, present, undecided, held for ten days, in its system's unit."""

    class Meta:
        model = models.Grant

    class Params:
        system = factory.SubFactory(SystemFactory)

    account = factory.SubFactory(AccountFactory, system=factory.SelfAttribute("..system"))
    entitlement = factory.SubFactory(
        EntitlementFactory, system=factory.SelfAttribute("..account.system")
    )
    origin = "owner"
    instance = factory.Sequence(str)
    held_since = factory.LazyFunction(lambda: timezone.now() - timedelta(days=10))
    opened_at = factory.SelfAttribute("held_since")
    unit = factory.SelfAttribute("account.system.unit")


class AgentFactory(DjangoModelFactory):
    """An active agent without an owner."""

    class Meta:
        model = models.Agent

    name = factory.Sequence(lambda number: f"agent-{number}")
    unit = factory.SubFactory(OrgUnitFactory)
    registered_at = factory.LazyFunction(timezone.now)


class OwnershipFactory(DjangoModelFactory):
    """Somebody owns an agent."""

    class Meta:
        model = models.Ownership

    agent = factory.SubFactory(AgentFactory)
    person = factory.SubFactory(PersonFactory)
    since = factory.LazyFunction(lambda: timezone.now() - timedelta(days=100))


class ClaimFactory(DjangoModelFactory):
    """An agent uses an account."""

    class Meta:
        model = models.Claim

    agent = factory.SubFactory(AgentFactory)
    account = factory.SubFactory(AccountFactory)
    since = factory.LazyFunction(lambda: timezone.now() - timedelta(days=100))


class SourceFactory(DjangoModelFactory):
    """A system's own log."""

    class Meta:
        model = models.Source

    name = factory.Sequence(lambda number: f"source-{number}")
    system = factory.SubFactory(SystemFactory)


class RunFactory(DjangoModelFactory):
    """A run of an agent an hour ago."""

    class Meta:
        model = models.Run

    agent = factory.SubFactory(AgentFactory)
    source = factory.SubFactory(SourceFactory)
    native_id = factory.Sequence(lambda number: f"run-{number}")
    started_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1))


class FindingFactory(DjangoModelFactory):
    """An open finding about a grant; about something else by `grant=None, agent=…`."""

    class Meta:
        model = models.Finding

    check_name = "never_used"
    grant = factory.SubFactory(GrantFactory)
    agent = account = system = None
    unit = factory.LazyAttribute(
        lambda it: (it.grant or it.agent or it.system or it.account.system).unit
    )
    severity = models.Band.MEDIUM
    raised_at = factory.LazyFunction(timezone.now)
