"""Take over who and what there is: accounts, entitlements, what these allow. Nothing vanishes: it is seen as absent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from governance import tags
from governance.models import Parameters, SyncRun
from governance.models.expressions import Digest

HASHED = Digest.template % {"expressions": "native_id"}
# How staging names what it stages: an index leads to it.
KEY = Digest.template % {"expressions": "(known.native_type || ':' || known.native_id)"}

FALLEN_ACCOUNTS = """
SELECT count(*) FILTER (WHERE NOT EXISTS (
           SELECT FROM governance_stagedrecord AS told
           WHERE told.run_id = %(run)s AND told.stream = 'principals'
             AND told.key = {key}
       )), count(*)
FROM governance_account AS known
WHERE known.system_id = %(system)s AND known.seen = 'present'
"""

TAKE_ACCOUNTS = """
INSERT INTO governance_account AS known
    (system_id, native_type, native_id, kind, name, enabled, owner_hints, abilities, own_risk, seen)
SELECT %(system)s, record -> 'ref' ->> 'type', record -> 'ref' ->> 'id', record ->> 'kind', record ->> 'name',
       (record ->> 'enabled')::boolean, record -> 'owner_hints',
       coalesce(record -> 'abilities', '[]'), coalesce((record ->> 'own_risk')::smallint, 0), 'present'
FROM governance_stagedrecord
WHERE run_id = %(run)s AND stream = 'principals'
ON CONFLICT (system_id, native_type, native_id) DO UPDATE
SET (kind, name, enabled, owner_hints, abilities, own_risk, seen) =
    (EXCLUDED.kind, EXCLUDED.name, EXCLUDED.enabled, EXCLUDED.owner_hints, EXCLUDED.abilities, EXCLUDED.own_risk,
     EXCLUDED.seen)
WHERE (known.kind, known.name, known.enabled, known.owner_hints, known.abilities, known.own_risk, known.seen)
      IS DISTINCT FROM
      (EXCLUDED.kind, EXCLUDED.name, EXCLUDED.enabled, EXCLUDED.owner_hints, EXCLUDED.abilities, EXCLUDED.own_risk,
       EXCLUDED.seen)
"""

MISS = """
UPDATE {table} AS known SET seen = 'absent'
WHERE known.system_id = %(system)s AND known.seen <> 'absent' AND NOT EXISTS (
    SELECT FROM governance_stagedrecord AS told
    WHERE told.run_id = %(run)s AND told.stream = '{stream}'
      AND told.key = {key}
)
"""

REDEFINED = """
SELECT known.id, known.definition_digest, told.record ->> 'definition'
FROM governance_entitlement AS known
JOIN governance_stagedrecord AS told
  ON told.run_id = %(run)s AND told.stream = 'entitlements'
 AND told.key = {key}
WHERE known.system_id = %(system)s AND known.definition_digest <> told.record ->> 'definition'
"""

TAKE_ENTITLEMENTS = """
INSERT INTO governance_entitlement AS known
    (system_id, native_type, native_id, name, resource, definition_digest, privileged, confers_id, seen)
SELECT %(system)s, told.record -> 'ref' ->> 'type', told.record -> 'ref' ->> 'id', told.record ->> 'name',
       told.record ->> 'resource', told.record ->> 'definition', (told.record ->> 'privileged')::boolean,
       conferred.id, 'present'
FROM governance_stagedrecord AS told
LEFT JOIN governance_account AS conferred
  ON conferred.system_id = %(system)s AND conferred.native_type = told.record -> 'confers' ->> 'type'
 AND conferred.native_id = told.record -> 'confers' ->> 'id'
WHERE told.run_id = %(run)s AND told.stream = 'entitlements'
ON CONFLICT (system_id, native_type, ({hashed})) DO UPDATE
SET (name, resource, definition_digest, privileged, confers_id, seen, redefined_at) =
    (EXCLUDED.name, EXCLUDED.resource, EXCLUDED.definition_digest, EXCLUDED.privileged, EXCLUDED.confers_id,
     EXCLUDED.seen, CASE WHEN known.definition_digest <> EXCLUDED.definition_digest THEN %(at)s
                         ELSE known.redefined_at END)
WHERE (known.name, known.resource, known.definition_digest, known.privileged, known.confers_id, known.seen)
      IS DISTINCT FROM
      (EXCLUDED.name, EXCLUDED.resource, EXCLUDED.definition_digest, EXCLUDED.privileged, EXCLUDED.confers_id,
       EXCLUDED.seen)
"""

TOLD_ACTIONS = """
SELECT known.id AS entitlement_id, told.action ->> 'action' AS action, told.action ->> 'resource' AS resource,
       bool_or(coalesce((told.action ->> 'wild')::boolean, false)) AS wild,
       max(coalesce((told.action ->> 'means')::integer, 1)) AS means,
       max(coalesce(told.action ->> 'shown', 'always')) AS shown
FROM governance_stagedrecord AS staged
JOIN governance_entitlement AS known
  ON known.system_id = %(system)s AND {key} = staged.key
