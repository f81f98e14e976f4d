"""Unclaimed: something may sign in with an account that holds much, and nobody has said whose it is."""

from typing import Any

from django.db.models import Case, Exists, Q, QuerySet, Subquery, When
from django.db.models.fields.json import KT
from django.db.models.functions import JSONObject

from governance.models import Band
from governance.models.risk import FLOORS
from governance.policy import bands
from governance.policy.check import Check, Facts
from governance.policy.power import held, riskiest, riskiest_held
from governance.policy.subjects import unclaimed
from governance.policy.terms import Terms
from governance.policy.wording import based


class Unclaimed(Check):
    """
    About accounts: run whole each sweep, so that it needs no due date.

    It stands until somebody says whose the account is, or it is shut: not only while it holds much. So it does also
    where somebody had the question put about an account that holds little.
    """

    name = "unclaimed"
    title = "No agent claims it"
    subject = "account"

    def suspects(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """Nobody's, and it holds something of the band that policy names, or of more, or may as much by itself."""
        least = floor(terms)
        return self.stands(rows, terms).filter(Exists(held().filter(risk__gte=least)) | Q(own_risk__gte=max(least, 1)))

    def stands(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """Nobody's."""
        return unclaimed(rows)

    def facts(self, terms: Terms) -> JSONObject:
        """Which account, and the riskiest thing that it holds, or may by itself."""
        first = Subquery(held().order_by("-risk", "pk").values("entitlement__name")[:1])
        by_itself = When(Q(own_risk__gt=0) & Q(own_risk__gte=riskiest_held()), then=KT("abilities__0__name"))
        return JSONObject(
            account="name",
            system="system__name",
            holds=Case(by_itself, default=first),
            band=bands.band(riskiest()),
        )

    def severity(self, terms: Terms) -> Case:
        """The band of that."""
        return bands.band(riskiest())

    def reason(self, facts: Facts) -> str:
        """Name what it may do."""
        known = f"No agent is known to use {facts['account']} in {facts['system']}, which may sign in"
        return f"{known} and holds {power(facts)}." if facts["holds"] else f"{known}."

    def suggestion(self, facts: Facts) -> str:
        """Name the answers."""
        advice = "Say which agent uses it, say that none does, or disable it."
        return based(
            advice, f"it holds {power(facts)}" if facts["holds"] else "it may sign in, and nobody answers for it"
        )


def power(facts: Facts) -> str:
    """The riskiest thing that it holds, with its risk."""
    return f"{facts['holds']} ({Band(facts['band']).label.lower()})"


def floor(terms: Terms) -> int:
    """From which score on what is held is asked about."""
    return next(score for score, band in FLOORS if band == terms.parameters.unclaimed_from)
