"""Lease due: what it may hold until a date ends soon enough that the answer must be asked for now."""

from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import JSONObject
from django.db.models.lookups import LessThanOrEqual

from governance.models import Finding
from governance.policy import bands
from governance.policy.check import Check, Facts
from governance.policy.terms import Terms
from governance.policy.wording import day

ASKED_BY_OTHERS = ("appeared", "returned")


class LeaseDue(Check):
    """Asked a review's window before the end, so that the answer is there when the lease ends."""

    name = "lease_due"
    title = "Lease ends"

    def suspects(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """A lease within its window; or none, and nobody has asked why it appeared."""
        asked = Finding.objects.uncleared().filter(grant=OuterRef("pk"), check_name__in=ASKED_BY_OTHERS)
        none = Q(lease_ends_at=None) & ~Q(Exists(asked))
        due = LessThanOrEqual(asks_at(terms), Value(terms.at, DateTimeField()))
        return rows.filter(Q(due) | none)

    def facts(self, terms: Terms) -> JSONObject:
        """When it ends, and the moment of judgement, which says whether it has ended."""
        return JSONObject(
            lease_ends_at="lease_ends_at",
            at=Value(terms.at, DateTimeField()),
            intended="intended",
        )

    def severity(self, terms: Terms) -> Case:
        """The grant's own band."""
        return bands.band(F("risk"))

    def earliest(self, terms: Terms) -> ExpressionWrapper[Any]:
        """A review's window before the end."""
        return asks_at(terms)

    def reason(self, facts: Facts) -> str:
        """Name the end."""
        ends = facts["lease_ends_at"]
        if ends is None:
            return "Held without a lease: nobody has said until when it may be."
        over = datetime.fromisoformat(ends) <= datetime.fromisoformat(facts["at"])
        return f"The lease {'ended' if over else 'ends'} on {day(ends)}."

    def suggestion(self, facts: Facts) -> str | None:
        """No opinion: whether it is still needed is what is asked."""
        return None


def asks_at(terms: Terms) -> ExpressionWrapper[Any]:
    """Return when a grant must be asked about for the sake of its lease."""
    window = bands.span(terms.parameters, "review_seconds", F("risk"))
    return ExpressionWrapper(F("lease_ends_at") - window, DateTimeField())
