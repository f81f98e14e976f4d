"""Ownerless: nobody owns an agent, or nobody who answers for it can act."""

from typing import Any

from django.db.models import (
    Case,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, JSONObject

from governance.models import Band, Grant, Ownership, Person
from governance.policy import bands
from governance.policy.check import Check, Facts
from governance.policy.terms import Terms
from governance.policy.wording import based, day

LINE = (Ownership.Role.OWNER, Ownership.Role.DEPUTY)
STATES = {"left": "has left", "away": "is away"}


class Ownerless(Check):
    """About agents: run whole each sweep, so that it needs no due date."""

    name = "ownerless"
    title = "No owner who can act"
    subject = "agent"

    def suspects(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """No owner, whoever stands in; or no owner and no deputy who can act at this moment."""
        return rows.filter(~Exists(owner()) | ~Exists(answering(terms)))

    def facts(self, terms: Terms) -> JSONObject:
        """Name who answered for it last, and what became of them."""
        return JSONObject(
            last_owner=last_owner("person__name"),
            last_owner_id=last_owner("person_id"),
            employment=last_owner("person__employment"),
            until=last_owner("until"),
        )

    def severity(self, terms: Terms) -> Case:
        """The band of the riskiest thing that it holds, at least medium."""
        return bands.band(riskiest(), at_least=Band.MEDIUM)

    def reason(self, facts: Facts) -> str:
        """Name the last owner."""
        if facts["last_owner"] is None:
            return "Nobody has ever owned this agent."
        if facts["until"]:
            return f"Nobody owns this agent: {gone(facts)}."
        return f"Nobody who can act answers for this agent: {gone(facts)}."

    def suggestion(self, facts: Facts) -> str:
        """Name the three answers."""
        advice = "Claim it, name who should answer for it, or retire it."
        return based(advice, gone(facts))


def gone(facts: Facts) -> str:
    """What became of the last owner."""
    if facts["last_owner"] is None:
        return "nobody has ever owned it"
    if facts["until"]:
        return f"{facts['last_owner']} owned it until {day(facts['until'])}"
    return f"{facts['last_owner']} {STATES.get(facts['employment'], 'may not sign in any more')}"


def answering(terms: Terms) -> QuerySet[Ownership]:
    """Return the open ownerships, of an agent, by people who can act."""
    able = Person.objects.able(terms.at)
    line = Ownership.objects.filter(agent=OuterRef("pk"), until=None, role__in=LINE)
    return line.filter(person__in=able)


def owner() -> QuerySet[Ownership]:
    """Return the open ownership, of an agent, by its owner."""
    return Ownership.objects.filter(agent=OuterRef("pk"), until=None, role=Ownership.Role.OWNER)


def last_owner(field: str) -> Subquery:
    """Return a field of the last owner: the one of now, else who stopped last."""
    owners = Ownership.objects.filter(agent=OuterRef("pk"), role=Ownership.Role.OWNER)
    return Subquery(owners.order_by(F("until").desc(nulls_first=True), "-pk").values(field)[:1])


def riskiest() -> Coalesce:
    """Return the highest score of what an agent's accounts hold; zero where that is nothing."""
    claimed = Q(account__claims__agent=OuterRef("pk"), account__claims__until=None)
    held = Grant.objects.held().filter(claimed).order_by()
    highest = held.values("account__claims__agent").annotate(highest=Max("risk")).values("highest")
    return Coalesce(Subquery(highest, output_field=IntegerField()), Value(0))
