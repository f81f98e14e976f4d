"""
Rows into frozen dataclasses: what a review looks like to a person, whatever surface shows it.

    cards     a review and its items, as they are asked
    history   what has happened, line by line
    keeping   what a keep needs: one click, or words
    outcomes  what was decided, and what is true of it now
    previews  what revoking would do

A surface renders a Card and adds no fact of its own. Everything here was read in one go, at one moment.
"""

from reviews.evidence.cards import (
    About,
    Card,
    ItemView,
    Line,
    Match,
    card,
    grantor,
    item_view,
    needing,
    replay_text,
    title,
)
from reviews.evidence.history import Event, history
from reviews.evidence.keeping import LAST_REASONS, Keeping, band_of, keeping, letters, said_before, streak
from reviews.evidence.outcomes import Outcome, execution, execution_text, outcome
from reviews.evidence.previews import preview_text, undo_span

__all__ = [
    "LAST_REASONS",
    "About",
    "Card",
    "Event",
    "ItemView",
    "Keeping",
    "Line",
    "Match",
    "Outcome",
    "band_of",
    "card",
    "execution",
    "execution_text",
    "grantor",
    "history",
    "item_view",
    "keeping",
    "letters",
    "needing",
    "outcome",
    "preview_text",
    "replay_text",
    "said_before",
    "streak",
    "title",
    "undo_span",
]
