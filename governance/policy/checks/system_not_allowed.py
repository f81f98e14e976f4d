"""System not allowed: an agent holds something in a system in which it was not said to work."""

from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Case, Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from governance.models import Agent, Band, Claim, System
from governance.policy import bands
from governance.policy.check import Check, Facts
from governance.policy.terms import Terms
from governance.policy.wording import based


class SystemNotAllowed(Check):
    """Silent about agents of which nobody has said where they may work. What is stated anew makes grants due."""

    name = "system_not_allowed"
    title = "Not a system of its own"

    def suspects(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """Held by an account that an agent uses whose systems are stated, and this is none of them."""
        found: QuerySet[Any] = rows.filter(account__in=outside().values("account"))
        return found

    def facts(self, terms: Terms) -> JSONObject:
        """Which agent, where it may work, and where this is held."""
        mine = outside().filter(account=OuterRef("account")).order_by("agent__name", "pk")
        return JSONObject(
            agent=Subquery(mine.values("agent__name")[:1]),
            allowed=Subquery(mine.annotate(allowed=Subquery(names())).values("allowed")[:1]),
            system="account__system__name",
        )

    def severity(self, terms: Terms) -> Case:
        """The grant's own band, at least high."""
        return bands.band(F("risk"), at_least=Band.HIGH)

    def reason(self, facts: Facts) -> str:
        """Name the systems that were stated, and this one."""
        stated = f"{facts['agent']} may work in {facts['allowed']} alone, as governance has said"
        return f"{stated}; this is held in {facts['system']}."

    def suggestion(self, facts: Facts) -> str:
        """Name both ways out."""
        advice = "Revoke it, or have governance say that the agent may work there too."
        return based(advice, f"{facts['system']} is none of the systems that were stated for it")


def outside() -> QuerySet[Claim]:
    """Return the claims of agents to accounts in systems in which they may not work. Read once a statement."""
    stated = Agent.allowed_systems.through.objects.filter(agent=OuterRef("agent"))
    claims = Claim.objects.filter(until=None, agent__in=Agent.objects.answering())
    return claims.filter(Exists(stated), ~Exists(stated.filter(system=OuterRef("account__system"))))


def names() -> QuerySet[Any, Any]:
    """Return, in a sub-query of claims, the names of the systems in which the agent may work."""
    stated = System.objects.filter(allowed_agents=OuterRef("agent")).order_by().values("allowed_agents")
    return stated.annotate(names=StringAgg("name", ", ", order_by="name")).values("names")
