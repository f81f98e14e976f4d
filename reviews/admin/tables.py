"""What was decided and done, as tables on more than one page; each narrowed to what the person may see."""

from typing import Any

from django.db.models import QuerySet

from governance import access
from governance.admin import viewing
from governance.admin.page import AT_MOST, Table
from governance.models import Person
from reviews.evidence import execution, execution_text, title
from reviews.models import Decision, Item, Remediation, Review

HELD = ("grant__entitlement", "grant__account", "credential__account")
ABOUT = (*HELD, "account__system", "subject_agent", "system")
DERIVED = {"held": "Held by the brake", "failed": "Failed, trying again"}
ACTED_ON = (*HELD, "account__system", "system", "hold__system")


def decisions(review: Review, person: Person) -> Table:
    """What was decided, by whom, and whether it was taken back."""
    rows = Decision.objects.filter(item__review=review).select_related("item", "answer__person", "policy", "undo__by")
    return Table(
        "What was decided",
        ("Item", "Decision", "By", "When", "Keep until", "Can be undone until", "Undone by"),
        [
            (
                each.item,
                viewing.chip(each.verdict, each.get_verdict_display()),
                each.by,
                each.at,
                each.keep_until,
                each.open_to_undo,
                each.undo.by.name if hasattr(each, "undo") else None,
            )
            for each in access.visible(rows.order_by("pk"), to=person)
        ],
        empty="Nothing yet that you may see.",
    )


def acts(queryset: QuerySet[Remediation], person: Person) -> Table:
    """What was done, and what became of it."""
    rows = access.visible(queryset.select_related(*ACTED_ON).order_by("-pk"), to=person)[:AT_MOST]
    return Table(
        "What was done",
        ("Act", "State", "What became of it", "Sent", "Proven"),
        [(each, state(each), execution_text(each), each.sent_at, each.verified_at) for each in rows],
        empty="Nothing yet that you may see.",
    )


def state(act: Remediation) -> Any:
    """The state of an act; that it is held, or has failed before, included."""
    kind = execution(act)
    return viewing.chip(kind, DERIVED.get(kind) or act.get_state_display())


def asked_about(queryset: QuerySet[Item], person: Person, also: Any) -> Table:
    """Where something was asked about."""
    rows = access.visible(
        queryset.select_related("review", *ABOUT, "decision__answer__person", "decision__policy"), to=person, also=also
    )
    return Table(
        "Reviews",
        ("Item", "About", "State", "Due", "Decision"),
        [
            (each, title(each.subject), each.get_state_display(), each.review.due_at, decided(each) or "not decided")
            for each in rows.order_by("-pk")[:AT_MOST]
        ],
        empty="Nothing was asked about it.",
    )


def decided(item: Item) -> str | None:
    """The decision in a few words."""
    decision = getattr(item, "decision", None)
    return f"{decision.get_verdict_display()}, by {decision.by}" if decision else None
