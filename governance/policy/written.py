"""
Policy's queries, written once.

Writing one takes ten times as long as asking it, and every click and every sweep asks the same few. A query is a
function of the terms that builds and looks nothing up. It is written as of EPOCH and kept for each set of parameters;
every moment in it moves with the moment at which it is asked.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from governance.models import Parameters
from governance.policy.terms import Terms

Query = Callable[[Terms], QuerySet[Any, Any]]

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
KEY = -(2**62)  # in a query about one row: whichever is asked about
KEPT = 256


def sql(query: Query, terms: Terms, *, key: int = KEY) -> tuple[str, list[Any]]:
    """
    Return a query's SQL and its parameters; raise EmptyResultSet where it can have no row.

    `query` is known again by itself: a function of a module, or a method of something that stays.
    """
    text, params = write(query, json.dumps(terms.parameters.as_json(), sort_keys=True), terms.prepared)
    if text is None:
        raise EmptyResultSet
    since = terms.at - EPOCH

    def meant(param: Any) -> Any:
        if isinstance(param, datetime):
            return param + since
        return key if param == KEY else param

    return text, [meant(param) for param in params]


@lru_cache(maxsize=KEPT)
def write(query: Query, parameters: str, prepared: bool) -> tuple[str | None, tuple[Any, ...]]:
    """Write a query as of EPOCH, under these parameters."""
    terms = Terms(EPOCH, Parameters.parse(json.loads(parameters)), prepared)
    try:
        text, params = query(terms).query.sql_with_params()
    except EmptyResultSet:
        return None, ()
    return text, tuple(params)
