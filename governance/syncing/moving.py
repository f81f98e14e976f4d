"""Take the comparison over: periods of holding end, go on, or begin. What people decided is never written here."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from governance.models import Band, Grant, Parameters, SyncRun, System
from governance.models.policy import DAY
from governance.syncing.inventory import names

FIRST_LEASE_AT_LEAST = 7 * DAY  # seconds; or the smallest that policy names
ROWS = 2000

# By compare-and-swap: what somebody decided or saw meanwhile stands.
CLOSE = """
WITH closed AS (
    UPDATE governance_grant AS held SET seen = 'absent', seen_at = %(at)s, closed_at = %(at)s
    FROM ended
    WHERE held.id = ended.grant_id AND held.closed_at IS NULL AND held.intended = ended.intended
      AND held.seen_at IS NOT DISTINCT FROM ended.seen_at
    RETURNING held.id
)
DELETE FROM ended WHERE NOT EXISTS (SELECT FROM closed WHERE closed.id = ended.grant_id)
"""

# What somebody else holds just now is passed over: it costs one glance later.
FORGET_DUE = """
DELETE FROM governance_grantdue WHERE grant_id IN (
    SELECT due.grant_id FROM governance_grantdue AS due JOIN ended ON ended.grant_id = due.grant_id
    FOR UPDATE OF due SKIP LOCKED
)
"""

MISS_SUSPENDED = """
UPDATE governance_grant AS held SET seen = 'absent', seen_at = %(at)s
FROM governance_account AS account
WHERE account.id = held.account_id AND account.system_id = %(system)s
  AND held.closed_at IS NULL AND held.intended = 'suspended' AND held.seen <> 'absent'
  AND coalesce(held.seen_at <= %(began)s, true)
  AND NOT EXISTS (SELECT FROM shown WHERE shown.grant_id = held.id)
"""

GO_ON = """
WITH moved AS (
    UPDATE governance_grant AS held
    SET condition = shown.condition, effect = shown.effect, version = shown.version, native = shown.native,
        revocable = shown.revocable, expires_at = shown.expires_at, seen = 'present',
        seen_at = CASE WHEN held.seen = 'present' THEN held.seen_at ELSE %(at)s END,
        resumed_at = CASE WHEN held.seen = 'present' THEN held.resumed_at ELSE %(at)s END,
        instance = coalesce(nullif(shown.instance, ''), held.instance),
        held_since = CASE WHEN held.held_since_basis = 'stated' THEN held.held_since
                          ELSE coalesce(shown.held_since, held.held_since) END,
        held_since_basis = CASE WHEN held.held_since_basis = 'first_seen' AND shown.held_since IS NOT NULL
                                THEN 'source' ELSE held.held_since_basis END
    FROM shown
    WHERE shown.grant_id = held.id AND NOT shown.begins AND held.seen_at IS NOT DISTINCT FROM shown.was_seen_at
      AND ((held.condition, held.effect, held.version, held.native, held.revocable, held.expires_at, held.seen)
           IS DISTINCT FROM (shown.condition, shown.effect, shown.version, shown.native, shown.revocable,
                             shown.expires_at, 'present')
           OR held.instance <> coalesce(nullif(shown.instance, ''), held.instance)
           OR (held.held_since_basis <> 'stated' AND held.held_since <> coalesce(shown.held_since, held.held_since)))
    RETURNING held.id, held.unit_id, held.risk, held.intended, shown.was_seen, shown.was_seen_at, shown.was_effect,
              held.effect, shown.was_condition, held.condition, shown.was_grantable,
              coalesce(held.native -> 'grantable' = 'true', false) AS grantable
)
SELECT * FROM moved
WHERE was_effect <> effect OR was_condition <> condition OR was_grantable < grantable
   OR (intended = 'suspended' AND was_seen = 'absent')
"""

ONE_AGENT = """
SELECT claim.account_id, min(claim.agent_id) AS agent_id, min(agent.unit_id) AS unit_id
FROM governance_claim AS claim JOIN governance_agent AS agent ON agent.id = claim.agent_id
WHERE claim.until IS NULL
GROUP BY claim.account_id HAVING count(*) = 1
"""

BEGIN = """
INSERT INTO governance_grant (
    id, account_id, entitlement_id, origin, on_behalf_of_id, instance, effect, condition, version, native, revocable,
    expires_at, held_since, held_since_basis, seen, seen_at, intended, opened_at, returns_to_id, unit_id, risk,
    lease_ends_at)
