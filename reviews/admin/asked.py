"""Reviews with every step's facts: items, assignments, asks, answers, decisions, acts, and the ledger's entries."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from governance import access
from governance.admin import viewing
from governance.admin.page import AT_MOST, Page, Table
from governance.admin.site import site
from governance.models import Entry, Person
from reviews.admin.sight import asks_of, assigned
from reviews.admin.tables import ABOUT, acts, decisions
from reviews.evidence import card, item_view, title
from reviews.models import Answer, Ask, Assignment, Campaign, Item, Remediation, Review


@admin.register(Review, site=site)
class ReviewPage(Page):
    """Reviews, the newest first."""

    lead = "Every question that was put to a person, and what came of it."
    empty = "No question that you may see was asked yet. Findings become questions within a minute."
    record_template = "admin/review.html"
    list_display = ("__str__", "question", "state_shown", "band", "asked", "opened_at", "due_at")
    list_filter = ("state", "severity", "kind")
    search_fields = ("question",)
    ordering = ("-pk",)
    facts = (
        "state_shown",
        "band",
        "asked",
        "unit",
        "opened_at",
        "remind_at",
        "escalate_at",
        "due_at",
        "reminded_at",
        "escalated_at",
        "closed_at",
        "policy",
        "campaign",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the person of now, in one more query."""
        now = Assignment.objects.filter(until=None).select_related("person")
        return super().get_queryset(request).prefetch_related(Prefetch("assignments", now, to_attr="open_assignments"))

    def also(self, person: Person) -> Q | None:
        """An open assignment gives its review."""
        return assigned("pk", person)

    @admin.display(description="state", ordering="state")
    def state_shown(self, review: Review) -> SafeString:
        """Its state."""
        return viewing.chip(review.state, review.get_state_display())

    @admin.display(description="risk", ordering="severity")
    def band(self, review: Review) -> SafeString:
        """Its band."""
        return viewing.risk(review.severity)

    @admin.display(description="asked")
    def asked(self, review: Any) -> str:
        """Who is asked now."""
        return ", ".join(each.person.name for each in review.open_assignments) or "nobody"

    def words(self, row: Review, person: Person) -> str:
        """The question."""
        return row.question

    def more(self, row: Review) -> dict[str, Any]:
        """The card, as the person who is asked sees it on any surface."""
        return {"card": card(row)}

    def tables(self, row: Review, person: Person) -> Iterable[Table]:
        """Every step's facts, in the order of the steps. Seeing the review is seeing the first three."""
        yield assignments(row)
        yield asks(row)
        yield answers(Answer.objects.filter(item__review=row))
        yield decisions(row, person)
        yield acts(
            Remediation.objects.filter(Q(decision__item__review=row) | Q(undo__decision__item__review=row)), person
        )
        yield entries(row, person)


@admin.register(Item, site=site)
class ItemPage(Page):
    """One item: frozen facts, the dry run's answer, what was said, what was decided and what became of it."""

    lead = "The single things that were asked about, each with the facts that a decision is bound to."
    list_display = ("__str__", "subject", "agent", "state", "closed_at")
    list_select_related = (
        *ABOUT,
        "agent",
    )
    list_filter = ("state",)
    ordering = ("-pk",)
    facts = (
        "review",
        "subject",
        "agent",
        "state",
        "closed_at",
        "why_now",
        "replay",
        "dry_run",
        "previewed_at",
        "frozen",
        "fingerprint",
        "became",
    )

    def also(self, person: Person) -> Q | None:
        """With its review."""
        return assigned("review", person)

    def words(self, row: Item, person: Person) -> str:
        """The question that it is a part of, and what this part is about."""
        return f"{row.review.question} This is about {title(row.subject)}."

    @admin.display(description="about")
    def subject(self, item: Item) -> Any:
        """The subject."""
        return item.subject

    @admin.display(description="why now")
    def why_now(self, item: Item) -> str:
        """Why it was asked."""
        return " ".join(item_view(item).why_now)

    @admin.display(description="what use says")
    def replay(self, item: Item) -> str:
        """What a removal would have stopped."""
        return item_view(item).replay

    @admin.display(description="dry run")
    def dry_run(self, item: Item) -> str:
        """What the system said before the person was asked."""
        return item_view(item).preview or "Not tried yet."

    @admin.display(description="frozen facts")
    def frozen(self, item: Item) -> dict[str, Any]:
        """What a decision is bound to."""
        return dict(item.facts)

    @admin.display(description="outcome")
    def became(self, item: Item) -> str:
        """Decision and execution."""
        seen = item_view(item).outcome
        if seen is None:
            return "Not decided."
        return " ".join(
            filter(None, (f"{seen.verdict.label}, by {seen.decided_by}.", seen.undone, seen.execution_text))
        )

    def tables(self, row: Item, person: Person) -> Iterable[Table]:
        """What was said; the acts where they may be seen."""
        yield answers(row.answers.all())
        yield acts(Remediation.objects.filter(Q(decision__item=row) | Q(undo__decision__item=row)), person)


