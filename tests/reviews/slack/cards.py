"""Cards that need no database: those that `make cards` prints."""

from demo.cards.examples import HOSTILE, NOW, card, copy, hostile, hostile_item, hostile_outcome, item, outcome

__all__ = ["HOSTILE", "NOW", "card", "copy", "hostile", "hostile_item", "hostile_outcome", "item", "outcome"]
