"""Over-scoped: used, and of much that it allows only a part."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, QuerySet, Value
from django.db.models.functions import JSONObject

from governance.policy import bands, scope
from governance.policy.check import Check, Facts
from governance.policy.terms import Terms
from governance.policy.wording import based, counted

NAMED = 5


class OverScoped(Check):
    """Speaks where each use would have been seen: a gap could hide the rest. A feed that died clears nothing."""

    name = "over_scoped"
    title = "Wider than what is used"

    def suspects(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """Used, of many actions a part, and seen for long enough."""
        return rows.filter(scope.over_scoped(terms))

    def stands(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """No more of it is used than a part, but for what agents alone say."""
        return rows.filter(scope.still(terms, self.name))

    def facts(self, terms: Terms) -> JSONObject:
        """How many actions were used, which ones first, of how many, in how many days."""
        return JSONObject(
            used=scope.used_number(terms),
            named=ArraySubquery(scope.used(terms)[:NAMED]),
            actions=scope.number(terms),
            more=scope.open_ended(),
            days=Value(terms.scope_span.days),
        )

    def severity(self, terms: Terms) -> Case:
        """The grant's own band."""
        return bands.band(F("risk"))

    def earliest(self, terms: Terms) -> Case:
        """When use will have been seen for long enough, or one is forgotten; a first use is a fact, and pulls."""
        return scope.ripens(terms)

    def reason(self, facts: Facts) -> str:
        """Name what is used, and of how many."""
        named, more = ", ".join(facts["named"]), facts["used"] - len(facts["named"])
        rest = f" and {more:,} more" if more else ""
        return f"{share(facts)}: {named}{rest}."

    def suggestion(self, facts: Facts) -> str:
        """What it uses it may need; the rest nobody missed."""
        return based("Reduce it to what is used; the rest can be given back.", share(facts, start="used"))


def share(facts: Facts, *, start: str = "Used") -> str:
    """How many of its actions were used, and in how long a time."""
    number = f"{'at least' if facts['more'] else 'the'} {facts['actions']:,} actions"
    return f"{start} {facts['used']:,} of {number} that it allows, in {counted(facts['days'], 'day')}"
