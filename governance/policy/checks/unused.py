"""Unused: it was used once, and then not for many runs, or, where runs are not reported, many days."""

from typing import Any

from django.db.models import Case, DateTimeField, ExpressionWrapper, F, Q, QuerySet, Value, When
from django.db.models.fields import BooleanField
from django.db.models.functions import JSONObject, Least

from governance.policy import bands, use
from governance.policy.check import Check, Facts
from governance.policy.terms import Terms
from governance.policy.wording import based, counted, day, many


class Unused(Check):
    """A dead feed raises nothing, and clears nothing; nor does an agent's own word about a high risk clear anything."""

    name = "unused"
    title = "No longer used"

    def suspects(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """Used once, idle since, and it would still be seen."""
        return rows.filter(Q(use__isnull=False), use.unused(terms))

    def stands(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """Used once, and idle since, but for what agents alone say."""
        idle = use.idle_by_runs(terms) | use.idle_by_days(terms) | use.own_word_alone(self.name)
        return rows.filter(Q(use__isnull=False), idle)

    def facts(self, terms: Terms) -> JSONObject:
        """When it was last used, how often, and in how many runs not."""
        by_runs = ExpressionWrapper(Q(use.runs_known(terms)), BooleanField())
        return JSONObject(
            last_used_at="use__last_used_at",
            uses="use__uses",
            shared="use__shared",
            by_runs=by_runs,
            runs=use.run_count(terms),
            days=Value(terms.day_span.days),
        )

    def severity(self, terms: Terms) -> Case:
        """The grant's own band."""
        return bands.band(F("risk"))

    def earliest(self, terms: Terms) -> Case:
        """When it will have been idle for long enough; the last run that is missing pulls."""
        by_days = Case(
            When(~Q(use.runs_known(terms)), then=use.ripens(terms, runs=False)),
            output_field=DateTimeField(),
        )
        ripens = Least(use.ripens(terms, runs=True), by_days)
        return Case(When(use__isnull=False, then=ripens), output_field=DateTimeField())

    def reason(self, facts: Facts) -> str:
        """Name the last use, and what has passed since."""
        shared = ", which another grant may have allowed too" if facts["shared"] else ""
        return f"Last used on {day(facts['last_used_at'])}{shared}; not in {idle(facts)} since."

    def suggestion(self, facts: Facts) -> str:
        """Rare is not unneeded."""
        basis = f"no use in {idle(facts)} since {day(facts['last_used_at'])}"
        return based("Revoke, unless a rare task needs it: then name the task.", basis)


def idle(facts: Facts) -> str:
    """For how long it was not used: in runs where they are known, else in days."""
    return many(facts["runs"]) if facts["by_runs"] else counted(facts["days"], "day")
