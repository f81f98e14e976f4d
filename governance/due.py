"""
When checks must look again: the one way to make a grant due earlier.

A due date is a lower bound: early at worst, never late. Whoever changes a fact that can make a check speak sooner
(ownership, employment, coverage, policy, another grant of the same agent) pulls the dates of the grants concerned.
"""

from datetime import datetime

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from governance.models import Grant

PULL = """
INSERT INTO governance_grantdue AS due (grant_id, at)
SELECT q.id, %s FROM ({grants}) AS q (id)
ON CONFLICT (grant_id) DO UPDATE SET at = EXCLUDED.at WHERE due.at > EXCLUDED.at
"""


def pull(grants: QuerySet[Grant], at: datetime) -> int:
    """
    Make these grants due at this moment at the latest; return for how many that is earlier than before.

    Closed grants are passed over: nothing can newly speak about them.
    """
    chosen = Grant.objects.open().filter(pk__in=grants.values("pk"))
    try:
        # in the order of keys: two pulls at the same time wait for each other and do not deadlock
        sql, params = chosen.order_by("pk").values("pk").query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(PULL.format(grants=sql), [at, *params])
        return int(cursor.rowcount)