SELECT new_id, shown.account_id, entitlement_id, origin, on_behalf_of_id, instance, effect, condition, version, native,
       revocable, expires_at, coalesce(held_since, %(at)s),
       CASE WHEN held_since IS NULL THEN 'first_seen' ELSE 'source' END, 'present', %(at)s, 'undecided', %(at)s,
       returns_to_id, coalesce(one.unit_id, %(unit)s), risk,
       CASE WHEN %(first)s AND effect = 'allow' AND returns_to_id IS NULL THEN
           %(at)s + make_interval(secs => %(least)s
               + ('x' || left(encode(sha256(new_id::text::bytea), 'hex'), 8))::bit(32)::bigint
                 %% (1 + (%(most)s::jsonb ->> band)::bigint - %(least)s))
       END
FROM shown LEFT JOIN ({one_agent}) AS one ON one.account_id = shown.account_id
WHERE shown.begins
"""

LEASE = """
INSERT INTO governance_lease (agent_id, entitlement_id, grant_id, starts_at, ends_at, basis)
SELECT one.agent_id, held.entitlement_id, held.id, %(at)s, held.lease_ends_at, 'first_seen'
FROM governance_grant AS held
JOIN shown ON shown.new_id = held.id
LEFT JOIN ({one_agent}) AS one ON one.account_id = held.account_id
WHERE held.lease_ends_at IS NOT NULL
"""

# The unit is the agent's, also after a claim or the agent itself has moved.
SETTLE = """
UPDATE governance_grant AS held SET unit_id = coalesce(one.unit_id, %(unit)s)
FROM governance_account AS account LEFT JOIN ({one_agent}) AS one ON one.account_id = account.id
WHERE account.id = held.account_id AND account.system_id = %(system)s AND held.closed_at IS NULL
  AND held.unit_id <> coalesce(one.unit_id, %(unit)s)
"""

ENDED = "SELECT grant_id, because FROM ended ORDER BY grant_id"

BEGUN = """
SELECT held.id, held.account_id, held.unit_id, held.risk, held.effect, held.origin, held.instance, held.held_since,
       held.held_since_basis, held.lease_ends_at, held.returns_to_id, last.closed_at
FROM shown
JOIN governance_grant AS held ON held.id = shown.new_id
LEFT JOIN governance_grant AS last ON last.id = held.returns_to_id
ORDER BY held.id
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """A period that goes on, and is not quite what it was."""

    grant: int
    unit: int
    risk: int
    intended: str
    was_seen: str
    was_seen_at: datetime | None
    was_effect: str
    effect: str
    was_condition: str
    condition: str
    was_grantable: bool
    grantable: bool

    @property
    def again(self) -> bool:
        """Whether it was suspended, and somebody gave it back outside."""
        return self.intended == "suspended" and self.was_seen == "absent"


@dataclass(frozen=True, slots=True)
class Begun:
    """A period that begins."""

    grant: int
    account: int
    unit: int
    risk: int
    effect: str
    origin: str
    instance: str
    held_since: datetime
    basis: str
    lease_ends_at: datetime | None
    returns_to: int | None
    gone_since: datetime | None

    @property
    def allows(self) -> bool:
        """Whether it could allow something: deny and ceiling are facts, never questions."""
        return self.effect == Grant.Effect.ALLOW


def end(run: SyncRun, at: datetime) -> None:
    """Close what ended, and miss what is suspended."""
    given = {**names(run), "at": at, "began": run.started_at}
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, given)
        cursor.execute(MISS_SUSPENDED, given)


def forget_due() -> None:
    """Let nobody look at what has ended."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_DUE)


def go_on(at: datetime) -> list[Moved]:
    """Bring what goes on up to date; return what somebody should hear of."""
    with connection.cursor() as cursor:
        cursor.execute(GO_ON, {"at": at})
        return [Moved(*row) for row in cursor.fetchall()]


def begin(run: SyncRun, system: System, at: datetime, parameters: Parameters) -> None:
    """Open what begins; a system's first complete sync gives provisional leases, spread by risk band."""
    longest = parameters.first_lease_seconds
    least = max(1, min(FIRST_LEASE_AT_LEAST, *longest.values()))
    given = {
        **names(run),
        "at": at,
        "unit": system.unit_id,
        "first": system.first_synced_at is None,
        "least": least,
        "most": json.dumps({band: max(least, longest[band]) for band in Band.values}),
    }
    with connection.cursor() as cursor:
        for statement in (BEGIN, LEASE, SETTLE):
            cursor.execute(statement.format(one_agent=ONE_AGENT), given)


def ended() -> Iterator[tuple[int, str]]:
    """Yield what was closed, and why."""
    return ((row[0], row[1]) for row in rows(ENDED))


def begun() -> Iterator[Begun]:
    """Yield what began."""
    return (Begun(*row) for row in rows(BEGUN))


def rows(query: str) -> Iterator[Sequence[Any]]:
    """Read from a cursor of the server's own: a first sync may hold a million rows."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query)
        while batch := cursor.fetchmany(ROWS):
            yield from batch
