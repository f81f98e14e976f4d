"""Reviews with every step's facts: items, assignments, asks, answers, decisions."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils.safestring import SafeString

from governance.admin.page import Lines, Page, pairs
from governance.admin.site import site
from governance.models import Person
from reviews.evidence import item_view
from reviews.models import Answer, Ask, Assignment, Campaign, Decision, Item, Review, Undo


def assigned(path: str, person: Person) -> Q:
    """What an open assignment gives."""
    return Q(**{f"{path}__person": person, f"{path}__until": None})


class ItemLines(Lines):
    """What is asked about."""

    model = Item
    fields = ("grant", "subject_agent", "account", "agent", "state", "closed_at", "fingerprint")


class AssignmentLines(Lines):
    """Who is asked, and why them."""

    model = Assignment
    fields = ("person", "rule", "why", "since", "until", "ended_because")


@admin.register(Review, site=site)
class ReviewPage(Page):
    """Reviews, the next deadline first."""

    list_display = ("__str__", "question", "state", "severity", "asked", "opened_at", "due_at")
    list_filter = ("state", "severity", "kind")
    search_fields = ("question",)
    ordering = ("-pk",)
    inlines = (ItemLines, AssignmentLines)

    def also(self, person: Person) -> Q | None:
        """An open assignment gives its review."""
        return assigned("assignments", person)

    def get_queryset(self, request: Any) -> Any:
        """An assignment may match twice; a review is one row."""
        return super().get_queryset(request).distinct()

    @admin.display(description="asked")
    def asked(self, review: Review) -> str:
        """Who is asked now."""
        return review.assignment.person.name if review.assignment else "nobody"


class AnswerLines(Lines):
    """What was said."""

    model = Answer
    fields = ("person", "verdict", "reason", "surface", "assurance", "dwell_ms", "at")


@admin.register(Item, site=site)
class ItemPage(Page):
    """One item: frozen facts, the dry run's answer, what was said, what was decided and what became of it."""

    list_display = ("__str__", "review", "state", "closed_at")
    ordering = ("-pk",)
    fields = (
        "review",
        "grant",
        "subject_agent",
        "agent",
        "state",
        "fingerprint",
        "frozen",
        "tried",
        "became",
        "findings",
    )
    readonly_fields = ("frozen", "tried", "became")
    inlines = (AnswerLines,)

    def also(self, person: Person) -> Q | None:
        """With its review."""
        return assigned("review__assignments", person)

    @admin.display(description="facts")
    def frozen(self, item: Item) -> SafeString:
        """What a decision is bound to."""
        return pairs(item.facts)

    @admin.display(description="dry run")
    def tried(self, item: Item) -> SafeString:
        """What the system said before the person was asked."""
        return pairs(item.preview)

    @admin.display(description="outcome")
    def became(self, item: Item) -> str:
        """Decision and execution."""
        seen = item_view(item).outcome
        return f"{seen.verdict.label} by {seen.decided_by}. {seen.execution_text}" if seen else "not decided"


@admin.register(Ask, site=site)
class AskPage(Page):
    """What was sent, to whom, and the hash of what was shown."""

    list_display = ("dedupe_key", "person", "surface", "purpose", "state", "sent_at", "trouble")
    list_filter = ("state", "surface", "purpose")
    ordering = ("-pk",)
    fields = (
        "person",
        "surface",
        "purpose",
        "state",
        "shown_hash",
        "external_id",
        "made_at",
        "sent_at",
        "attempts",
        "trouble",
    )


@admin.register(Decision, site=site)
class DecisionPage(Page):
    """Decisions."""

    list_display = ("item", "verdict", "by", "at", "keep_until", "undo_until")
    list_filter = ("verdict",)
    list_select_related = ("answer__person", "policy", "item")
    ordering = ("-pk",)


@admin.register(Undo, site=site)
class UndoPage(Page):
    """What was taken back."""

    list_display = ("decision", "by", "surface", "at")
    ordering = ("-pk",)


@admin.register(Campaign, site=site)
class CampaignPage(Page):
    """Campaigns."""

    list_display = ("__str__", "policy", "population_size", "opened_at")
