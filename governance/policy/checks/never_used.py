"""Never used: held through enough observed runs of the agent, and no use at all."""

from typing import Any

from django.db.models import Case, DateTimeField, F, Q, QuerySet, When
from django.db.models.functions import JSONObject

from governance.policy import bands, use
from governance.policy.check import Check, Facts
from governance.policy.terms import Terms
from governance.policy.wording import BASES, based, day, many, percent

RULE_OF_THREE = 3000  # in per mille


class NeverUsed(Check):
    """A dead feed raises nothing, and clears nothing; nor does an agent's own word about a high risk clear anything."""

    name = "never_used"
    title = "Never used"

    def suspects(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """Idle for enough runs, never used, and it would still be seen."""
        return rows.filter(never(terms), use.alive(terms, runs=True))

    def stands(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """Idle for enough runs, and never used, but for what agents alone say."""
        return rows.filter(never(terms) | use.own_word_alone(self.name))

    def facts(self, terms: Terms) -> JSONObject:
        """How many runs, since when, and on whose word."""
        return JSONObject(
            runs=use.run_count(terms),
            held_since="held_since",
            held_since_basis="held_since_basis",
            observed_from=use.observed_from(terms, runs=True),
        )

    def severity(self, terms: Terms) -> Case:
        """The grant's own band."""
        return bands.band(F("risk"))

    def earliest(self, terms: Terms) -> Case:
        """When use will have been observable for long enough; the last run that is missing pulls."""
        ripens = use.ripens(terms, runs=True)
        return Case(When(use__isnull=True, then=ripens), output_field=DateTimeField())

    def reason(self, facts: Facts) -> str:
        """Name the runs, the dates and what they prove."""
        runs = facts["runs"]
        basis = BASES[facts["held_since_basis"]]
        return (
            f"Never used in {many(runs)}, seen from {day(facts['observed_from'])};"
            f" held since {day(facts['held_since'])}, {basis}."
            f" With 95 % confidence at most {percent(u95(runs))} of runs need it."
        )

    def suggestion(self, facts: Facts) -> str:
        """Say that it can go."""
        basis = f"no use in {many(facts['runs'])} since {day(facts['observed_from'])}"
        return based("Revoke: it can be given back when a run needs it.", basis)


def never(terms: Terms) -> Q:
    """Say which were held through enough runs, and never used."""
    return Q(use__isnull=True) & use.idle_by_runs(terms)


def u95(runs: int) -> int:
    """
    Return, in per mille, the share of runs that can still need what none of so many used.

    The rule of three, 95 % confidence, rounded up: 3 in N.
    """
    return min(-(-RULE_OF_THREE // runs), 1000)
