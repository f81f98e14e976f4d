"""The one row of a query that can have no other, by a constraint or by what we write."""

from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def sole(rows: QuerySet[Row]) -> Row | None:
    """Return it, or None. `first` puts rows in order: to write that for a wide one takes as long as all the rest."""
    return next(iter(rows[:1]), None)
