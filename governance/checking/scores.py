"""
The scores of a batch, where they are no longer what the tables of governance.policy.rating say.

A score is written with what it was made of, and only where it changed. A grant that somebody has locked is passed over:
a person's decision holds the grant and waits for its due date, which we hold. Whoever decides makes it due, so that its
score is written soon after.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import F, Q, QuerySet

from governance.checking.batches import within
from governance.models import Finding, Grant
from governance.policy import rating, score, written
from governance.policy.terms import Terms

SET = """
WITH rated AS MATERIALIZED ({query}), told AS (
    INSERT INTO governance_grantscore AS known (grant_id, risk, version, policy, inputs, at)
    SELECT id, rated, %s, %s, inputs, %s FROM rated
    ON CONFLICT (grant_id) DO UPDATE
    SET (risk, version, policy, inputs, at)
      = (EXCLUDED.risk, EXCLUDED.version, EXCLUDED.policy, EXCLUDED.inputs, EXCLUDED.at)
), moved AS (
    UPDATE governance_grant AS held SET risk = rated.rated
    FROM rated WHERE held.id = rated.id AND held.risk <> rated.rated
    RETURNING held.id
)
SELECT {told} FROM moved
"""
NUMBER, KEYS = "count(*)", "coalesce(array_agg(id), '{}')"


def refresh(terms: Terms) -> None:
    """Write the scores that changed, and no other row."""
    store(changed, terms, told=NUMBER)


def follow(raised: Mapping[str, list[int]], cleared: int, terms: Terms) -> QuerySet[Grant]:
    """
    Write the scores that moved because of what was just said: use is a term of theirs.

    Return these grants: what hangs on the band is looked at once more.
    """
    moved = store(changed_by_use, terms, told=KEYS) if cleared or any(raised.values()) else []
    return Grant.objects.filter(pk__in=moved)


def store(scores: written.Query, terms: Terms, *, told: str) -> Any:
    """Write these scores; return what is to be told of the grants whose risk is another now."""
    sql, params = written.sql(scores, terms)
    with connection.cursor() as cursor:
        cursor.execute(SET.format(query=sql, told=told), [*params, score.VERSION, terms.policy, terms.at])
        return cursor.fetchone()[0]


def changed(terms: Terms) -> QuerySet[Grant, object]:
    """Return the grants of the batch whose score is another than is stored, or was never stored; lock them."""
    return unlike(Grant.objects.held().filter(within(terms)), terms)


def changed_by_use(terms: Terms) -> QuerySet[Grant, object]:
    """Return those of them of which a check has just said that they are unused, or taken that back."""
    just = Q(raised_at=terms.at) | Q(cleared_at=terms.at)
    said = Finding.objects.filter(just, within(terms, "grant"), check_name__in=rating.UNUSED)
    return unlike(Grant.objects.held().filter(pk__any_of=ArraySubquery(said.values("grant"))), terms)


def unlike(grants: QuerySet[Grant], terms: Terms) -> QuerySet[Grant, object]:
    """Return those of these grants whose stored score is another, or none; lock them."""
    rated = grants.annotate(
        rated=rating.expression(terms.parameters, prepared=terms.prepared),
        inputs=rating.inputs(prepared=terms.prepared),
    )
    other = rated.filter(~Q(risk=F("rated")) | Q(score__isnull=True)).order_by("pk")
    return other.select_for_update(of=("self",), skip_locked=True, no_key=True).values("id", "rated", "inputs")
