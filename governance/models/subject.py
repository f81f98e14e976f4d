"""
A subject is exactly one of several things: exclusive foreign keys and a check constraint.

One small pattern, used by Finding and Item.
"""

from functools import reduce
from operator import or_

from django.db.models import Q


def exactly_one(*fields: str) -> Q:
    """The condition under which exactly one of these foreign keys is set."""
    one_each = (Q(**{f"{name}__isnull": name != chosen for name in fields}) for chosen in fields)
    return reduce(or_, one_each)
