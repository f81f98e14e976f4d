"""Static credential: an agent signs in with a secret that has no end."""

from typing import Any

from django.db.models import Case, Exists, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from governance.models import Band
from governance.policy import keys
from governance.policy.check import Check, Facts
from governance.policy.observed import claims_of
from governance.policy.terms import Terms
from governance.policy.wording import based


class StaticCredential(Check):
    """Asked once: keeping it is an answer, until its lease ends."""

    name = "static_credential"
    title = "A secret without an end"
    subject = "credential"

    def suspects(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """Never expires, is not quite new, and is of an account that an agent uses."""
        used = Exists(claims_of(OuterRef("account")))
        old = keys.older(terms, terms.parameters.static_credential_seconds)
        found: QuerySet[Any] = rows.alias(since=keys.since()).filter(old, used, expires_at=None)
        return found

    def facts(self, terms: Terms) -> JSONObject:
        """How old it is."""
        return keys.age(terms)

    def severity(self, terms: Terms) -> Case:
        """The band of the riskiest thing that it opens, at least medium."""
        return keys.severity(at_least=Band.MEDIUM)

    def reason(self, facts: Facts) -> str:
        """Name what never ends."""
        return "It never expires: whoever gets hold of it can use it until it is removed."

    def suggestion(self, facts: Facts) -> str:
        """Name what takes its place."""
        advice = (
            "Let the agent sign in by what ends by itself, such as a role or a short-lived token, then revoke this."
        )
        return based(advice, "it has no date of expiry")
