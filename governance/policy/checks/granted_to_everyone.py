"""Granted to everyone: something that can be taken away is held by whoever gets in."""

from typing import Any

from django.db.models import Case, F, Q, QuerySet
from django.db.models.functions import JSONObject

from governance.models import Account, Band
from governance.policy import bands, use
from governance.policy.check import Check, Facts
from governance.policy.terms import Terms
from governance.policy.wording import based


class GrantedToEveryone(Check):
    """Asked once: keeping it is an answer of the system's owner."""

    name = "granted_to_everyone"
    title = "Granted to everyone"

    def suspects(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """Held by everyone, revocable, and either an action or the way into a schema."""
        does_something = Q(use.tracked()) | Q(entitlement__native_type="schema")
        everyone = Q(account__kind=Account.Kind.EVERYONE, revocable=True)
        return rows.filter(everyone, does_something)

    def facts(self, terms: Terms) -> JSONObject:
        """Who everyone is called, where, and what they may."""
        return JSONObject(
            holder="account__name",
            system="account__system__name",
            entitlement="entitlement__name",
        )

    def severity(self, terms: Terms) -> Case:
        """The grant's own band, at least medium."""
        return bands.band(F("risk"), at_least=Band.MEDIUM)

    def reason(self, facts: Facts) -> str:
        """Name what everyone may."""
        return (
            f"Everyone who can sign in to {facts['system']} holds {facts['entitlement']},"
            f" through {facts['holder']}: taking it from one agent changes nothing for that agent."
        )

    def suggestion(self, facts: Facts) -> str:
        """Name the order: grant first, then revoke."""
        advice = f"Grant it to those who need it by name, then revoke it from {facts['holder']}."
        return based(advice, f"everyone who can sign in to {facts['system']} holds it")
