"""
The walk: one recursive query over memberships and grants.

To have an account's rights is one thing (`standing` 1), to be it another (2): what an account is by itself, such as
superuser, has only who may become it. A membership says in its options what it gives: `inherit`, its rights;
`settable`, to become the role, for who is the member; `grantable`, to admit, and so to admit oneself. Where a system
has no such options, a membership gives everything but that.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

PATHS = 5  # that are told of one entitlement; the others are counted
CHAINS = 8  # of memberships of one length that are followed to one role, for each standing there
LONGEST = 12  # memberships in a path

# What one account holds. `wants` is the standing without which it gives nothing; 3 is more than there is. `eased` is
# the same for who admits itself. OFFSET 0 keeps the planner from reading all grants there are, once for every step.
HELD = """
    SELECT given.*, CASE WHEN given.grantable THEN 1 ELSE given.wants END AS eased
    FROM (
        SELECT each.id, each.account_id, each.entitlement_id, each.effect = 'allow' AS allows, each.risk,
            what.confers_id,
            (each.native -> 'settable') IS DISTINCT FROM 'false'::jsonb AS settable,
            what.confers_id IS NOT NULL AND (each.native -> 'grantable') IS NOT DISTINCT FROM 'true'::jsonb
                AS grantable,
            CASE
                WHEN what.confers_id IS NULL THEN CASE what.native_type WHEN 'superuser' THEN 2 ELSE 1 END
                WHEN (each.native -> 'inherit') IS DISTINCT FROM 'false'::jsonb THEN 1
                WHEN (each.native -> 'settable') IS DISTINCT FROM 'false'::jsonb THEN 2
                ELSE 3
            END AS wants
        FROM governance_grant AS each JOIN governance_entitlement AS what ON what.id = each.entitlement_id
        WHERE each.account_id = holder.account_id
            AND each.opened_at <= %(at)s AND (each.closed_at IS NULL OR each.closed_at > %(at)s)
            AND each.seen <> 'absent'
    ) AS given
    OFFSET 0
"""

# The standing in a role, of who has one in its member.
STEP = "CASE WHEN {standing} < {held}.wants THEN 0 WHEN {standing} = 2 AND {held}.settable THEN 2 ELSE 1 END"

# `holder` is complete and passes each account at most once in each way: by its standing, and whether one admitted
# oneself for it.
HOLDERS = """
WITH RECURSIVE place AS MATERIALIZED (
    SELECT DISTINCT system_id FROM governance_account WHERE id = ANY(%(accounts)s)
), root (account_id, everyone) AS (
    SELECT id, kind = 'everyone' FROM governance_account WHERE id = ANY(%(accounts)s)
    UNION
    SELECT account.id, true FROM place JOIN governance_account AS account USING (system_id) WHERE kind = 'everyone'
), holder (account_id, standing, admitting) AS (
    SELECT account_id, 2, false FROM root
    UNION
    SELECT held.confers_id, next.standing, next.admitting
    FROM holder CROSS JOIN LATERAL ({held}) AS held
    CROSS JOIN LATERAL (
        VALUES ({step}, holder.admitting), (CASE WHEN held.grantable THEN 2 ELSE 0 END, true)
    ) AS next (standing, admitting)
    WHERE held.allows AND held.confers_id IS NOT NULL AND next.standing > 0
), standing AS MATERIALIZED (
    SELECT account_id, coalesce(max(standing) FILTER (WHERE NOT admitting), 0) AS plain, max(standing) AS admitted
    FROM holder GROUP BY account_id
), held AS MATERIALIZED (
    SELECT held.*, standing.plain, standing.admitted
    FROM standing CROSS JOIN LATERAL ({alone}) AS held
)
"""
HEAD = HOLDERS.format(
    held=HELD,
    alone=HELD.replace("holder.account_id", "standing.account_id"),
    step=STEP.format(standing="holder.standing", held="held"),
)

# `chain` says how one gets there. It keeps at least one of the shortest to every standing in an account that is not too
# far away, because a shortest chain goes on from a shortest.
WAYS = """
{head}, membership AS MATERIALIZED (
    SELECT id, account_id, confers_id, wants, settable, grantable FROM held WHERE allows AND confers_id IS NOT NULL
), chain (account_id, everyone, plain, admitted, grants, been, cut) AS (
    SELECT account_id, everyone, 2, 2, ARRAY[]::bigint[], ARRAY[account_id], false FROM root
    UNION ALL
    SELECT confers_id, everyone, plain, admitted, grants, been, cut OR number > %(chains)s
    FROM (
        SELECT longer.*,
            row_number() OVER (PARTITION BY confers_id, plain, admitted ORDER BY everyone, grants) AS place,
            count(*) OVER (PARTITION BY confers_id, plain, admitted) AS number
        FROM (
            SELECT membership.confers_id, chain.everyone, {plain} AS plain,
                CASE WHEN membership.grantable THEN 2 ELSE {admitted} END AS admitted,
                chain.grants || membership.id AS grants, chain.been || membership.confers_id AS been, chain.cut
            FROM chain JOIN membership USING (account_id)
            WHERE membership.confers_id <> ALL(chain.been) AND cardinality(chain.grants) < %(longest)s
        ) AS longer
        WHERE admitted > 0
    ) AS placed
    WHERE place <= %(chains)s
), arrival AS MATERIALIZED (
    SELECT account_id, admitted, bool_and(everyone) AS everyone, bool_or(cut) AS cut, count(*) AS number
    FROM chain GROUP BY account_id, admitted
), reached AS MATERIALIZED (
    SELECT held.entitlement_id,
        coalesce(bool_and(arrival.everyone) FILTER (WHERE held.allows), false) AS everyone,
        bool_or(coalesce(arrival.cut, true)) FILTER (WHERE held.allows) AS cut,
        sum(coalesce(arrival.number, 1)) FILTER (WHERE held.allows)::bigint AS number,
        max(held.risk) FILTER (WHERE held.allows) AS risk,
        bool_and(held.plain < held.wants) FILTER (WHERE held.allows) AS admitting,
        array_agg(DISTINCT held.id ORDER BY held.id) FILTER (WHERE NOT held.allows) AS limits
    FROM held LEFT JOIN arrival ON arrival.account_id = held.account_id AND arrival.admitted >= held.eased
    WHERE held.admitted >= held.eased OR NOT held.allows
    GROUP BY held.entitlement_id HAVING bool_or(held.allows)
), told AS MATERIALIZED (
    SELECT * FROM reached ORDER BY everyone, risk DESC, entitlement_id LIMIT %(limit)s
), near AS (
    SELECT account_id, everyone, plain, admitted, grants, row_number() OVER (
        PARTITION BY account_id, plain, admitted ORDER BY everyone, cardinality(grants), grants
    ) AS place
    FROM chain
), way AS (
    SELECT held.entitlement_id, near.plain < held.wants AS admitting, near.grants || held.id AS grants,
        row_number() OVER (
            PARTITION BY held.entitlement_id
            ORDER BY near.everyone, near.plain < held.wants, cardinality(near.grants), near.grants || held.id
        ) AS place
    FROM told JOIN held USING (entitlement_id) JOIN near USING (account_id)
    WHERE held.allows AND near.admitted >= held.eased AND near.place <= %(paths)s
), path AS (
    SELECT entitlement_id, jsonb_agg(jsonb_build_array(admitting, grants) ORDER BY place) AS grants
    FROM way WHERE place <= %(paths)s GROUP BY entitlement_id
)
SELECT told.entitlement_id, told.everyone, told.admitting, told.cut, told.number, coalesce(path.grants, '[]'),
    coalesce(told.limits, '{{}}'), (SELECT count(*) FROM reached), (SELECT count(*) FROM reached WHERE everyone)
