"""Toxic combination: with what else an agent holds it adds up to more; and this grant is the cheapest break."""

from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Exists, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from governance.models import Combination, TagName, ToxicCombination
from governance.policy import bands, rating
from governance.policy.check import Check, Facts
from governance.policy.terms import Terms
from governance.policy.wording import based, day

TOLD = JSONObject(
    agent="agent__name",
    combination="combination",
    legs="legs",
    alone="alone",
    gated="gated",
    observed_run="observed_run",
    observed_at="observed_at",
)


class ToxicCombinations(Check):
    """Speaks about the break alone: one question an agent and combination, about what a person can take away."""

    name = "toxic_combination"
    title = "Toxic combination"

    def suspects(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """A combination hangs on it. Time alone brings none."""
        return rows.filter(Exists(ToxicCombination.objects.filter(broken_by=OuterRef("pk"))))

    def facts(self, terms: Terms) -> JSONObject:
        """Which, of which agent, by what else it is complete, and whether one run has used all of it."""
        hanging = ToxicCombination.objects.filter(broken_by=OuterRef("pk")).order_by("agent", "combination")
        return JSONObject(combinations=ArraySubquery(hanging.values(told=TOLD)))

    def severity(self, terms: Terms) -> Case:
        """The band of what the worst of them scores."""
        return bands.band(rating.least(terms.parameters.combination_floors))

    def reason(self, facts: Facts) -> str:
        """One sentence a combination, the legs by their grants; potential apart from observed."""
        return " ".join(f"{sentence(each)} {observed(each)}" for each in facts["combinations"])

    def suggestion(self, facts: Facts) -> str:
        """Take the break away; where others give the same leg, they have to follow."""
        told = facts["combinations"]
        names = " and ".join(dict.fromkeys(name(each) for each in told))
        alone = all(each["alone"] for each in told)
        advice = "Revoke: the combination is gone without it." if alone else "Revoke it first: others give the same."
        return based(advice, f"{names} by what {told[0]['agent']} holds")


def name(told: Mapping[str, Any]) -> str:
    """What a combination is called."""
    return f"“{Combination(told['combination']).label.lower()}”"


def sentence(told: Mapping[str, Any]) -> str:
    """What the agent can do with all of it, by which grants."""
    legs = "; ".join(leg(each) for each in told["legs"])
    return f"With what else {told['agent']} holds it completes {name(told)}: {legs}."


def leg(each: Mapping[str, Any]) -> str:
    """One leg: what it is, and what gives it."""
    return f"{what(each)} ({by(each)})"


def what(each: Mapping[str, Any]) -> str:
    """What a leg is."""
    return " or ".join(TagName(tag).label.lower() for tag in each["tags"])


def by(each: Mapping[str, Any]) -> str:
    """By what the agent has it: by itself, and by which grants."""
    itself = ["the agent itself, as stated"] if each.get("itself") else []
    more = each["number"] - len(each["names"])
    return ", ".join([*itself, *each["names"]]) + (f" and {more:,} more" if more > 0 else "")


def observed(told: Mapping[str, Any]) -> str:
    """Whether one run has used something of what gives each leg: what was seen, else that it is possible."""
    if told["observed_run"]:
        return f"Run {told['observed_run']} of {day(told['observed_at'])} used something of each part."
    return "That is possible; no run is known to have used something of each part."
