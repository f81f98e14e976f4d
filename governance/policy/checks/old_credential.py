"""Old credential: it has not been replaced for so long that whoever got hold of it can still use it."""

from typing import Any

from django.db.models import Case, QuerySet
from django.db.models.functions import JSONObject

from governance.models import Band
from governance.policy import keys
from governance.policy.check import Check, Facts
from governance.policy.terms import Terms
from governance.policy.wording import based, counted, day


class OldCredential(Check):
    """About every credential that can be used, whoever uses its account."""

    name = "old_credential"
    title = "Not replaced for long"
    subject = "credential"

    def suspects(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """As old as policy allows, or older."""
        found: QuerySet[Any] = rows.alias(since=keys.since()).filter(
            keys.older(terms, terms.parameters.old_credential_seconds)
        )
        return found

    def facts(self, terms: Terms) -> JSONObject:
        """How old it is."""
        return keys.age(terms)

    def severity(self, terms: Terms) -> Case:
        """The band of the riskiest thing that it opens, at least medium."""
        return keys.severity(at_least=Band.MEDIUM)

    def reason(self, facts: Facts) -> str:
        """Name its age."""
        days = counted(facts["days"], "day")
        if facts["created_at"] is None:
            return f"It has been there for {days} at least, since {day(facts['first_seen_at'])}, and was not replaced."
        return f"It was made on {day(facts['created_at'])}, {days} ago, and has not been replaced."

    def suggestion(self, facts: Facts) -> str:
        """Name the order: the new one first."""
        advice = "Give the agent a new one, see that it works, then revoke this one."
        return based(advice, f"it is {counted(facts['days'], 'day')} old")
