"""
What weighs on a grant beside what it allows: facts about who holds it, and what its agent holds together.

All of it is derived (`governance.weighing`), narrow, and worked out anew where a fact has changed (`AgentDue`).
"""

from django.db import models
from django.db.models import Q

from governance.models.account import Account
from governance.models.agent import Agent, Autonomy
from governance.models.grant import Grant
from governance.models.risk import Combination


class Exposure(models.Model):
    """An account that an agent uses: how far it is on its own. Of several agents the worst counts; no row: unknown."""

    class Line(models.TextChoices):
        """Who answers for the agent."""

        DEPUTY = "deputy", "An owner and a deputy"
        OWNER = "owner", "One person"
        NOBODY = "nobody", "Nobody who can act"

    class Age(models.TextChoices):
        """How old the oldest credential of the account is that can be used; the last two hold for what is older too."""

        DAY = "day", "A day at most"
        QUARTER = "quarter", "90 days at most"
        OLD = "old", "More than 90 days"
        OLDER = "older", "More than a year"

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.PROTECT, related_name="exposure")
    autonomy = models.CharField(max_length=16, choices=Autonomy)
    line = models.CharField(max_length=6, choices=Line)
    tainted = models.BooleanField()  # an agent that uses it reads what outsiders write, by whichever grant
    credential = models.CharField(max_length=7, choices=Age, blank=True)  # empty: not known

    def __str__(self) -> str:
        return f"exposure of {self.account_id}"


class ToxicCombination(models.Model):
    """
    One combination that an agent can complete, and the grant whose removal is the cheapest way to break it.

    `legs`: of each leg, by how many of its own grants and by which of them the agent has it. `alone`: without the break
    there is no such combination; else the leg has other grants too. `observed_*`: one run that used something of what
    gives each leg.
    """

    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="toxic")
    combination = models.CharField(max_length=20, choices=Combination)
    gated = models.BooleanField(default=False)  # a person approves what is risky
    legs = models.JSONField()
    broken_by = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="breaks")
    alone = models.BooleanField()
    found_at = models.DateTimeField()
    observed_run = models.CharField(max_length=200, blank=True)
    observed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "toxic combinations"
        constraints = [
            models.UniqueConstraint(fields=["agent", "combination"], name="toxic_combination_is_told_once"),
            models.CheckConstraint(
                name="toxic_combination_is_observed_in_a_run",
                condition=Q(observed_run="", observed_at=None) | (~Q(observed_run="") & Q(observed_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.combination} of {self.agent}"


class AgentDue(models.Model):
    """
    Something about an agent, or about what its accounts hold, has changed: what hangs on it is to be worked out anew.

    Rows are added and taken, never changed, and several may say the same: whoever adds one waits for nobody.
    """

    agent_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"agent {self.agent_id} due"


class GrantScore(models.Model):
    """What a grant's score was made of when it was last written: the inputs, the tables' version, and the policy."""

    grant = models.OneToOneField(Grant, primary_key=True, on_delete=models.PROTECT, related_name="score")
    risk = models.PositiveSmallIntegerField()
    version = models.PositiveSmallIntegerField()
    policy = models.PositiveIntegerField()  # its number
    inputs = models.JSONField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.risk} for {self.grant_id}"
