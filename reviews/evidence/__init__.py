"""
Rows into frozen dataclasses: what a review looks like to a person, whatever surface shows it.

    cards     a review and its items, as they are asked
    outcomes  what was decided, and what is true of it now

A surface renders a Card and adds no fact of its own. Everything here was read in one go, at one moment.
"""

from reviews.evidence.cards import (
    Card,
    ItemView,
    Line,
    band_of,
    card,
    grantor,
    item_view,
    keep_needs_reason,
    preview_text,
    title,
)
from reviews.evidence.outcomes import Outcome, execution, execution_text, outcome

__all__ = [
    "Card",
    "ItemView",
    "Line",
    "Outcome",
    "band_of",
    "card",
    "execution",
    "execution_text",
    "grantor",
    "item_view",
    "keep_needs_reason",
    "outcome",
    "preview_text",
    "title",
]
