"""
Whose an account could be: what is known of those that no agent claims, and which agents suggest themselves.

    words       names and remarks, as words that can be compared
    hints       the people whom a system's own remark on an account names
    suggesting  agents that could be the ones, each with its basis; nothing is ever claimed by itself
    knowing     hints, last use, power and suggestions, of one account or of ten thousand

Everything is asked in a fixed number of queries, however many accounts there are.
"""

from governance.claiming.hints import named_in
from governance.claiming.knowing import Known, known, of_one
from governance.claiming.suggesting import Suggestion

__all__ = ["Known", "Suggestion", "known", "named_in", "of_one"]
