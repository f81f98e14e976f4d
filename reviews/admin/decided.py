"""Decisions, and what was taken back."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils.html import format_html
from django.utils.safestring import SafeString

from governance.admin import viewing
from governance.admin.page import Page, Table
from governance.admin.site import site
from governance.models import Grant, Person
from reviews.admin.tables import ABOUT, acts
from reviews.models import Decision, Remediation, Undo


@admin.register(Decision, site=site)
class DecisionPage(Page):
    """Decisions."""

    lead = "What was decided: by a person's answer, or by policy where nobody answered. Policy never keeps."
    empty = "Nothing that you may see was decided yet."
    list_display = ("about", "item", "decided", "by", "at", "keep_until")
    list_filter = ("verdict",)
    list_select_related = ("answer__person", "policy", "undo__by", "item__agent", *(f"item__{each}" for each in ABOUT))
    ordering = ("-pk",)
    facts = ("about", "item", "decided", "by", "at", "reason", "keep_until", "can_be_undone_until", "then")

    @admin.display(description="about")
    def about(self, decision: Decision) -> str:
        """The subject, and whose it is."""
        item, subject = decision.item, decision.item.subject
        whose = f"{item.agent.name}: " if item.agent else ""
        return f"{whose}{subject.entitlement.name if isinstance(subject, Grant) else subject}"

    @admin.display(description="decision", ordering="verdict")
    def decided(self, decision: Decision) -> SafeString:
        """The verdict, and that it was taken back."""
        chip = viewing.chip(decision.verdict, decision.get_verdict_display())
        undo: Undo | None = getattr(decision, "undo", None)
        return format_html("{} taken back {}", chip, viewing.moment(undo.at)) if undo else chip

    @admin.display(description="reason")
    def reason(self, decision: Decision) -> str:
        """What the person wrote."""
        return decision.answer.reason if decision.answer else "Nobody answered in time."

    @admin.display(description="can be undone until", empty_value="not")
    def can_be_undone_until(self, decision: Decision) -> datetime | None:
        """Where it can at all."""
        return decision.open_to_undo

    @admin.display(description="facts at the decision")
    def then(self, decision: Decision) -> dict[str, Any]:
        """What it was bound to."""
        return dict(decision.facts)

    def tables(self, row: Decision, person: Person) -> Iterable[Table]:
        """What it caused."""
        yield acts(Remediation.objects.filter(Q(decision=row) | Q(undo__decision=row)), person)


@admin.register(Undo, site=site)
class UndoPage(Page):
    """What was taken back."""

    lead = "Decisions that a person took back in time."
    empty = "Nothing was taken back."
    list_display = ("__str__", "decision", "by", "surface", "at")
    list_select_related = ("decision__answer__person", "decision__policy", "by")
    ordering = ("-pk",)
    facts = ("decision", "by", "reason", "surface", "assurance", "at")

    def tables(self, row: Undo, person: Person) -> Iterable[Table]:
        """What it caused."""
        yield acts(row.remediations.all(), person)
