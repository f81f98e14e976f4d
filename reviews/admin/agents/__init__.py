"""
The page about one agent: who answers for it, what it can reach, what it used, what is suspected, asked and changed.

    page        the list and the record
    acting      what may be done about it as a whole, with its consequence
    people      who answers, why them, and how fast
    reached     the ways from its accounts to what they lead to
    grouping    those ways by account and by what they come from: one row each, however many rights lie behind it
    picture     the same rows as a drawing, by coordinates
    use         what was used, tool by tool and day by day
    asked       the last reviews: decision and execution as two facts
    changes     what has happened to it, in words
"""

from reviews.admin.agents.acting import VIEWS
from reviews.admin.agents.page import AgentPage

__all__ = ["VIEWS", "AgentPage"]
