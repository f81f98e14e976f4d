"""What waits for me, the most urgent first, and what I decided last."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from governance import clock
from governance.models import Agent, Band, Person
from reviews.evidence import ItemView, band_of, item_view, replay_text
from reviews.models import Assignment, Decision, Item, Review, State
from reviews.web.pages import page
from reviews.web.sight import offers_to

LAST = 20
NOBODYS = "Of no agent"
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


@dataclass(frozen=True, slots=True)
class Row:
    """One review in the list: of `subjects` so many are still to be decided (`undecided`), each a question."""

    review: Review
    agent: str
    band: Band
    undecided: int
    subjects: int
    replay: str

    @property
    def left(self) -> str:
        """How much of it is left, where it is about several."""
        of = f" of {self.subjects}" if self.undecided < self.subjects else ""
        return f"{self.undecided}{of} to decide." if self.subjects > 1 else ""


@dataclass(frozen=True, slots=True)
class Group:
    """The questions about one agent."""

    agent: str
    rows: list[Row]


@page
@require_safe
def queue(request: HttpRequest, person: Person) -> HttpResponse:
    """The page."""
    rows = waiting(person)
    context = {
        "person": person,
        "words": sentence(rows),
        "groups": grouped(rows),
        "offers": offers_to(person).select_related("assignment__review", "assignment__person").order_by("pk"),
        "decided": last_decided(person),
    }
    return render(request, "reviews/queue.html", context)


def waiting(person: Person) -> list[Row]:
    """Open questions that this person is asked, the next deadline first."""
    mine = Assignment.objects.filter(person=person, until=None)
    reviews = Review.objects.open().filter(pk__in=mine.values("review")).order_by("due_at", "pk")
    at = clock.now()
    return [row(review, at=at) for review in reviews.prefetch_related("items__agent", "items__subject_agent")]


def row(review: Review, *, at: datetime) -> Row:
    """A question with what tells it from the others."""
    items = [item for item in review.items.all() if item.state == State.OPEN]
    agents = sorted({agent.name for item in items if (agent := about(item))})
    replay = replay_text(items[0], at=at) if len(items) == 1 else ""
    band = max(map(band_of, items), key=lambda band: band.rank, default=Band(review.severity))
    return Row(review, ", ".join(agents) or NOBODYS, band, len(items), len(review.items.all()), replay)


def about(item: Item) -> Agent | None:
    """The agent that it is about."""
    return item.agent or item.subject_agent


def grouped(rows: list[Row]) -> list[Group]:
    """By agent; the agent with the next deadline first."""
    first = {each.agent: rank for rank, each in reversed(list(enumerate(rows)))}
    ordered = sorted(rows, key=lambda each: first[each.agent])
    return [Group(agent, list(each)) for agent, each in groupby(ordered, key=lambda each: each.agent)]


def sentence(rows: list[Row]) -> str:
    """The page in one sentence, or two; questions are counted as everywhere: one for each that is decided by itself."""
    if not rows:
        return ""
    number = sum(row.undecided for row in rows)
    count = NUMBERS[number] if number < len(NUMBERS) else f"{number:,}"
    waits = "question waits" if number == 1 else "questions wait"
    due = timezone.localtime(rows[0].review.due_at)
    when = f"{'It' if number == 1 else 'The first'} is due {due:%a %-d %b, %H:%M}."
    return f"{count} {waits} for your answer. {when}"


def last_decided(person: Person) -> list[tuple[ItemView, int]]:
    """What this person decided last, with its review's key: decision and execution apart."""
    decisions = Decision.objects.filter(answer__person=person).order_by("-pk")[:LAST]
    items = [each.item for each in decisions.select_related("item__review__policy", "item__grant__entitlement")]
    return [(item_view(item), item.review_id) for item in items]
