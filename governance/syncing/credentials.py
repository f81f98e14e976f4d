"""Take over what accounts prove themselves with, where the connector lists it. What is missing is seen as absent."""

from datetime import datetime

from django.db import connection

from connectors.base import Cap
from connectors.errors import Incomplete
from governance import due
from governance.models import Grant, SyncRun, System
from governance.syncing.inventory import Fallen, names

STREAM = "credentials"

# What a look has changed since this read began, the read does not know: those rows are left alone.
READ = """
CREATE TEMPORARY TABLE read_credential ON COMMIT DROP AS
SELECT holder.id AS account_id, told.ref ->> 'type' AS native_type, told.ref ->> 'id' AS native_id, told.kind,
       told.active, told.created_at, told.expires_at, told.last_used_at,
       told.last_used_at IS NOT NULL OR coalesce(system.capabilities -> (told.ref ->> 'type') ? 'usage', false)
           AS tracked
FROM governance_stagedrecord AS staged
CROSS JOIN jsonb_to_record(staged.record) AS told (
    ref jsonb, holder jsonb, kind text, active boolean, created_at timestamptz, expires_at timestamptz,
    last_used_at timestamptz
)
JOIN governance_system AS system ON system.id = %(system)s
LEFT JOIN governance_account AS holder
  ON holder.system_id = system.id AND holder.seen = 'present'
 AND holder.native_type = told.holder ->> 'type' AND holder.native_id = told.holder ->> 'id'
WHERE staged.run_id = %(run)s AND staged.stream = 'credentials'
"""

KNOWN = """
FROM governance_credential AS known
JOIN governance_account AS account ON account.id = known.account_id AND account.system_id = %(system)s
WHERE known.seen = 'present'
"""

MISSING = """
NOT EXISTS (
    SELECT FROM read_credential AS told
    WHERE told.account_id = known.account_id AND told.native_type = known.native_type
      AND told.native_id = known.native_id
)
"""

# What people want gone is not missed.
FALLEN = f"SELECT count(*) FILTER (WHERE known.intended <> 'gone' AND {MISSING}), count(*) {KNOWN}"

AGAIN = """
SELECT known.id
FROM governance_credential AS known
JOIN read_credential AS told USING (account_id, native_type, native_id)
WHERE told.active AND NOT (known.active AND known.seen = 'present') AND known.intended IN ('suspended', 'gone')
  AND coalesce(known.seen_at <= %(began)s, true)
ORDER BY known.id
"""

TAKE = """
INSERT INTO governance_credential AS known (
    account_id, native_type, native_id, kind, active, created_at, expires_at, last_used_at, tracked, first_seen_at,
    read_at, seen, seen_at, intended)
SELECT account_id, native_type, native_id, kind, active, created_at, expires_at, last_used_at, tracked, %(at)s,
       %(began)s, 'present', %(at)s, 'undecided'
FROM read_credential
ON CONFLICT (account_id, native_type, native_id) DO UPDATE
SET kind = EXCLUDED.kind, active = EXCLUDED.active, created_at = EXCLUDED.created_at,
    expires_at = EXCLUDED.expires_at, last_used_at = EXCLUDED.last_used_at, tracked = EXCLUDED.tracked,
    read_at = EXCLUDED.read_at, seen = 'present',
    seen_at = CASE WHEN (known.active, known.seen) = (EXCLUDED.active, 'present') THEN known.seen_at
                   ELSE EXCLUDED.seen_at END
WHERE coalesce(known.seen_at <= %(began)s, true)
RETURNING known.first_seen_at = %(at)s AS new
"""

MISS = f"""
UPDATE governance_credential AS gone SET seen = 'absent', seen_at = %(at)s
WHERE coalesce(gone.seen_at <= %(began)s, true) AND gone.id IN (SELECT known.id {KNOWN} AND {MISSING})
"""  # noqa: S608


def listed(system: System) -> bool:
    """Whether the credential with which we read may list credentials, as it was probed last."""
    return any(Cap.CREDENTIALS in caps for caps in system.capabilities.values())


def compare(run: SyncRun) -> Fallen | None:
    """
    Make the table of what was read; return how much of what was present is missing from it. None: it was not read.

    Raises Incomplete where credentials name accounts that the same read did not show.
    """
    if STREAM not in run.streams:
        return None
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS read_credential")
        cursor.execute(READ, names(run))
        cursor.execute("SELECT count(*) FROM read_credential WHERE account_id IS NULL")
        (unknown,) = cursor.fetchone()
        if unknown:
            raise Incomplete(f"{unknown} credentials name accounts that the same read did not show")
        cursor.execute(FALLEN, names(run))
        return Fallen(*cursor.fetchone())


def take(run: SyncRun, at: datetime) -> tuple[dict[str, int], list[int]]:
    """
    Take them over; return how many are new and how many absent now, and which can be used again that were shut.

    Where one came, went, was shut or opened the agents are due that use its account: its age weighs on their grants.
    """
    given = {**names(run), "at": at, "began": run.started_at}
    with connection.cursor() as cursor:
        cursor.execute(AGAIN, given)
        again = [key for (key,) in cursor.fetchall()]
        cursor.execute(TAKE, given)
        new = sum(is_new for (is_new,) in cursor.fetchall())
        cursor.execute(MISS, given)
        counts = {"credentials_appeared": new, "credentials_absent": cursor.rowcount}
    due.mark(Grant.objects.of_system(run.system_id).filter(account__credentials__seen_at=at))
    return counts, again
