"""Rare but powerful: used, in few runs, and of high risk. It is needed, and not all the time."""

from typing import Any

from django.db.models import Case, DateTimeField, F, QuerySet, When
from django.db.models.functions import JSONObject

from governance.policy import bands, rarity, use
from governance.policy.check import Check, Facts
from governance.policy.observed import OF_GRANT
from governance.policy.terms import Terms
from governance.policy.wording import based, many, percent


class RareButPowerful(Check):
    """Speaks where runs are known: without them nobody can say how rare a use is."""

    name = "rare_but_powerful"
    title = "Rarely used, and powerful"

    def suspects(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """High risk, used in some runs, and in a small share of them for sure."""
        return rows.filter(rarity.rare(terms))

    def facts(self, terms: Terms) -> JSONObject:
        """In how many runs it was used, of how many."""
        return JSONObject(used=F("use__runs"), runs=rarity.run_count(terms), band=bands.band(F("risk")))

    def severity(self, terms: Terms) -> Case:
        """The grant's own band."""
        return bands.band(F("risk"))

    def earliest(self, terms: Terms) -> Case:
        """When a run counts that is known already; others are facts, and pull."""
        counts = use.next_counts(terms, OF_GRANT)
        return Case(When(rarity.candidate(), then=counts), output_field=DateTimeField())

    def reason(self, facts: Facts) -> str:
        """Name the share, and what it proves."""
        bound = percent(round(rarity.u95(facts["used"], facts["runs"]) * 1000))
        return (
            f"Used in {facts['used']} of {many(facts['runs'])}: with 95 % confidence at most {bound} of runs need it,"
            f" and its risk is {facts['band']} all the time."
        )

    def suggestion(self, facts: Facts) -> str:
        """Rare is not unneeded: it should be there when a task wants it, and not otherwise."""
        advice = "Just in time, not revoke: keep it for the shortest time; let it be asked for when a task needs it."
        return based(advice, f"used in {facts['used']} of {many(facts['runs'])}")