CROSS JOIN jsonb_array_elements(staged.record -> 'actions') AS told (action)
WHERE staged.run_id = %(run)s AND staged.stream = 'entitlements'
GROUP BY 1, 2, 3
"""

FORGET_ACTIONS = """
WITH told AS ({told}), gone AS (
    DELETE FROM governance_entitlementaction AS old
    USING governance_entitlement AS known
    WHERE old.entitlement_id = known.id AND known.system_id = %(system)s AND known.seen = 'present'
      AND NOT EXISTS (
        SELECT FROM told
        WHERE told.entitlement_id = old.entitlement_id AND told.action = old.action AND told.resource = old.resource
          AND (told.wild, told.means, told.shown) = (old.wild, old.means, old.shown)
      )
    RETURNING old.entitlement_id
) SELECT DISTINCT entitlement_id FROM gone
"""

TAKE_ACTIONS = """
WITH taken AS (
    INSERT INTO governance_entitlementaction (entitlement_id, action, resource, wild, means, shown)
    {told}
    ON CONFLICT DO NOTHING
    RETURNING entitlement_id
) SELECT DISTINCT entitlement_id FROM taken
"""

# Of what nobody held before, every action is new, and every grant: those are looked at anyway.
HELD = """
SELECT DISTINCT entitlement_id FROM governance_grant
WHERE entitlement_id = ANY(%(entitlements)s) AND closed_at IS NULL
"""

TOLD_TAGS = """
SELECT known.id AS entitlement_id, told.tag, told.source, told.confidence
FROM governance_stagedrecord AS staged
JOIN governance_entitlement AS known
  ON known.system_id = %(system)s AND {key} = staged.key
CROSS JOIN jsonb_to_recordset(staged.record -> 'tags') AS told (tag text, source text, confidence smallint)
WHERE staged.run_id = %(run)s AND staged.stream = 'entitlements'
"""

# What a person said stays.
FORGET_TAGS = """
WITH told AS MATERIALIZED ({told}), gone AS (
    DELETE FROM governance_entitlementtag AS old
    USING governance_entitlement AS known
    WHERE old.entitlement_id = known.id AND known.system_id = %(system)s AND known.seen = 'present'
      AND old.source <> 'reviewer' AND NOT EXISTS (
        SELECT FROM told
        WHERE told.entitlement_id = old.entitlement_id AND told.tag = old.tag AND told.source = old.source
      )
    RETURNING old.entitlement_id
) SELECT DISTINCT entitlement_id FROM gone
"""

TAKE_TAGS = """
WITH told AS MATERIALIZED ({told}), taken AS (
    INSERT INTO governance_entitlementtag AS known (entitlement_id, tag, source, confidence, denied)
    SELECT entitlement_id, tag, source, confidence, false FROM told ORDER BY 1, 2, 3
    ON CONFLICT (entitlement_id, tag, source) DO UPDATE SET confidence = EXCLUDED.confidence
    WHERE known.confidence <> EXCLUDED.confidence
    RETURNING known.entitlement_id
) SELECT DISTINCT entitlement_id FROM taken
"""


@dataclass(frozen=True, slots=True)
class Redefined:
    """An entitlement that is still called the same and no longer does the same."""

    entitlement: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Fallen:
    """How much of what was present a read does not show, although nobody decided so."""

    missing: int
    present: int

    def beyond(self, parameters: Parameters) -> bool:
        """Whether so much must not be believed before a person has looked."""
        share = self.present * parameters.sync_guard_percent / 100
        return self.missing > max(parameters.sync_guard_floor, share)


def fallen_accounts(run: SyncRun) -> Fallen:
    """Count the present accounts that the read did not show."""
    with connection.cursor() as cursor:
        cursor.execute(FALLEN_ACCOUNTS.format(key=KEY), names(run))
        return Fallen(*cursor.fetchone())


def take_accounts(run: SyncRun) -> dict[str, int]:
    """Take accounts over; return how many came or changed, and how many are absent now."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_ACCOUNTS, names(run))
        taken = cursor.rowcount
        cursor.execute(MISS.format(table="governance_account", stream="principals", key=KEY), names(run))
        return {"accounts_taken": taken, "accounts_absent": cursor.rowcount}


def take_entitlements(run: SyncRun, at: datetime) -> list[Redefined]:
    """Take entitlements over; return those whose definition changed."""
    with connection.cursor() as cursor:
        cursor.execute(REDEFINED.format(key=KEY), names(run))
        redefined = [Redefined(*row) for row in cursor.fetchall()]
        cursor.execute(TAKE_ENTITLEMENTS.format(hashed=HASHED), {**names(run), "at": at})
        cursor.execute(MISS.format(table="governance_entitlement", stream="entitlements", key=KEY), names(run))
    return redefined


def take_actions(run: SyncRun) -> list[int]:
    """Take over what entitlements allow; return those that are held and of which that is something else now."""
    touched = take_told(TOLD_ACTIONS, (FORGET_ACTIONS, TAKE_ACTIONS), run)
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"entitlements": sorted(touched)})
        return [key for (key,) in cursor.fetchall()]


def take_tags(run: SyncRun) -> list[int]:
    """Take over what is said that entitlements make possible; return those of which another tag counts now."""
    return tags.settle(take_told(TOLD_TAGS, (FORGET_TAGS, TAKE_TAGS), run))


def take_told(query: str, statements: Sequence[str], run: SyncRun) -> set[int]:
    """Run statements with the query of what was told in each; return the entitlements that they changed."""
    told, touched = query.format(key=KEY), set[int]()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.format(told=told), names(run))
            touched.update(key for (key,) in cursor.fetchall())
    return touched


def names(run: SyncRun) -> dict[str, Any]:
    """Return what the statements call the run and its system."""
    return {"run": run.pk, "system": run.system_id}
