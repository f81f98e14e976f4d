"""
Whose grant a use speaks for: (account, action, resource) to every open grant that could have allowed it.

Grants of the account itself, of every role it is a member of (and of their roles), and of everyone in its system.
Several: the use is shared. The statements read `usage_new`, a table of the transaction that `rolling_up` fills: one row
per who, what, run and day.
"""

from governance.models.expressions import Digest, Pattern
from governance.reaching.acting import ACTORS, HELD

NEW = """
CREATE TEMPORARY TABLE usage_new (
    system_id bigint, native_account text, agent_id bigint, action text, resource text, run text, day date,
    allowed bigint, denied bigint, last_at timestamptz, meant_action text, meant_resource text
) ON COMMIT DROP
"""

# agent_id: only of events that name no account (0 otherwise): an account is the better witness
AGGREGATE = """
SELECT event.system_id, event.native_account,
       CASE WHEN event.native_account = '' THEN event.agent_id ELSE 0 END AS agent_id,
       event.action, event.resource, event.run, (event.at AT TIME ZONE 'UTC')::date AS day,
       count(*) FILTER (WHERE event.outcome = 'allowed') AS allowed,
       count(*) FILTER (WHERE event.outcome = 'denied') AS denied,
       max(event.at) FILTER (WHERE event.outcome = 'allowed') AS last_at
FROM governance_usageevent AS event
WHERE {which}
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""

# A tool that was mapped only after its use counts as what it is mapped to.
FILL = """
INSERT INTO usage_new
SELECT used.*, coalesce(lower(tool.value ->> 'action'), used.action), coalesce(tool.value ->> 'resource', used.resource)
FROM ({rows}) AS used LEFT JOIN jsonb_each(%(mapping)s) AS tool ON used.resource = '' AND tool.key = used.action
"""

# Patterns are looked at through the grants that the actors hold, and each is compared once with each action, for there
# are few of both. Of what a use was, a log may not say: it may have been any of what its action's patterns mean.
# The digest is how the index on resources is asked. Apart from the uses: few rows, and the planner must know it.
COULD = f"""
CREATE TEMPORARY TABLE usage_could ON COMMIT DROP AS
WITH RECURSIVE what AS (
    SELECT DISTINCT native_account, agent_id, meant_action, meant_resource FROM usage_new WHERE allowed > 0
), who AS (
    SELECT DISTINCT native_account, agent_id FROM what
), {ACTORS}, wide AS MATERIALIZED (
    SELECT held.id AS grant_id, held.account_id, held.entitlement_id FROM governance_grant AS held
    WHERE {HELD} AND held.account_id IN (SELECT account_id FROM reach)
        AND EXISTS (SELECT FROM governance_entitlementaction AS act
                    WHERE act.entitlement_id = held.entitlement_id AND act.wild)
), wild AS MATERIALIZED (
    SELECT act.entitlement_id, act.action, {Pattern.sql("act.resource")} AS resources
    FROM governance_entitlementaction AS act
    WHERE act.wild AND act.entitlement_id IN (SELECT entitlement_id FROM wide)
), means AS MATERIALIZED (
    SELECT deed.meant_action, wild.entitlement_id, array_agg(DISTINCT wild.resources) AS resources
    FROM (SELECT DISTINCT meant_action FROM what) AS deed
        JOIN (SELECT DISTINCT action FROM wild) AS pattern ON deed.meant_action LIKE {Pattern.sql("pattern.action")}
        JOIN wild ON wild.action = pattern.action
    GROUP BY 1, 2
), may AS MATERIALIZED (
    SELECT deed.*, wide.grant_id, means.resources
    FROM (SELECT DISTINCT native_account, agent_id, meant_action FROM what) AS deed
        JOIN reach USING (native_account, agent_id)
        JOIN wide ON wide.account_id = reach.account_id
        JOIN means ON means.entitlement_id = wide.entitlement_id AND means.meant_action = deed.meant_action
), could AS (
    SELECT what.*, held.id AS grant_id
    FROM what
        JOIN reach USING (native_account, agent_id)
        JOIN governance_entitlementaction AS act ON act.action = what.meant_action
            AND {Digest.sql("act.resource")} = {Digest.sql("what.meant_resource")}
        JOIN governance_grant AS held ON held.entitlement_id = act.entitlement_id AND held.account_id = reach.account_id
            AND {HELD}
    UNION
    SELECT what.*, may.grant_id
    FROM what JOIN may USING (native_account, agent_id, meant_action)
    WHERE what.meant_resource = '' OR what.meant_resource LIKE ANY (may.resources)
)
SELECT could.*, held.held_since, held.held_since_basis = 'first_seen' AND held.returns_to_id IS NULL AS older
FROM could JOIN governance_grant AS held ON held.id = could.grant_id
"""  # noqa: S608  made of our own words

# Use before a grant was held is not its use; a grant that we only know since we first saw it may be older.
ATTRIBUTE = """
CREATE TEMPORARY TABLE usage_attributed ON COMMIT DROP AS
SELECT could.grant_id, used.native_account, used.agent_id, used.action, used.resource, used.run, used.day, used.allowed,
       used.meant_action, used.last_at, count(*) OVER (
           PARTITION BY used.native_account, used.agent_id, used.action, used.resource, used.run, used.day
       ) > 1 AS shared
