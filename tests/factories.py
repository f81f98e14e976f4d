"""Rows for tests: each factory makes one noun that stands by itself; say what the test is about."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.utils import timezone
from factory.declarations import LazyAttribute, LazyFunction, Maybe, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory
from factory.helpers import post_generation

from governance import models


class OrgUnitFactory(DjangoModelFactory[models.OrgUnit]):
    """A unit, with its pairs in the closure: itself, and every ancestor of its parent."""

    class Meta:
        model = models.OrgUnit

    name = Sequence(lambda number: f"unit {number}")

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> models.OrgUnit:
        unit: models.OrgUnit = super()._create(model_class, *args, **kwargs)
        pair = models.OrgUnitClosure
        above = pair.objects.filter(descendant_id=unit.parent_id) if unit.parent_id else ()
        pair.objects.bulk_create(
            [
                pair(ancestor=unit, descendant=unit, depth=0),
                *(pair(ancestor_id=each.ancestor_id, descendant=unit, depth=each.depth + 1) for each in above),
            ]
        )
        return unit


class OrganisationFactory(DjangoModelFactory[models.Organisation]):
    """The one organisation."""

    class Meta:
        model = models.Organisation
        django_get_or_create = ("id",)

    id = 1
    name = "Skyway Air"


class PolicyFactory(DjangoModelFactory[models.Policy]):
    """A policy that has been in force for a year; `stored` holds what differs from the defaults."""

    class Meta:
        model = models.Policy

    number = Sequence(lambda number: number + 1)
    stored = LazyFunction(dict)
    in_force_from = LazyFunction(lambda: timezone.now() - timedelta(days=365))


class PersonFactory(DjangoModelFactory[models.Person]):
    """Somebody who works here."""

    class Meta:
        model = models.Person

    email = Sequence(lambda number: f"person{number}@skyway.example")
    name = Sequence(lambda number: f"Person {number}")
    password = LazyFunction(lambda: make_password(None))
    unit = SubFactory(OrgUnitFactory)


class GroupFactory(DjangoModelFactory[Group]):
    """A group of people, without members."""

    class Meta:
        model = Group

    name = Sequence(lambda number: f"group {number}")


class SystemFactory(DjangoModelFactory[models.System]):
    """A connected PostgreSQL, never synced; its credential was tried."""

    class Meta:
        model = models.System

    slug = Sequence(lambda number: f"system-{number}")
    name = Sequence(lambda number: f"System {number}")
    kind = "postgresql"
    ours = LazyFunction(lambda: ["role:9"])  # whom no server has
    owner = SubFactory(PersonFactory)
    unit = SelfAttribute("owner.unit")


class AccountFactory(DjangoModelFactory[models.Account]):
    """A log-in."""

    class Meta:
        model = models.Account

    system = SubFactory(SystemFactory)
    native_type = "role"
    native_id = Sequence(lambda number: str(16384 + number))
    kind = models.Account.Kind.LOGIN
    name = Sequence(lambda number: f"account_{number}")
    enabled = True


class CredentialFactory(DjangoModelFactory[models.Credential]):
    """An access key that can be used, 200 days old, used yesterday; its use is tracked."""

    class Meta:
        model = models.Credential

    account = SubFactory(AccountFactory)
    native_type = kind = "access_key"
    native_id = Sequence(lambda number: f"AKIA{number:04}")
    active = tracked = True
    created_at = LazyFunction(lambda: timezone.now() - timedelta(days=200))
    last_used_at = LazyFunction(lambda: timezone.now() - timedelta(days=1))
    first_seen_at = LazyFunction(lambda: timezone.now() - timedelta(days=10))
    read_at = LazyFunction(timezone.now)


class EntitlementFactory(DjangoModelFactory[models.Entitlement]):
    """A function to execute, with the one action it allows."""

    class Meta:
        model = models.Entitlement
        skip_postgeneration_save = True

    system = SubFactory(SystemFactory)
    native_type = "function"
    native_id = Sequence(lambda number: f"air.public.do_{number}()")
    name = Sequence(lambda number: f"do_{number}")
    resource = SelfAttribute("native_id")
    definition_digest = "0" * 64

    @post_generation
    def action(self: Any, create: bool, extracted: str | None, **kwargs: Any) -> None:
        """Give it its action: "execute", another by `action=…`, or none by `action=""`."""
        word = "execute" if extracted is None else extracted
        if create and word:
            models.EntitlementAction.objects.create(entitlement=self, action=word, resource=self.resource)


class GrantFactory(DjangoModelFactory[models.Grant]):
    """An open grant, present, undecided, held for ten days, in its system's unit."""

    class Meta:
        model = models.Grant

    class Params:
        system = None

    account = Maybe(
        "system",
        yes_declaration=SubFactory(AccountFactory, system=SelfAttribute("..system")),
        no_declaration=SubFactory(AccountFactory),
    )
    entitlement = SubFactory(EntitlementFactory, system=SelfAttribute("..account.system"))
    origin = "owner"
    instance = Sequence(str)
    held_since = LazyFunction(lambda: timezone.now() - timedelta(days=10))
    opened_at = SelfAttribute("held_since")
    unit = SelfAttribute("account.system.unit")


