"""The scores of a batch, where they are no longer what the tables of governance.policy.score say."""

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
    changed = scored.exclude(risk=F("score")).order_by("pk").values("id", "score")
    sql, params = changed.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(SET.format(query=sql), params)
        count: int = cursor.rowcount
    return count
