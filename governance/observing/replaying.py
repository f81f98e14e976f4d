"""What a removal would have stopped: an agent's last runs, looked through for uses of one grant."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

from governance.models import Agent, Grant
from governance.reaching.acting import ACTORS, ANY_OF_IT, HELD

LONGEST_RUN = timedelta(days=1)  # a run without an end is looked through this far
EXAMPLES = 3

# Runs that started while the grant was held, in a time for which a source reported runs and use.
RUNS = """
runs AS (
    SELECT run.source_id, run.native_id, run.started_at,
           coalesce(run.ended_at, run.started_at + %(longest)s) AS ended_at
    FROM governance_run AS run
    WHERE run.agent_id = %(agent)s AND run.started_at > %(held_since)s AND EXISTS (
        SELECT FROM governance_coverage AS seen
        WHERE seen.source_id = run.source_id AND seen.system_id = %(system)s AND seen.reports_runs
          AND (seen.agent_id IS NULL OR seen.agent_id = run.agent_id)
          AND seen.starts_at <= run.started_at AND seen.ends_at > run.started_at)
    ORDER BY run.started_at DESC LIMIT %(limit)s
)
"""

# Run by run over the key's leading time: a scan would read every partition.
USES = f"""
uses AS (
    SELECT runs.native_id, runs.started_at, event.native_account,
           CASE WHEN event.native_account = '' THEN event.agent_id ELSE 0 END AS agent_id, event.action, event.resource
    FROM runs CROSS JOIN LATERAL (
        SELECT * FROM governance_usageevent AS each
        WHERE each.at >= runs.started_at AND each.at <= runs.ended_at AND each.source_id = runs.source_id
          AND each.run = runs.native_id AND each.outcome = 'allowed'
    ) AS event
    WHERE EXISTS (
        SELECT FROM governance_entitlementaction AS act WHERE act.entitlement_id = %(entitlement)s
            AND ((act.action = event.action AND act.resource = event.resource)
                OR ({ANY_OF_IT.format(use="event")})))
), who AS (
    SELECT DISTINCT native_account, agent_id FROM uses
)
"""  # noqa: S608  made of our own words

REPLAY = f"""
WITH RECURSIVE {RUNS}, {USES}, {ACTORS}, others AS (
    SELECT reach.native_account, reach.agent_id, held.entitlement_id
    FROM reach JOIN governance_grant AS held ON held.account_id = reach.account_id AND {HELD} AND held.id <> %(grant)s
), hit AS (
    SELECT DISTINCT uses.native_id, uses.started_at, EXISTS (
        SELECT FROM others JOIN governance_entitlementaction AS act ON act.entitlement_id = others.entitlement_id
            AND act.action = uses.action AND act.resource = uses.resource
        WHERE (others.native_account, others.agent_id) = (uses.native_account, uses.agent_id)
    ) OR EXISTS (
        SELECT FROM others JOIN governance_entitlementaction AS act ON act.entitlement_id = others.entitlement_id
            AND {ANY_OF_IT.format(use="uses")}
        WHERE (others.native_account, others.agent_id) = (uses.native_account, uses.agent_id)
    ) AS otherwise
    FROM uses JOIN reach ON (reach.native_account, reach.agent_id) = (uses.native_account, uses.agent_id)
        AND reach.account_id = %(account)s
), hits AS (
    SELECT native_id, max(started_at) AS started_at, bool_and(otherwise) AS otherwise FROM hit GROUP BY native_id
)
SELECT (SELECT count(*) FROM runs), count(*) FILTER (WHERE NOT otherwise), count(*) FILTER (WHERE otherwise),
       coalesce((array_agg(native_id ORDER BY started_at DESC) FILTER (WHERE NOT otherwise))[1:{EXAMPLES}], '{{}}')
FROM hits
"""  # noqa: S608  made of our own words


@dataclass(frozen=True, slots=True)
class Replay:
    """
    Removing this would have stopped `stopped` of the last `of` runs.

    `shared` more runs used it, and had another grant that allows the same.

    With `of` 0 nothing was observable: no run is known that started while it was held, in a covered time.
    """

    stopped: int
    of: int
    shared: int = 0
    examples: tuple[str, ...] = ()

    @property
    def observable(self) -> bool:
        """Whether there were runs to look through."""
        return self.of > 0


def stopped_runs(grant: Grant, agent: Agent, *, limit: int = 200) -> Replay:
    """Look through the agent's last runs for uses of this grant, with the same attribution as rolling up."""
    facts: dict[str, Any] = {
        "agent": agent.pk,
        "held_since": max(filter(None, (grant.held_since, grant.resumed_at))),
        "system": grant.account.system_id,
        "longest": LONGEST_RUN,
        "limit": limit,
        "entitlement": grant.entitlement_id,
        "grant": grant.pk,
        "account": grant.account_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(REPLAY, facts)
        of, stopped, shared, examples = cursor.fetchone()
    return Replay(stopped, of, shared, tuple(examples))
