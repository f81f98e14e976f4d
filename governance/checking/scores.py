"""
The scores of a batch, where they are no longer what the tables of governance.policy.score say.

A grant that somebody has locked is passed over: a person's decision holds the grant and waits for its due date, which
we hold. Whoever decides makes it due, so that its score is written soon after.
"""

from django.db import connection
from django.db.models import F

from governance.checking.batches import at_hand
from governance.models import Grant
from governance.policy import score

SET = """
UPDATE governance_grant AS held SET risk = q.score
FROM ({query}) AS q WHERE held.id = q.id
"""


def refresh() -> int:
    """Write the scores that changed, and no other row; return how many."""
    scored = at_hand(Grant.objects.held()).annotate(score=score.expression())
    changed = scored.exclude(risk=F("score")).order_by("pk")
    free = changed.select_for_update(of=("self",), skip_locked=True, no_key=True).values("id", "score")
    sql, params = free.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(SET.format(query=sql), params)
        count: int = cursor.rowcount
    return count
