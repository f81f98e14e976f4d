"""Unused credential: it can be used, its system would tell if it were, and it is not."""

from typing import Any

from django.db.models import Case, QuerySet
from django.db.models.functions import JSONObject

from governance.policy import keys
from governance.policy.check import Check, Facts
from governance.policy.terms import Terms
from governance.policy.wording import based, counted, day


class UnusedCredential(Check):
    """What is not tracked is never unused, nor is what could not be read since."""

    name = "unused_credential"
    title = "A credential that is not used"
    subject = "credential"

    def suspects(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """Tracked, and idle for as long as policy wants."""
        found: QuerySet[Any] = rows.alias(idle_since=keys.idle_since()).filter(keys.idle(terms))
        return found

    def facts(self, terms: Terms) -> JSONObject:
        """When it was last used, how old it is, and as of when that is known."""
        return keys.age(terms, last_used_at="last_used_at", read_at="read_at")

    def severity(self, terms: Terms) -> Case:
        """The band of the riskiest thing that it opens."""
        return keys.severity()

    def reason(self, facts: Facts) -> str:
        """Name the last use, or that there was none."""
        told = f"as its system told on {day(facts['read_at'])}"
        if facts["last_used_at"] is None:
            return f"Never used in {counted(facts['days'], 'day')}, {told}."
        return f"Last used on {day(facts['last_used_at'])}, {told}."

    def suggestion(self, facts: Facts) -> str:
        """Say that it can go."""
        last = facts["last_used_at"]
        basis = f"no use since {day(last)}" if last else "it was never used"
        return based("Revoke: it is disabled first, and can be enabled again.", basis)