FROM told LEFT JOIN path USING (entitlement_id)
ORDER BY told.everyone, told.risk DESC, told.entitlement_id
"""
WALK = WAYS.format(
    head=HEAD,
    plain=STEP.format(standing="chain.plain", held="membership"),
    admitted=STEP.format(standing="chain.admitted", held="membership"),
)

AMONG = """
{head}
SELECT DISTINCT entitlement_id FROM held
WHERE allows AND admitted >= eased AND entitlement_id = ANY(%(wanted)s)
"""

BECOMES = """
{head}
SELECT standing.account_id, standing.plain < 2
FROM standing JOIN governance_account AS account ON account.id = standing.account_id
WHERE standing.admitted = 2 AND account.seen <> 'absent' AND account.abilities <> '[]'
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What the walk says of one entitlement, by keys; `all` and `everyones` count over the limit."""

    entitlement: int
    everyone: bool
    admitting: bool
    cut: bool
    number: int
    paths: str  # JSON, as the driver hands it out
    limits: list[int]
    all: int
    everyones: int

    @property
    def ways(self) -> list[tuple[bool, list[int]]]:
        """Of each path, whether one admits oneself for it, and its grants."""
        return [(admitting, grants) for admitting, grants in json.loads(self.paths)]


def walk(accounts: Collection[int], *, at: datetime, limit: int | None) -> list[Row]:
    """Return what somebody with these accounts reaches, and how: what everyone does last, the greatest risk first."""
    bounds = {"limit": limit, "paths": PATHS, "chains": CHAINS, "longest": LONGEST}
    return [Row(*row) for row in asked(WALK, accounts, at, **bounds)]


def reached_among(accounts: Collection[int], wanted: Collection[int], *, at: datetime) -> set[int]:
    """Return which of these entitlements somebody with these accounts reaches."""
    return {key for (key,) in asked(AMONG.format(head=HEAD), accounts, at, wanted=list(wanted))} if wanted else set()


def becomes(accounts: Collection[int], *, at: datetime) -> dict[int, bool]:
    """Return the accounts with abilities of their own that somebody may act as: True for who admits itself first."""
    return dict(asked(BECOMES.format(head=HEAD), accounts, at))


def asked(query: str, accounts: Collection[int], at: datetime, **given: Any) -> list[tuple[Any, ...]]:
    """Ask the database."""
    with connection.cursor() as cursor:
        cursor.execute(query, {"accounts": list(accounts), "at": at, **given})
        return list(cursor.fetchall())
