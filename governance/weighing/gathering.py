"""
What each of an agent's own grants gives it, in tags: by itself, and by what comes with it where it is a membership.

One recursive query over memberships for some agents at once, by the rules of the walk (`governance.reaching`). The
first step of a way is what could be taken away, so that each way is told by it. What everyone holds counts, and is
nobody's own.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db import connection

from governance.policy.combining import Alike, Giver
from governance.reaching.walking import HELD, STEP

AT_MOST = 5  # of those that give the same: the ones to choose from

# `holder`: how far an agent gets by each of its grants. `has` are the tags of an account's rights, `is_it` those of who
# may be it; each account is read once, however many reach it.
GATHER = """
WITH RECURSIVE root AS MATERIALIZED (
    SELECT DISTINCT claim.agent_id, claim.account_id, false AS everyone
    FROM governance_claim AS claim JOIN governance_agent AS agent ON agent.id = claim.agent_id
    WHERE claim.until IS NULL AND claim.agent_id = ANY(%(agents)s) AND agent.lifecycle <> 'retired'
    UNION
    SELECT DISTINCT claim.agent_id, everyone.id, true
    FROM governance_claim AS claim
    JOIN governance_agent AS agent ON agent.id = claim.agent_id AND agent.lifecycle <> 'retired'
    JOIN governance_account AS mine ON mine.id = claim.account_id
    JOIN governance_account AS everyone ON everyone.system_id = mine.system_id AND everyone.kind = 'everyone'
    WHERE claim.until IS NULL AND claim.agent_id = ANY(%(agents)s)
), holder (agent_id, first_id, everyone, account_id, standing) AS (
    SELECT agent_id, NULL::bigint, everyone, account_id, 2 FROM root
    UNION
    SELECT holder.agent_id, coalesce(holder.first_id, held.id), holder.everyone, held.confers_id, next.standing
    FROM holder CROSS JOIN LATERAL ({held}) AS held
    CROSS JOIN LATERAL (VALUES ({step}), (CASE WHEN held.grantable THEN 2 ELSE 0 END)) AS next (standing)
    WHERE held.allows AND held.confers_id IS NOT NULL AND next.standing > 0
), way AS MATERIALIZED (
    SELECT agent_id, first_id, everyone, account_id, max(standing) AS standing
    FROM holder GROUP BY agent_id, first_id, everyone, account_id
), tagged AS MATERIALIZED (
    SELECT holder.account_id, held.id, held.eased, what.tag_bits
    FROM (SELECT DISTINCT account_id FROM way) AS holder CROSS JOIN LATERAL ({held}) AS held
    JOIN governance_entitlement AS what ON what.id = held.entitlement_id
    WHERE held.allows AND held.eased <= 2 AND what.tag_bits <> 0
), together AS (
    SELECT account_id, bit_or(tag_bits) FILTER (WHERE eased = 1) AS has, bit_or(tag_bits) AS is_it
    FROM tagged GROUP BY account_id
), given AS (
    SELECT way.agent_id, coalesce(way.everyone, false) AS everyone, tagged.id, tagged.tag_bits
    FROM way JOIN tagged USING (account_id) WHERE way.first_id IS NULL
    UNION ALL
    SELECT way.agent_id, way.everyone, way.first_id, CASE way.standing WHEN 2 THEN is_it ELSE has END
    FROM way JOIN together USING (account_id) WHERE way.first_id IS NOT NULL
), edge AS (
    SELECT agent_id, id, bool_and(everyone) AS everyone, bit_or(tag_bits) AS bits
    FROM given WHERE tag_bits IS NOT NULL GROUP BY agent_id, id
), told AS (
    SELECT edge.agent_id, edge.id, edge.bits::integer, held.revocable AND NOT edge.everyone AS removable,
        EXISTS (
            SELECT FROM governance_finding AS said
            WHERE said.grant_id = edge.id AND said.state <> 'cleared' AND said.check_name IN ('never_used', 'unused')
        ) AS unused
    FROM edge JOIN governance_grant AS held ON held.id = edge.id
), placed AS (
    SELECT told.*, count(*) OVER same AS number,
        row_number() OVER (same ORDER BY NOT removable, NOT unused, id) AS place
    FROM told WINDOW same AS (PARTITION BY agent_id, bits)
)
SELECT agent_id, bits, number, id, removable, unused FROM placed WHERE place <= %(most)s
ORDER BY agent_id, bits, place
"""

SHARING = """
SELECT DISTINCT theirs.agent_id
FROM governance_claim AS mine JOIN governance_claim AS theirs ON theirs.account_id = mine.account_id
WHERE mine.agent_id = ANY(%(agents)s) AND theirs.until IS NULL
"""


def sharing(agents: Collection[int]) -> set[int]:
    """Return these agents, and those that share an account with one: what one reads taints the other's grants."""
    with connection.cursor() as cursor:
        cursor.execute(SHARING, {"agents": list(agents)})
        return {*agents, *(key for (key,) in cursor.fetchall())}


def gather(agents: Collection[int], at: datetime) -> dict[int, list[Alike]]:
    """Return what the grants of each agent give; an agent of which nothing is tagged is left out."""
    query = GATHER.format(held=HELD, step=STEP.format(standing="holder.standing", held="held"))
    groups: dict[tuple[int, int, int], list[Giver]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(query, {"agents": list(agents), "at": at, "most": AT_MOST})
        for agent, bits, number, grant, removable, unused in cursor.fetchall():
            groups[agent, bits, number].append(Giver(grant, bits, removable, unused))
    held: dict[int, list[Alike]] = defaultdict(list)
    for (agent, bits, number), givers in groups.items():
        held[agent].append(Alike(bits, number, tuple(givers)))
    return held