class AgentFactory(DjangoModelFactory[models.Agent]):
    """An active agent without an owner."""

    class Meta:
        model = models.Agent

    name = Sequence(lambda number: f"agent-{number}")
    unit = SubFactory(OrgUnitFactory)
    registered_at = LazyFunction(timezone.now)


class OwnershipFactory(DjangoModelFactory[models.Ownership]):
    """Somebody owns an agent."""

    class Meta:
        model = models.Ownership

    agent = SubFactory(AgentFactory)
    person = SubFactory(PersonFactory)
    since = LazyFunction(lambda: timezone.now() - timedelta(days=100))


class ClaimFactory(DjangoModelFactory[models.Claim]):
    """An agent uses an account."""

    class Meta:
        model = models.Claim

    agent = SubFactory(AgentFactory)
    account = SubFactory(AccountFactory)
    since = LazyFunction(lambda: timezone.now() - timedelta(days=100))


class SourceFactory(DjangoModelFactory[models.Source]):
    """A system's own log."""

    class Meta:
        model = models.Source

    name = Sequence(lambda number: f"source-{number}")
    system = SubFactory(SystemFactory)
    provenance = "system"


class RunFactory(DjangoModelFactory[models.Run]):
    """A run of an agent an hour ago."""

    class Meta:
        model = models.Run

    agent = SubFactory(AgentFactory)
    source = SubFactory(SourceFactory)
    native_id = Sequence(lambda number: f"run-{number}")
    started_at = LazyFunction(lambda: timezone.now() - timedelta(hours=1))


class ExposureFactory(DjangoModelFactory[models.Exposure]):
    """An account whose agent runs unattended and has one owner."""

    class Meta:
        model = models.Exposure

    account = SubFactory(AccountFactory)
    autonomy = "unattended"
    line = models.Exposure.Line.OWNER
    tainted = False


class EntitlementTagFactory(DjangoModelFactory[models.EntitlementTag]):
    """A tag by our rules; it counts once `tags.settle` has been asked."""

    class Meta:
        model = models.EntitlementTag

    entitlement = SubFactory(EntitlementFactory)
    tag = models.TagName.UNTRUSTED_INPUT
    source = models.EntitlementTag.Source.RULE


class ToxicCombinationFactory(DjangoModelFactory[models.ToxicCombination]):
    """A lethal trifecta that hangs on one grant."""

    class Meta:
        model = models.ToxicCombination

    agent = SubFactory(AgentFactory)
    combination = models.Combination.LETHAL_TRIFECTA
    legs = LazyFunction(list)
    broken_by = SubFactory(GrantFactory)
    alone = True
    found_at = LazyFunction(timezone.now)


class FindingFactory(DjangoModelFactory[models.Finding]):
    """An open finding about a grant; about something else by `grant=None, agent=…`."""

    class Meta:
        model = models.Finding

    check_name = "never_used"
    grant = SubFactory(GrantFactory)
    agent = account = system = None
    unit = LazyAttribute(lambda it: (it.grant or it.agent or it.system or it.account.system).unit)
    severity = models.Band.MEDIUM
    raised_at = LazyFunction(timezone.now)
