"""
When checks must look again: the one way to make a grant due earlier, or an agent due.

A due date is a lower bound: early at worst, never late. Whoever changes a fact that can make a check speak sooner
(ownership, employment, coverage, policy, another grant of the same agent) pulls the dates of the grants concerned. The
agents that use their accounts, or did, become due with them: what their grants add up to is worked out anew (weighing).
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

# What a role holds its members hold, however far down, and what everyone holds whoever uses the system.
MARK = """
WITH RECURSIVE touched (account_id) AS (
    SELECT DISTINCT account_id FROM governance_grant WHERE id IN ({grants})
    UNION
    SELECT held.account_id
    FROM touched JOIN governance_entitlement AS role ON role.confers_id = touched.account_id
    JOIN governance_grant AS held ON held.entitlement_id = role.id AND held.closed_at IS NULL
), using_it AS (
    SELECT account_id FROM touched
    UNION
    SELECT mine.id
    FROM touched JOIN governance_account AS everyone ON everyone.id = touched.account_id AND everyone.kind = 'everyone'
    JOIN governance_account AS mine ON mine.system_id = everyone.system_id
)
INSERT INTO governance_agentdue (agent_id)
SELECT DISTINCT claim.agent_id FROM using_it JOIN governance_claim AS claim USING (account_id) ORDER BY 1
"""


def pull(grants: QuerySet[Grant], at: datetime) -> int:
    """
    Make these grants due at this moment at the latest, and their agents; return for how many it is earlier than before.

    Closed grants are passed over: nothing can newly speak about them.
    """
    mark(grants)
    return look_again(grants, at)


def look_again(grants: QuerySet[Grant], at: datetime) -> int:
    """Make these grants due alone, where nothing is new about their agents."""
    chosen = Grant.objects.open().filter(pk__in=grants.values("pk"))
    # in the order of keys: two pulls at the same time wait for each other and do not deadlock
    return place(PULL, chosen.order_by("pk"), at)


def mark(grants: QuerySet[Grant]) -> None:
    """Make the agents due that use the accounts of these grants by any way, or did; a closed one concerns them too."""
    place(MARK, Grant.objects.filter(pk__in=grants.values("pk")))


def place(statement: str, grants: QuerySet[Grant], *params: datetime) -> int:
    """Put the keys of grants into a statement and run it; return how many rows it wrote."""
    try:
        sql, chosen = grants.values("pk").query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(statement.format(grants=sql), [*params, *chosen])
        return int(cursor.rowcount)
