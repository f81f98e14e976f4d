"""
SQL that is written once.

Django takes ten times as long to write a query as PostgreSQL takes to answer it, and the same few are asked at every
click and on every page. Such a one is written about stand-ins, keys that no row has, and asked about others.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Field, QuerySet
from django.db.models.expressions import RawSQL

FIRST, SECOND = -(2**62), -(2**62) + 1  # and so on


class Once:
    """
    A query of one column about keys: about none, or about FIRST, or about [FIRST] where they are many; and SECOND.

    `build` makes it and looks nothing up: what it says depends on nothing else. One that locks rows is asked in a
    transaction: Django insists on that only while it is written.
    """

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        self.build = build

    @cached_property
    def written(self) -> tuple[str, tuple[Any, ...]]:
        """The SQL and its parameters, about the stand-ins."""
        text, params = self.build().query.sql_with_params()
        return text, tuple(params)

    def about(self, *keys: int | Sequence[int]) -> tuple[str, list[Any]]:
        """Return the SQL and its parameters, about these."""
        text, params = self.written
        return text, [instead(each, keys) for each in params]

    def answers(self, *keys: int | Sequence[int]) -> list[Any]:
        """Ask it about these, and return its column."""
        with connection.cursor() as cursor:
            cursor.execute(*self.about(*keys))
            return [answer for (answer,) in cursor.fetchall()]

    def within(self, *keys: int | Sequence[int], wrapped: str = "{}", output: Field[Any, Any]) -> RawSQL:
        """Return it, about these, as a part of another query."""
        text, params = self.about(*keys)
        return RawSQL(wrapped.format(text), params, output)  # noqa: S611  (Django's own words)


def instead(param: Any, keys: Sequence[Any]) -> Any:
    """
    Return the key, or the keys, for which a parameter stands in; any other parameter as it is.

    How large a number may be Django has said by its type, which it keeps.
    """
    stand_in = param[0] if isinstance(param, list) and param else param
    number = stand_in - FIRST if isinstance(stand_in, int) else -1
    if not 0 <= number < len(keys):
        return param
    kind, key = type(stand_in), keys[number]
    return list(map(kind, key)) if isinstance(param, list) else kind(key)
