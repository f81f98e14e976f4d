"""
Compare what was read with the open grants, once, into two temporary tables that the rest of the act works from.

    shown   every grant of the read, with the open row of the same key, if there is one
    ended   every open row that the read does not show, or shows as another instance
"""

import json
from datetime import datetime
from typing import Any

from django.db import connection

from connectors.errors import Incomplete
from governance.models import Band, Parameters, SyncRun
from governance.policy import score
from governance.syncing.inventory import Fallen, names

# Apart from the join, so that it can be analysed: the planner knows nothing of what lies in JSON.
TOLD = """
CREATE TEMPORARY TABLE told ON COMMIT DROP AS
SELECT read.holder ->> 'type' AS holder_type, read.holder ->> 'id' AS holder_id,
       read.entitlement ->> 'type' AS entitlement_type, read.entitlement ->> 'id' AS entitlement_id,
       read.on_behalf_of ->> 'type' AS behalf_type, read.on_behalf_of ->> 'id' AS behalf_id,
       read.origin, read.instance, read.effect, read.condition, read.version, read.native, read.revocable,
       read.held_since, read.expires_at
FROM governance_stagedrecord AS staged
CROSS JOIN jsonb_to_record(staged.record) AS read (
    holder jsonb, entitlement jsonb, on_behalf_of jsonb, origin text, instance text, effect text, condition text,
    version text, native jsonb, revocable boolean, held_since timestamptz, expires_at timestamptz
)
WHERE staged.run_id = %(run)s AND staged.stream = 'grants'
"""

# Of what is joined alone: to look at what a system says of itself takes longer than to compare it.
LOOK_AT_TOLD = "ANALYZE told (holder_type, holder_id, entitlement_type, entitlement_id, behalf_type, behalf_id, origin)"
LOOK_AT_SHOWN = "ANALYZE shown (account_id, entitlement_id, origin, on_behalf_of_id, grant_id, begins, unknown)"

# What a look has changed since this read began, the read does not know: those rows are left alone.
SHOWN = """
CREATE TEMPORARY TABLE shown ON COMMIT DROP AS
SELECT holder.id AS account_id, entitlement.id AS entitlement_id, told.origin, behalf.id AS on_behalf_of_id,
       told.instance, told.effect, told.condition, told.version, told.native, told.revocable, told.held_since,
       told.expires_at, held.id AS grant_id, held.seen AS was_seen, held.seen_at AS was_seen_at,
       held.intended AS was_intended, held.condition AS was_condition, held.effect AS was_effect,
       coalesce(held.native -> 'grantable' = 'true', false) AS was_grantable,
       holder.id IS NULL OR entitlement.id IS NULL OR (told.behalf_id IS NOT NULL AND behalf.id IS NULL) AS unknown,
       held.id IS NULL OR (held.instance <> told.instance AND '' NOT IN (held.instance, told.instance)) AS begins,
       NULL::bigint AS new_id, NULL::bigint AS returns_to_id, 0 AS risk, 'low' AS band
FROM told
LEFT JOIN governance_account AS holder
  ON holder.system_id = %(system)s AND holder.seen = 'present'
 AND holder.native_type = told.holder_type AND holder.native_id = told.holder_id
LEFT JOIN governance_account AS behalf
  ON behalf.system_id = %(system)s AND behalf.seen = 'present'
 AND behalf.native_type = told.behalf_type AND behalf.native_id = told.behalf_id
LEFT JOIN governance_entitlement AS entitlement
  ON entitlement.system_id = %(system)s AND entitlement.seen = 'present'
 AND entitlement.native_type = told.entitlement_type AND entitlement.native_id = told.entitlement_id
LEFT JOIN governance_grant AS held
  ON held.closed_at IS NULL AND held.account_id = holder.id AND held.entitlement_id = entitlement.id
 AND held.origin = told.origin AND held.on_behalf_of_id IS NOT DISTINCT FROM behalf.id
WHERE coalesce(held.seen_at <= %(began)s, true)
  AND NOT EXISTS (
    SELECT FROM governance_grant AS later
    WHERE later.closed_at > %(began)s AND later.account_id = holder.id AND later.entitlement_id = entitlement.id
      AND later.origin = told.origin AND later.on_behalf_of_id IS NOT DISTINCT FROM behalf.id
  )
"""

# A row that is absent and neither gone nor suspended waits for its restore.
ENDED = """
CREATE TEMPORARY TABLE ended ON COMMIT DROP AS
SELECT held.id AS grant_id, held.intended, held.seen_at, shown.grant_id IS NOT NULL AS replaced,
       CASE WHEN shown.grant_id IS NOT NULL THEN 'replaced by another instance'
            WHEN held.intended = 'gone' THEN 'removed as decided'
            ELSE 'removed outside' END AS because
FROM governance_grant AS held
JOIN governance_account AS account ON account.id = held.account_id AND account.system_id = %(system)s
LEFT JOIN shown ON shown.grant_id = held.id
WHERE held.closed_at IS NULL AND coalesce(held.seen_at <= %(began)s, true) AND held.opened_at <= %(at)s
  AND (shown.begins OR (shown.grant_id IS NULL AND (
        held.intended = 'gone' OR (held.seen <> 'absent' AND held.intended <> 'suspended'))))
"""