@admin.register(Ask, site=site)
class AskPage(Page):
    """What was sent, to whom, and the hash of what was shown."""

    lead = "Each time that a question was put: to whom, where, and the hash of what was shown."
    empty = "Nobody was asked yet."
    list_display = ("person", "surface", "purpose", "state", "made_at", "sent_at", "trouble")
    list_filter = ("state", "purpose")
    list_select_related = ("person",)
    ordering = ("-pk",)
    facts = (
        "person",
        "surface",
        "purpose",
        "state",
        "made_at",
        "sent_at",
        "attempts",
        "trouble",
        "external_id",
        "shown_hash",
        "dedupe_key",
    )

    def also(self, person: Person) -> Q | None:
        """With its reviews."""
        return asks_of(person)

    def tables(self, row: Ask, person: Person) -> Iterable[Table]:
        """The reviews that it put."""
        seen = access.visible(row.reviews.order_by("pk"), to=person, also=assigned("pk", person))
        yield Table("Reviews", ("Review", "Question"), [(each, each.question) for each in seen], empty="None.")


@admin.register(Campaign, site=site)
class CampaignPage(Page):
    """Campaigns."""

    lead = "Why and until when reviews exist. The continuous one begins anew with each calendar period."
    empty = "Campaigns are read by who governs or audits the whole organisation."
    list_display = ("__str__", "policy", "population_size", "opened_at")
    list_select_related = ("policy",)
    ordering = ("-pk",)
    facts = ("scope", "policy", "starts_at", "ends_at", "opened_at", "population_size", "population_root")


def assignments(review: Review) -> Table:
    """Who is asked, and why them."""
    rows = review.assignments.select_related("person").order_by("pk")
    return Table(
        "Who was asked, and why them",
        ("Person", "Why", "From", "Until", "Why it ended"),
        [(each.person, each.why, each.since, each.until or "now", each.ended_because) for each in rows],
        empty="Nobody can be asked: it is in governance's queue.",
    )


def asks(review: Review) -> Table:
    """How they were asked."""
    rows = review.asks.select_related("person").order_by("pk")
    return Table(
        "How they were asked",
        ("Ask", "On", "State", "Sent", "What was shown, hashed", "Trouble"),
        [
            (
                f"{each.get_purpose_display()} to {each.person.name}",
                each.surface,
                each.get_state_display(),
                each.sent_at,
                viewing.code(each.shown_hash),
                each.trouble,
            )
            for each in rows
        ],
        empty="Not yet; a question is sent within seconds.",
    )


def answers(queryset: QuerySet[Answer]) -> Table:
    """What was said, and how sure we are that it was that person."""
    rows = queryset.select_related("person", "named", "item").order_by("pk")
    return Table(
        "What was said",
        ("Item", "Person", "Answer", "Reason", "On", "How sure", "When"),
        [
            (
                each.item,
                each.person,
                f"{each.get_verdict_display()}{f': {each.named.name}' if each.named else ''}",
                each.reason,
                each.surface,
                each.assurance.replace("_", " "),
                each.at,
            )
            for each in rows
        ],
        empty="Nothing yet.",
    )


def entries(review: Review, person: Person) -> Table:
    """What the ledger says about it and its items, for those who may read the ledger."""
    about = Q(subjects__contains=[{"kind": "review", "id": str(review.pk)}])
    for item in review.items.all():
        about |= Q(subjects__contains=[{"kind": "item", "id": str(item.pk)}])
    rows = access.visible(Entry.objects.filter(about).order_by("id"), to=person)[:AT_MOST]
    return Table(
        "What the ledger says",
        ("Entry", "When", "By"),
        [(each, viewing.exactly(each.at), f"{each.actor_kind} {each.actor_id}") for each in rows],
        empty="The ledger is read by who governs or audits the whole organisation.",
    )
