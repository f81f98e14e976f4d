"""
Whether one run has used every leg of a combination: a few of the last runs of an agent are looked through.

What could have been done is one thing (*potential*), what one run did another (*observed*): a combination is dangerous
within a run, where what outsiders wrote can still speak.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from governance.models import Combination
from governance.models.expressions import Digest
from governance.policy import combining

RUNS = 50  # of an agent, the last ones
A_RUN = "interval '1 day'"  # at most, where nobody told of its end

# A tool that a source maps counts as what it is mapped to, as it does for attribution.
WITNESS = """
WITH run AS MATERIALIZED (
    SELECT agent.id AS agent_id, last.*
    FROM unnest(%(agents)s::bigint[]) AS agent (id) CROSS JOIN LATERAL (
        SELECT source_id, native_id, started_at, coalesce(ended_at, started_at + {a_run}) AS until
        FROM governance_run WHERE agent_id = agent.id AND started_at <= %(at)s
        ORDER BY started_at DESC LIMIT %(runs)s
    ) AS last
), did AS MATERIALIZED (
    SELECT DISTINCT run.agent_id, run.source_id, run.native_id, run.started_at, source.system_id,
        coalesce(lower(tool.value ->> 'action'), event.action) AS action,
        coalesce(tool.value ->> 'resource', event.resource) AS resource
    FROM run JOIN governance_source AS source ON source.id = run.source_id
    JOIN governance_usageevent AS event ON event.source_id = run.source_id AND event.run = run.native_id
        AND event.at BETWEEN run.started_at AND run.until AND event.outcome = 'allowed'
    LEFT JOIN jsonb_each(source.mapping) AS tool ON event.resource = '' AND tool.key = event.action
)
SELECT did.agent_id, did.native_id, did.started_at, bit_or(what.tag_bits)::integer
FROM did JOIN governance_entitlementaction AS act ON act.action = did.action AND {stored} = {meant}
JOIN governance_entitlement AS what ON what.id = act.entitlement_id AND what.system_id = did.system_id
WHERE what.tag_bits <> 0
GROUP BY did.agent_id, did.source_id, did.native_id, did.started_at
ORDER BY did.started_at DESC, did.native_id
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A run that used every leg."""

    run: str
    at: datetime


def witness(agents: Collection[int], itself: Mapping[int, int], at: datetime) -> Mapping[tuple[int, Combination], Seen]:
    """Return, by agent and combination, the last run that used every leg that the agent has not by itself."""
    if not agents:
        return {}
    query = WITNESS.format(a_run=A_RUN, stored=Digest.sql("act.resource"), meant=Digest.sql("did.resource"))
    seen: dict[tuple[int, Combination], Seen] = {}
    with connection.cursor() as cursor:
        cursor.execute(query, {"agents": list(agents), "at": at, "runs": RUNS})
        for agent, run, started, bits in cursor.fetchall():
            for combination in combining.given(bits | itself.get(agent, 0)):
                seen.setdefault((agent, combination), Seen(run, started))
    return seen
