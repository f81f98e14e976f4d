"""
Whether one run has used something of what gives every leg of a combination: an agent's last runs are looked through.

What could have been done is one thing (*potential*), what one run did another (*observed*): a combination is dangerous
within a run, where what outsiders wrote can still speak. What a run did is a use of the grants that could have allowed
it, as attribution finds them, and of those alone that the agent holds.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from governance.models import Combination
from governance.models.expressions import Digest, Pattern
from governance.policy import combining
from governance.reaching.acting import ACTORS, HELD

RUNS = 50  # of an agent, the last ones
A_RUN = "interval '1 day'"  # at most, where nobody told of its end

PLACES = """
SELECT DISTINCT source.system_id FROM governance_source AS source
WHERE EXISTS (SELECT FROM governance_run AS run WHERE run.source_id = source.id AND run.agent_id = ANY(%(agents)s))
"""

# One system at a time. A tool that a source maps counts as what it is mapped to, as it does for attribution. `own`: the
# accounts that an agent acts by, also the roles that it assumes, which a log names in its place. Where several grants
# could have allowed a use, it counts as what all of them give: that is given by whichever it was.
WITNESS = f"""
WITH RECURSIVE run AS MATERIALIZED (
    SELECT agent.id AS runner_id, last.*
    FROM unnest(%(agents)s::bigint[]) AS agent (id) CROSS JOIN LATERAL (
        SELECT source_id, native_id, started_at, coalesce(ended_at, started_at + {A_RUN}) AS until
        FROM governance_run WHERE agent_id = agent.id AND started_at <= %(at)s
        ORDER BY started_at DESC LIMIT %(runs)s
    ) AS last
), did AS MATERIALIZED (
    SELECT run.runner_id, run.source_id, run.native_id, run.started_at, event.native_account,
        CASE WHEN event.native_account = '' THEN event.agent_id ELSE 0 END AS agent_id,
        coalesce(lower(tool.value ->> 'action'), event.action) AS action,
        coalesce(tool.value ->> 'resource', event.resource) AS resource, max(event.at) AS last_at
    FROM run JOIN governance_source AS source ON source.id = run.source_id AND source.system_id = %(system)s
    CROSS JOIN LATERAL (
        SELECT * FROM governance_usageevent AS each
        WHERE each.at BETWEEN run.started_at AND run.until AND each.source_id = run.source_id
            AND each.run = run.native_id AND each.outcome = 'allowed'
    ) AS event
    LEFT JOIN jsonb_each(source.mapping) AS tool ON event.resource = '' AND tool.key = event.action
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
), who AS (
    SELECT DISTINCT native_account, agent_id FROM did
), {ACTORS}, own (runner_id, account_id) AS (
    (SELECT claim.agent_id, claim.account_id
     FROM governance_claim AS claim JOIN governance_account AS account ON account.id = claim.account_id
     WHERE claim.until IS NULL AND claim.agent_id = ANY(%(agents)s) AND account.system_id = %(system)s
     UNION
     SELECT agent.id, everyone.id FROM unnest(%(agents)s::bigint[]) AS agent (id) JOIN governance_account AS everyone
        ON everyone.system_id = %(system)s AND everyone.kind = 'everyone')
    UNION
    SELECT own.runner_id, role.confers_id
    FROM own JOIN governance_grant AS held ON held.account_id = own.account_id AND {HELD}
        JOIN governance_entitlement AS role ON role.id = held.entitlement_id AND role.confers_id IS NOT NULL
), hand AS MATERIALIZED (
    SELECT acted.*, reach.account_id
    FROM (SELECT DISTINCT runner_id, native_account, agent_id FROM did) AS acted
        JOIN reach USING (native_account, agent_id) JOIN own USING (runner_id, account_id)
), may AS MATERIALIZED (
    SELECT done.action, act.entitlement_id, array_agg({Pattern.sql("act.resource")}) AS resources
    FROM (SELECT DISTINCT action FROM did) AS done JOIN governance_entitlementaction AS act
        ON act.wild AND done.action LIKE {Pattern.sql("act.action")}
    WHERE act.entitlement_id IN (
        SELECT held.entitlement_id FROM governance_grant AS held
        WHERE {HELD} AND held.account_id IN (SELECT account_id FROM hand)
    )
    GROUP BY 1, 2
), means AS MATERIALIZED (
    SELECT deed.action, deed.resource, may.entitlement_id
    FROM (SELECT DISTINCT action, resource FROM did) AS deed JOIN may USING (action)
    WHERE deed.resource = '' OR deed.resource LIKE ANY (may.resources)
    UNION
    SELECT deed.action, deed.resource, act.entitlement_id
    FROM (SELECT DISTINCT action, resource FROM did) AS deed JOIN governance_entitlementaction AS act
        ON act.action = deed.action AND {Digest.sql("act.resource")} = {Digest.sql("deed.resource")}
), used AS (
    SELECT did.runner_id, did.source_id, did.native_id, did.started_at, bit_and(what.tag_bits) AS bits
    FROM did JOIN means USING (action, resource) JOIN hand USING (runner_id, native_account, agent_id)
    JOIN governance_grant AS held ON held.account_id = hand.account_id AND held.entitlement_id = means.entitlement_id
        AND {HELD} AND (held.held_since <= did.last_at
            OR (held.held_since_basis = 'first_seen' AND held.returns_to_id IS NULL))
    JOIN governance_entitlement AS what ON what.id = held.entitlement_id
    GROUP BY did.runner_id, did.source_id, did.native_id, did.started_at,
        did.native_account, did.agent_id, did.action, did.resource
)
SELECT runner_id, native_id, started_at, bit_or(bits)::integer FROM used
GROUP BY runner_id, source_id, native_id, started_at HAVING bit_or(bits) <> 0
ORDER BY started_at, native_id
"""  # noqa: S608  made of our own words


@dataclass(frozen=True, slots=True)
class Seen:
    """A run that used something of every leg."""

    run: str
    at: datetime


def witness(agents: Collection[int], itself: Mapping[int, int], at: datetime) -> Mapping[tuple[int, Combination], Seen]:
    """Return, by agent and combination, the last run that used every leg that the agent has not by itself."""
    seen: dict[tuple[int, Combination], Seen] = {}
    for agent, run, started, bits in used(agents, at) if agents else []:
        for combination in combining.given(bits | itself.get(agent, 0)):
            known = seen.setdefault((agent, combination), Seen(run, started))
            if known.at < started:
                seen[agent, combination] = Seen(run, started)
    return seen


def used(agents: Collection[int], at: datetime) -> Iterator[tuple[int, str, datetime, int]]:
    """Look through the last runs of these agents: whose it is, its name and beginning, and what it used, in tags."""
    facts: dict[str, Any] = {"agents": list(agents), "at": at, "runs": RUNS}
    with connection.cursor() as cursor:
        cursor.execute(PLACES, facts)
        for (system,) in cursor.fetchall():
            cursor.execute(WITNESS, facts | {"system": system})
            yield from cursor.fetchall()
