"""Cards that need no database: those that `make cards` prints."""

from demo.cards.examples import HOSTILE, NOW, account, card, copy, hostile, hostile_item, hostile_outcome, item, outcome

__all__ = ["HOSTILE", "NOW", "account", "card", "copy", "hostile", "hostile_item", "hostile_outcome", "item", "outcome"]
