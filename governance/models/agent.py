"""Agents, who answers for them, and which accounts they use."""

from datetime import datetime

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from governance.models.account import Account
from governance.models.person import Person
from governance.models.system import System


class Lifecycle(models.TextChoices):
    """Where an agent stands."""

    PROPOSED = "proposed", "Proposed"
    ACTIVE = "active", "Active"
    DORMANT = "dormant", "Dormant"
    SUSPENDED = "suspended", "Suspended"
    RETIRED = "retired", "Retired"


class Autonomy(models.TextChoices):
    """How much the agent does without a person."""

    APPROVED = "approved", "Every action approved"
    GATED = "gated", "Risky actions approved"
    SUPERVISED = "supervised", "Supervised"
    UNATTENDED = "unattended", "Unattended"


class AgentQuerySet(models.QuerySet["Agent"]):
    """Agents."""

    def answering(self) -> "AgentQuerySet":
        """Those that somebody has to answer for."""
        return self.exclude(lifecycle=Lifecycle.RETIRED)

    def running(self) -> "AgentQuerySet":
        """Those that nobody has stopped."""
        return self.answering().exclude(lifecycle=Lifecycle.SUSPENDED)

    def unanswered(self, at: datetime) -> "AgentQuerySet":
        """Those that somebody has to answer for, and nobody who can act does: neither an owner nor a deputy."""
        line = Ownership.objects.filter(agent=OuterRef("pk"), until=None, role__in=Ownership.LINE)
        return self.answering().exclude(Exists(line.filter(person__in=Person.objects.able(at))))

    def that_use(self, account: Account) -> "AgentQuerySet":
        """Those that use this account now."""
        return self.filter(claims__account=account, claims__until=None).distinct()


class Agent(models.Model):
    """A non-human that acts on its own. A retired name is never reused: names are unique for ever."""

    name = models.CharField(max_length=200, unique=True)
    unit = models.ForeignKey("governance.OrgUnit", on_delete=models.PROTECT, related_name="agents")
    purpose = models.TextField(blank=True)
    autonomy = models.CharField(max_length=16, choices=Autonomy, default=Autonomy.UNATTENDED)
    # by itself, such as in a chat with customers, whatever it holds; false: nobody has said so
    reads_outsiders = models.BooleanField("reads what outsiders write", default=False, db_default=False)
    lifecycle = models.CharField(max_length=16, choices=Lifecycle, default=Lifecycle.ACTIVE)
    blueprint = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="instances")
    ephemeral = models.BooleanField(default=False)
    # where it may hold anything; none: nobody has said so, and nothing is held against it
    allowed_systems = models.ManyToManyField(System, blank=True, related_name="allowed_agents")
    registered_at = models.DateTimeField()

    objects = AgentQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def line(self) -> list["Ownership"]:
        """Who answers for it, in order: the owner, then the deputies by position."""
        open_now = self.ownerships.filter(until=None, role__in=Ownership.LINE).select_related("person__manager")
        return sorted(open_now, key=lambda each: (each.role != Ownership.Role.OWNER, each.position, each.pk))

    def accountable(self, at: datetime) -> Person | None:
        """The first person in the line who can act."""
        return next((each.person for each in self.line() if each.person.able(at)), None)


class Ownership(models.Model):
    """A person answers for an agent, for a time."""

    class Role(models.TextChoices):
        """In what way."""

        OWNER = "owner", "Owner"
        DEPUTY = "deputy", "Deputy"
        SPONSOR = "sponsor", "Sponsor"

    LINE = (Role.OWNER, Role.DEPUTY)  # who is asked, in this order; a sponsor is not

    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="ownerships")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="ownerships")
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.OWNER)
    position = models.PositiveSmallIntegerField(default=0)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent"], condition=Q(until=None, role="owner"), name="agent_has_one_open_owner"
            ),
            models.UniqueConstraint(
                fields=["agent", "person", "role"], condition=Q(until=None), name="ownership_is_open_once"
            ),
            models.CheckConstraint(
                name="ownership_ends_after_it_began", condition=Q(until=None) | Q(until__gte=F("since"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person.name}, {self.role} of {self.agent.name}"


class Claim(models.Model):
    """This agent uses that account."""

    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="claims")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="claims")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    basis = models.CharField(max_length=200, blank=True)
    confidence = models.PositiveSmallIntegerField(default=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent", "account"], condition=Q(until=None), name="claim_is_open_once"),
            models.CheckConstraint(name="claim_confidence_is_percent", condition=Q(confidence__lte=100)),
        ]
        indexes = [models.Index(fields=["account"], condition=Q(until=None), name="claim_of_account_now")]

    def __str__(self) -> str:
        return f"{self.agent.name} uses {self.account}"