FROM usage_new AS used JOIN usage_could AS could USING (native_account, agent_id, meant_action, meant_resource)
WHERE used.allowed > 0 AND (could.older OR could.held_since <= used.last_at)
"""

# Runs are counted once, also when their events come in several deliveries: what was rolled up before is looked through
# around the time of the new ones.
OF_SOURCE_BEFORE = """event.at >= %(since)s AND event.at < %(until)s AND event.source_id = %(source)s
    AND event.intake_id NOT IN (SELECT id FROM governance_usageintake WHERE rolled_up_at IS NULL)"""
KNOWN_RUNS = """
CREATE TEMPORARY TABLE usage_before ON COMMIT DROP AS
SELECT DISTINCT native_account, agent_id, action, resource, run, day FROM ({rows}) AS rolled_up
"""
OF_THESE_RUNS = " AND event.outcome = 'allowed' AND event.run IN (SELECT run FROM usage_new WHERE run <> '')"
BEFORE = KNOWN_RUNS.format(rows=AGGREGATE.format(which=OF_SOURCE_BEFORE + OF_THESE_RUNS))

SUM_DAYS = """
INSERT INTO governance_usageday AS total
    (system_id, native_account, agent_id, action, resource, day, allowed, denied, runs, attributed)
SELECT used.system_id, used.native_account, nullif(used.agent_id, 0), used.action, used.resource, used.day,
       sum(used.allowed), sum(used.denied),
       count(DISTINCT used.run) FILTER (WHERE used.run <> '' AND used.allowed > 0 AND old.run IS NULL),
       bool_or(known.day IS NOT NULL)
FROM usage_new AS used
    LEFT JOIN usage_before AS old USING (native_account, agent_id, action, resource, run, day)
    LEFT JOIN (
        SELECT DISTINCT native_account, agent_id, action, resource, day FROM usage_attributed
    ) AS known USING (native_account, agent_id, action, resource, day)
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
ON CONFLICT (system_id, native_account, agent_id, action, resource, day) DO UPDATE SET
    allowed = total.allowed + EXCLUDED.allowed, denied = total.denied + EXCLUDED.denied,
    runs = total.runs + EXCLUDED.runs,
    attributed = total.attributed OR EXCLUDED.attributed
"""

# shared: nothing that this grant was used for was possible by it alone; witnessed: the system itself says so
SUM_GRANTS = """
WITH counted AS (
    SELECT known.grant_id, known.run
    FROM usage_attributed AS known WHERE known.run <> ''
    EXCEPT
    SELECT known.grant_id, old.run
    FROM usage_before AS old JOIN usage_attributed AS known
        ON (known.native_account, known.agent_id, known.action, known.resource)
         = (old.native_account, old.agent_id, old.action, old.resource)
), runs AS (
    SELECT grant_id, count(*) AS runs FROM counted GROUP BY grant_id
)
INSERT INTO governance_grantuse AS total (grant_id, last_used_at, witnessed_at, uses, runs, last_run, shared)
SELECT known.grant_id, max(known.last_at), max(known.last_at) FILTER (WHERE %(by_system)s), sum(known.allowed),
       coalesce(max(runs.runs), 0), (array_agg(known.run ORDER BY known.last_at DESC))[1], bool_and(known.shared)
