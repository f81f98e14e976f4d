"""Remediations with every attempt, and holds."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin

from governance import access
from governance.admin import viewing
from governance.admin.filters import Seen
from governance.admin.page import Page, Table
from governance.admin.site import site
from governance.models import Person
from reviews.admin.filters import Held
from reviews.admin.tables import ACTED_ON, acts, state
from reviews.evidence import execution_text
from reviews.models import Hold, Remediation


@admin.register(Remediation, site=site)
class RemediationPage(Page):
    """Acts, newest first, and what became of each."""

    lead = "The acts that make decisions true. Only a fresh, complete read of the system proves one."
    empty = "Nothing had to be done yet."
    list_display = ("__str__", "system", "stands", "automatic", "planned_at", "sent_at", "verified_at")
    list_filter = ("state", "act", "automatic", ("system", Seen), Held)
    list_select_related = ACTED_ON
    ordering = ("-pk",)
    facts = (
        "act",
        "target",
        "system",
        "stands",
        "cause",
        "follows",
        "automatic",
        "hold",
        "planned_at",
        "released_at",
        "sent_at",
        "verified_at",
        "trouble",
        "showed",
        "before",
        "level",
    )

    def words(self, row: Remediation, person: Person) -> str:
        """What became of it."""
        return execution_text(row)

    @admin.display(description="state", ordering="state")
    def stands(self, remediation: Remediation) -> Any:
        """Its state, held included."""
        return state(remediation)

    @admin.display(description="acts on")
    def target(self, remediation: Remediation) -> Any:
        """The grant, credential or account."""
        return remediation.target

    @admin.display(description="cause")
    def cause(self, remediation: Remediation) -> Any:
        """The decision, or the undo."""
        if remediation.undo:
            return remediation.undo
        decision = remediation.decision
        return viewing.Named(decision, f"{decision.get_verdict_display()}, by {decision.by}") if decision else None

    @admin.display(description="last read")
    def showed(self, remediation: Remediation) -> dict[str, Any]:
        """Direct, effective, other paths."""
        return dict(remediation.outcome)

    def tables(self, row: Remediation, person: Person) -> Iterable[Table]:
        """Every time that it was tried or read."""
        tries = access.visible(row.tries.order_by("number"), to=person)
        yield Table(
            "Attempts",
            ("No.", "What", "Outcome", "Asked", "Answered", "When"),
            [
                (each.number, each.get_kind_display(), each.outcome, each.request, each.response, each.at)
                for each in tries
            ],
            empty="Not tried yet.",
        )


@admin.register(Hold, site=site)
class HoldPage(Page):
    """Holds; release and cancel are in governance's queue."""

    lead = "Where too much at once was stopped. Release and cancel are in governance's queue."
    empty = "The brake has not stopped anything."
    list_display = ("system", "opened_at", "why", "released_count", "closed_at")
    list_select_related = ("system",)
    ordering = ("-pk",)
    facts = ("system", "why", "opened_at", "released_by", "released_count", "closed_at")

    def words(self, row: Hold, person: Person) -> str:
        """Why."""
        return row.why

    def tables(self, row: Hold, person: Person) -> Iterable[Table]:
        """What waits."""
        yield acts(row.remediations.all(), person)
