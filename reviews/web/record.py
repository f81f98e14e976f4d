"""One review in full: the card, what happened, and what it rests on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance import access, clock
from governance.models import Band, Entry, Finding, Person
from governance.policy.checks import reason
from reviews import describing, evidence, questions, undoing
from reviews.evidence import Card, ItemView, Outcome
from reviews.evidence.outcomes import stopped
from reviews.models import Decision, Item, Review, State
from reviews.web.pages import page
from reviews.web.shown import sealed
from reviews.web.sight import asked_now, offers_to, review_of

ENTRIES_AT_MOST = 100
FOLLOWS = timedelta(minutes=1)
LOOKS_AGAIN = timedelta(seconds=4)
STALE = timedelta(minutes=1)
SHOWN_OF = (
    *("grant__account__system", "grant__entitlement", "credential__account__system"),
    *("account__system", "subject_agent__unit", "agent", "system"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One item of the card: with what its forms carry where the viewer may answer, and whether it can be taken back."""

    item: ItemView
    token: str
    can_be_taken_back: bool


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A finding in words."""

    finding: Finding
    text: str


@page
@require_safe
def record(request: HttpRequest, person: Person, key: int) -> HttpResponse:
    """The page. Whether somebody who is asked opened it is evidence."""
    review = review_of(person, key)
    at = clock.now()
    with transaction.atomic():
        questions.look(review, by=person, surface="web", at=at)
        freshen(review, at=at)
    card = evidence.card(review)
    shown = list(parts(card, review, person=person, at=at))
    context = {
        "card": card,
        "why": stopped(card.why_you),
        "parts": shown,
        "several": len(shown) > 1,
        "band": worst(card),
        "asked": asked_now(person, review),
        "unsure": next((part.token for part in shown if part.token), ""),
        "offer": offers_to(person).filter(assignment__review=review).select_related("assignment__person").first(),
        "history": evidence.history(review),
        "findings": findings(review),
        "earlier": earlier(review),
        "entries": entries(review, person),
    }
    follows = any(each.item.outcome and is_news(each.item.outcome, at) for each in shown)
    response = render(request, "reviews/record.html", context | {"follows": follows})
    if follows:
        response.headers["Refresh"] = str(LOOKS_AGAIN.seconds)  # without a script
    return response


def freshen(review: Review, *, at: datetime) -> None:
    """Look up anew what is shown of what is open, where that is a minute old; copies elsewhere follow what changed."""
    for item in review.items.open().select_related(*SHOWN_OF):
        before = item.facts_shown
        if str(before.get("at", "")) > (at - STALE).isoformat():
            continue
        describing.look_up(item)
        if any(before.get(name) != item.facts_shown.get(name) for name in ("lines", "replay", "risk")):
            questions.outdate(review)


def is_news(outcome: Outcome, at: datetime) -> bool:
    """Whether more is to come while somebody still looks: then the page follows by itself."""
    last = max(filter(None, (outcome.decided_at, outcome.undone_at)))
    return outcome.moving and at - last < FOLLOWS


def parts(card: Card, review: Review, *, person: Person, at: datetime) -> Iterator[Part]:
    """The items of the card, each with what the viewer can do with it."""
    asked, takes_back = asked_now(person, review), undoing.undoable(review, by=person, at=at)
    for view in card.items:
        mine = asked and view.state == State.OPEN
        yield Part(
            item=view,
            token=sealed(card, view, to=person, at=at) if mine else "",
            can_be_taken_back=view.item_id in takes_back,
        )


def worst(card: Card) -> Band:
    """The risk of its worst item."""
    return max((item.band for item in card.items), key=lambda band: band.rank, default=card.severity)


def findings(review: Review) -> list[Suspicion]:
    """Why it was asked, in words, the oldest first; where it is about several, about which of them."""
    items = list(
        review.items.select_related("grant__entitlement", "credential", "account", "subject_agent").order_by("pk")
    )
    return [each for item in items for each in suspected(item, whose=evidence.title(item.subject) if items[1:] else "")]


def suspected(item: Item, *, whose: str) -> Iterator[Suspicion]:
    """Why one item was asked."""
    for finding in item.findings.order_by("pk"):
        text = reason(finding.check_name, finding.facts)
        yield Suspicion(finding, f"{whose}: {text}" if whose else text)


def earlier(review: Review) -> list[tuple[ItemView, str]]:
    """What was decided before about the same subjects, the newest first, and in which review."""
    subjects = [Q(**{f"item__{name}__in": review.items.exclude(**{name: None}).values(name)}) for name in Item.SUBJECTS]
    same = reduce(or_, subjects)
    decisions = Decision.objects.filter(same, item__review__lt=review.pk).order_by("-pk")
    items = [each.item for each in decisions.select_related("item__review__policy")]
    return [(evidence.item_view(item), str(item.review)) for item in items]


def entries(review: Review, person: Person) -> QuerySet[Entry]:
    """What the ledger says about it and its items, for those who may read the ledger."""
    about = Q(subjects__contains=[{"kind": "review", "id": str(review.pk)}])
    for key in review.items.values_list("pk", flat=True):
        about |= Q(subjects__contains=[{"kind": "item", "id": str(key)}])
    return access.visible(Entry.objects.filter(about).order_by("id"), to=person)[:ENTRIES_AT_MOST]
