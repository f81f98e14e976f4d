"""
Policy's queries, written once.

Writing one takes ten times as long as asking it, and so does planning one about a single row; every click and every
sweep asks the same few. A query is a function of the terms that builds and looks nothing up. It is written as of EPOCH
and kept for each set of parameters; every moment in it moves with the moment at which it is asked, and so do the keys
that it is asked about: of one row, of many, or between which grants are at hand.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from psycopg.sql import Literal

from governance.models import Parameters
from governance.once import FIRST, SECOND, instead
from governance.policy.terms import Terms

Query = Callable[[Terms], QuerySet[Any, Any]]

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MANY = [FIRST]  # in a query about many: whichever are asked about
BETWEEN = (SECOND, SECOND + 1)  # in a query about those between two keys: whichever these are
KEY = SECOND + 2  # in a query about one row: whichever is asked about
KEPT = 4096


def sql(query: Query, terms: Terms, *, many: Sequence[int] = ()) -> tuple[str, list[Any]]:
    """
    Return a query's SQL and its parameters, `many` in place of MANY; raise EmptyResultSet where it can have no row.

    `query` is known again by itself: a function of a module, or a method of something that stays.
    """
    text, params = write(query, terms.parameters, prepared=terms.prepared, between=terms.between is not None)
    if text is None:
        raise EmptyResultSet
    since, keys = terms.at - EPOCH, (many, *(terms.between or ()))
    return text, [param + since if isinstance(param, datetime) else instead(param, keys) for param in params]


def row(query: Query, terms: Terms, *, key: int) -> tuple[Any, ...] | None:
    """Ask a query about one row, by a plan that PostgreSQL keeps with the connection; None where there is no row."""
    connection.ensure_connection()
    text = statement(query, terms.parameters, prepared=terms.prepared)
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(text, {"key": key, "at": terms.at}, prepare=True)
        return cursor.fetchone()


@lru_cache(maxsize=KEPT)
def write(
    query: Query, parameters: Parameters, *, prepared: bool, between: bool = False
) -> tuple[str | None, tuple[Any, ...]]:
    """Write a query as of EPOCH, under these parameters."""
    terms = Terms(EPOCH, parameters, prepared, between=BETWEEN if between else None)
    try:
        text, params = query(terms).query.sql_with_params()
    except EmptyResultSet:
        return None, ()
    return text, tuple(params)


@lru_cache(maxsize=KEPT)
def statement(query: Query, parameters: Parameters, *, prepared: bool) -> bytes:
    """Write a query about one row so that nothing is left open but the row's `key`, and `at`."""
    text, params = write(query, parameters, prepared=prepared)
    if text is None:
        raise EmptyResultSet
    return (text.replace("%%", "%%%%") % tuple(map(closed, params))).encode()  # what it escapes stays escaped


def closed(param: Any) -> str:
    """A parameter as the statement has it: what is no moment and not the key is the same every time."""
    if isinstance(param, datetime):
        return f"(%(at)s::timestamptz + {Literal(param - EPOCH).as_string(connection.connection)})"
    return "%(key)s::bigint" if param == KEY else Literal(param).as_string(connection.connection).replace("%", "%%")