FROM usage_attributed AS known LEFT JOIN runs USING (grant_id)
GROUP BY known.grant_id ORDER BY known.grant_id
ON CONFLICT (grant_id) DO UPDATE SET
    last_run = CASE WHEN EXCLUDED.last_used_at >= total.last_used_at THEN EXCLUDED.last_run ELSE total.last_run END,
    last_used_at = greatest(total.last_used_at, EXCLUDED.last_used_at),
    witnessed_at = greatest(total.witnessed_at, EXCLUDED.witnessed_at),
    uses = total.uses + EXCLUDED.uses, runs = total.runs + EXCLUDED.runs, shared = total.shared AND EXCLUDED.shared
"""

# Of what allows more than one action. Returned are the grants of which nothing was known to be used lately: what is
# used of them can be too little now.
SUM_ACTIONS = """
WITH used AS MATERIALIZED (
    SELECT known.grant_id, known.meant_action AS action, max(known.last_at) AS last_used_at,
           max(known.last_at) FILTER (WHERE %(by_system)s) AS witnessed_at
    FROM usage_attributed AS known JOIN governance_grant AS held ON held.id = known.grant_id
    WHERE EXISTS (
        SELECT FROM governance_entitlementaction AS act
        WHERE act.entitlement_id = held.entitlement_id AND (act.wild OR act.action <> known.meant_action))
    GROUP BY 1, 2
), stored AS (
    INSERT INTO governance_actionuse AS total (grant_id, action, last_used_at, witnessed_at)
    SELECT * FROM used ORDER BY grant_id, action
    ON CONFLICT (grant_id, action) DO UPDATE SET
        last_used_at = greatest(total.last_used_at, EXCLUDED.last_used_at),
        witnessed_at = greatest(total.witnessed_at, EXCLUDED.witnessed_at)
)
SELECT DISTINCT grant_id FROM used WHERE NOT EXISTS (
    SELECT FROM governance_actionuse AS old WHERE old.grant_id = used.grant_id AND old.last_used_at > %(lately)s)
"""

SUSPECTED = """
SELECT DISTINCT finding.grant_id FROM governance_finding AS finding
WHERE finding.state <> 'cleared' AND finding.grant_id IN (SELECT grant_id FROM usage_attributed)
UNION
SELECT held.id FROM governance_grant AS held JOIN governance_grantuse AS used ON used.grant_id = held.id
WHERE held.risk >= %(high)s AND used.runs <= %(few)s AND held.id IN (SELECT grant_id FROM usage_attributed)
"""

# A day is every source's: it is marked once what each of them told of it has been looked at.
FOUND = """
CREATE TEMPORARY TABLE usage_found (
    native_account text, agent_id bigint, action text, resource text, day date
) ON COMMIT DROP
"""
KEEP_FOUND = """
INSERT INTO usage_found SELECT DISTINCT native_account, agent_id, action, resource, day FROM usage_attributed
"""
MARK_ATTRIBUTED = """
UPDATE governance_usageday AS total SET attributed = true
FROM (SELECT DISTINCT native_account, agent_id, action, resource, day FROM usage_found) AS known
WHERE total.system_id = %(system)s AND NOT total.attributed
  AND (total.native_account, coalesce(total.agent_id, 0), total.action, total.resource, total.day)
    = (known.native_account, known.agent_id, known.action, known.resource, known.day)
"""

# Use of which something was told before any grant was known for it: that has to be attributed first, for what comes now
# marks its day.
LATE = """
SELECT EXISTS (
    SELECT FROM usage_attributed AS known JOIN governance_usageday AS total
        ON (total.native_account, coalesce(total.agent_id, 0), total.action, total.resource, total.day)
         = (known.native_account, known.agent_id, known.action, known.resource, known.day)
    WHERE total.system_id = %(system)s AND NOT total.attributed AND total.allowed > 0
)
"""


def fill(which: str) -> str:
    """The statement that fills `usage_new` with the events of which this condition holds."""
    return FILL.format(rows=AGGREGATE.format(which=which))