FALLEN_GRANTS = """
SELECT (SELECT count(*) FROM ended WHERE because = 'removed outside'), count(*)
FROM governance_grant AS held
JOIN governance_account AS account ON account.id = held.account_id AND account.system_id = %(system)s
WHERE held.closed_at IS NULL AND held.seen = 'present'
"""

NUMBER = (
    "UPDATE shown SET new_id = nextval(pg_get_serial_sequence('governance_grant', 'id')) WHERE begins",
    "CREATE INDEX ON shown (new_id)",
    "CREATE INDEX ON shown (grant_id)",
    "ANALYZE shown (new_id, returns_to_id)",
)

REMEMBER = """
UPDATE shown SET returns_to_id = last.id
FROM (
    SELECT DISTINCT ON (old.account_id, old.entitlement_id, old.origin, old.on_behalf_of_id) old.*
    FROM governance_grant AS old
    JOIN governance_account AS account ON account.id = old.account_id AND account.system_id = %(system)s
    WHERE old.closed_at IS NOT NULL OR old.id IN (SELECT grant_id FROM ended WHERE replaced)
    ORDER BY old.account_id, old.entitlement_id, old.origin, old.on_behalf_of_id, old.closed_at DESC, old.id DESC
) AS last
WHERE shown.begins AND last.account_id = shown.account_id AND last.entitlement_id = shown.entitlement_id
  AND last.origin = shown.origin AND last.on_behalf_of_id IS NOT DISTINCT FROM shown.on_behalf_of_id
"""

KINDS_OF_NEW = """
SELECT kind.*, entitlement.native_type, entitlement.privileged, entitlement.tag_bits, ARRAY(
           SELECT action FROM governance_entitlementaction AS each WHERE each.entitlement_id = entitlement.id
       )
FROM (
    SELECT DISTINCT shown.entitlement_id, holder.kind, coalesce(shown.native -> 'grantable' = 'true', false)
    FROM shown JOIN governance_account AS holder ON holder.id = shown.account_id
    WHERE shown.begins
) AS kind (entitlement_id, holder, grantable)
JOIN governance_entitlement AS entitlement ON entitlement.id = kind.entitlement_id
"""

RATE = """
UPDATE shown SET risk = rated.risk, band = rated.band
FROM jsonb_to_recordset(%s::jsonb) AS rated (entitlement bigint, holder text, grantable boolean, risk int, band text),
     governance_account AS holder
WHERE shown.begins AND shown.account_id = holder.id AND shown.entitlement_id = rated.entitlement
  AND holder.kind = rated.holder AND coalesce(shown.native -> 'grantable' = 'true', false) = rated.grantable
"""


def compare(run: SyncRun, at: datetime) -> Fallen:
    """Make the two tables. Raises Incomplete where grants name accounts or entitlements that the read did not show."""
    given = {**names(run), "began": run.started_at, "at": at}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS told, shown, ended")
        cursor.execute(TOLD, given)
        cursor.execute(LOOK_AT_TOLD)
        cursor.execute(SHOWN, given)
        cursor.execute(LOOK_AT_SHOWN)
        cursor.execute("SELECT count(*) FROM shown WHERE unknown")
        (unknown,) = cursor.fetchone()
        if unknown:
            raise Incomplete(f"{unknown} grants name accounts or entitlements that the same read did not show")
        cursor.execute(ENDED, given)
        cursor.execute(FALLEN_GRANTS, given)
        return Fallen(*cursor.fetchone())


def number(run: SyncRun, parameters: Parameters) -> None:
    """Give what begins its key, its risk, and the period that it returns to."""
    with connection.cursor() as cursor:
        for statement in NUMBER:
            cursor.execute(statement)
        cursor.execute(REMEMBER, names(run))
        cursor.execute(KINDS_OF_NEW)
        cursor.execute(RATE, [json.dumps([rated(parameters, *row) for row in cursor.fetchall()])])


def rated(parameters: Parameters, entitlement: int, holder: str, grantable: bool, *what: Any) -> dict[str, Any]:
    """Score one kind of new grant: nothing is known yet of who holds it."""
    native_type, privileged, tags, actions = what
    risk = score.of(
        native_type,
        actions,
        holder,
        {"grantable": grantable},
        privileged=privileged,
        tags=tags,
        weights=parameters.risk_weights,
    )
    return {
        "entitlement": entitlement,
        "holder": holder,
        "grantable": grantable,
        "risk": risk,
        "band": Band.of(risk).value,
    }
