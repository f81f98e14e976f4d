"""
What waits for one person, by one light look: enough to sort, count and filter by.

A card takes many reads; only what is shown gets one.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.models import Band, Person
from reviews import evidence
from reviews.evidence.cards import system_name
from reviews.models import Item, Review
from reviews.slack.rows import OTHER, Row

HELD = ("grant__account__system", "credential__account__system")
A_WEEK = timedelta(days=7)
ANY, SOON, HIGH = "any", "week", "high"
AGENT, DUE, RISK = "filter_agent", "filter_due", "filter_risk"  # action ids, and names in Preference.filters
FILTERS = (AGENT, DUE, RISK)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One subject of a review that waits; `group` is its agent, or its system where no agent's owner answers."""

    review_id: int
    item_id: int
    kind: str
    due_at: datetime
    band: Band
    group: str


def waiting_for(person: Person) -> list[Waiting]:
    """What this person is asked now, the most urgent first."""
    mine = Review.objects.open().filter(assignments__person=person, assignments__until=None)
    items = Item.objects.open().filter(review__in=mine.values("pk")).order_by("review__due_at", "review", "pk")
    subjects = (*HELD, "account__system", "subject_agent", "system")
    return [summed_up(item) for item in items.select_related("review", "agent", *subjects)]


def summed_up(item: Item) -> Waiting:
    """One of them."""
    agent, review = item.agent or item.subject_agent, item.review
    group = (agent.name if agent else system_name(item.subject)) or OTHER
    return Waiting(review.pk, item.pk, review.kind, review.due_at, evidence.band_of(item), group)


def rows_of(found: Sequence[Waiting]) -> list[Row]:
    """Their rows, in their order; without what has ended meanwhile."""
    reviews = Review.objects.select_related("policy").in_bulk({each.review_id for each in found})
    cards = [evidence.card(review) for review in reviews.values()]
    rows = {item.item_id: Row(card, item) for card in cards for item in card.items}
    return [rows[each.item_id] for each in found if each.item_id in rows]


def groups_of(found: Sequence[Waiting]) -> list[str]:
    """Under what they stand, in the order in which it first comes."""
    return list(dict.fromkeys(each.group for each in found))


def named(group: str) -> str:
    """What a menu calls a group: whatever its name is, this is short, plain and its own."""
    return hashlib.sha256(group.encode(errors="replace")).hexdigest()[:16]


def chosen(filters: Mapping[str, str], groups: Sequence[str]) -> dict[str, str]:
    """The filters of this person; one for an agent of which nothing waits any more lets everything through."""
    kept = {name: str(filters.get(name, ANY)) for name in FILTERS}
    return kept if kept[AGENT] in map(named, groups) else {**kept, AGENT: ANY}


def fits(each: Waiting, filters: Mapping[str, str], *, at: datetime) -> bool:
    """Whether the filters let it through."""
    return (
        filters[AGENT] in {ANY, named(each.group)}
        and (filters[DUE] == ANY or each.due_at <= at + A_WEEK)
        and (filters[RISK] == ANY or each.band.rank >= Band.HIGH.rank)
    )
