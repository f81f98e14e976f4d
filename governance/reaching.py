"""
Reach: what an agent can do by any path.

From the agent over its claims to accounts; from an account, and from everyone in its system, over memberships to roles,
and so on; from each of those to what it holds. Computed when it is asked for, by one recursive query, and never stored
(docs/adr/0025).

Reach says what *could* be: a membership counts whatever its options (who may make members can make itself one), and so
does a grant whose condition nobody has read, or that the last look could not see. What forbids (deny) or bounds
(ceiling) is told beside it as a fact, and nothing is concluded from it. Superuser and ownership are entitlements like
any other: one line each, that says what it amounts to (`Reached.implies`), in place of a list of everything.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Q, QuerySet

from governance import access
from governance.errors import NotAllowed
from governance.models import Account, Agent, Claim, Entitlement, Grant, Person

PATHS = 5  # that are told of one entitlement; the others are counted
CHAINS = 8  # of memberships of one length that are followed to one role
LONGEST = 12  # memberships in a path
AT_ONCE = 10_000  # keys in one statement, which takes 65,535 parameters at most

Held = TypeVar("Held", Account, Entitlement, Grant)

# What one account holds. OFFSET 0 keeps the planner from reading all grants there are, once for every step.
HELD = """
    SELECT each.id, each.account_id, each.entitlement_id, each.effect = 'allow' AS allows, each.risk, what.confers_id
    FROM governance_grant AS each JOIN governance_entitlement AS what ON what.id = each.entitlement_id
    WHERE each.account_id = holder.account_id
        AND each.opened_at <= %(at)s AND (each.closed_at IS NULL OR each.closed_at > %(at)s) AND each.seen <> 'absent'
    OFFSET 0
"""

# `holder` is complete and passes each account once. `chain` says how one gets there; it keeps at least one of the
# shortest to every account that is not too far away, because a shortest chain goes on from a shortest.
WAYS = """
WITH RECURSIVE place AS MATERIALIZED (
    SELECT DISTINCT system_id FROM governance_account WHERE id = ANY(%(accounts)s)
), root (account_id, everyone) AS (
    SELECT id, kind = 'everyone' FROM governance_account WHERE id = ANY(%(accounts)s)
    UNION
    SELECT account.id, true FROM place JOIN governance_account AS account USING (system_id) WHERE kind = 'everyone'
), holder (account_id) AS (
    SELECT account_id FROM root
    UNION
    SELECT held.confers_id FROM holder CROSS JOIN LATERAL ({held}) AS held
    WHERE held.allows AND held.confers_id IS NOT NULL
), held AS MATERIALIZED (
    SELECT held.* FROM holder CROSS JOIN LATERAL ({held}) AS held
), membership AS MATERIALIZED (
    SELECT id, account_id, confers_id FROM held WHERE allows AND confers_id IS NOT NULL
), chain (account_id, everyone, grants, been, cut) AS (
    SELECT account_id, everyone, ARRAY[]::bigint[], ARRAY[account_id], false FROM root
    UNION ALL
    SELECT confers_id, everyone, grants, been, cut OR number > %(chains)s
    FROM (
        SELECT membership.confers_id, chain.everyone, chain.grants || membership.id AS grants,
            chain.been || membership.confers_id AS been, chain.cut,
            row_number() OVER (
                PARTITION BY membership.confers_id ORDER BY chain.everyone, chain.grants || membership.id
            ) AS place,
            count(*) OVER (PARTITION BY membership.confers_id) AS number
        FROM chain JOIN membership USING (account_id)
        WHERE membership.confers_id <> ALL(chain.been) AND cardinality(chain.grants) < %(longest)s
    ) AS longer
    WHERE place <= %(chains)s
), arrival AS MATERIALIZED (
    SELECT account_id, bool_and(everyone) AS everyone, bool_or(cut) AS cut, count(*) AS number
    FROM chain GROUP BY account_id
), reached AS MATERIALIZED (
    SELECT held.entitlement_id,
        coalesce(bool_and(arrival.everyone) FILTER (WHERE held.allows), false) AS everyone,
        bool_or(coalesce(arrival.cut, true)) FILTER (WHERE held.allows) AS cut,
        sum(coalesce(arrival.number, 1)) FILTER (WHERE held.allows)::bigint AS number,
        max(held.risk) FILTER (WHERE held.allows) AS risk,
        array_agg(held.id ORDER BY held.id) FILTER (WHERE NOT held.allows) AS limits
    FROM held LEFT JOIN arrival USING (account_id)
    GROUP BY held.entitlement_id HAVING bool_or(held.allows)
), told AS MATERIALIZED (
    SELECT * FROM reached ORDER BY everyone, risk DESC, entitlement_id LIMIT %(limit)s
), near AS (
    SELECT account_id, everyone, grants, row_number() OVER (
        PARTITION BY account_id ORDER BY everyone, cardinality(grants), grants
    ) AS place
    FROM chain
), way AS (
    SELECT held.entitlement_id, near.grants || held.id AS grants, row_number() OVER (
        PARTITION BY held.entitlement_id ORDER BY near.everyone, cardinality(near.grants), near.grants || held.id
    ) AS place
    FROM told JOIN held USING (entitlement_id) JOIN near USING (account_id)
    WHERE held.allows AND near.place <= %(paths)s
), path AS (
    SELECT entitlement_id, jsonb_agg(grants ORDER BY place) AS grants
    FROM way WHERE place <= %(paths)s GROUP BY entitlement_id
)
SELECT told.entitlement_id, told.everyone, told.cut, told.number, coalesce(path.grants, '[]'),
    coalesce(told.limits, '{{}}'), (SELECT count(*) FROM reached), (SELECT count(*) FROM reached WHERE everyone)
FROM told LEFT JOIN path USING (entitlement_id)
ORDER BY told.everyone, told.risk DESC, told.entitlement_id
"""
QUERY = WAYS.format(held=HELD)


@dataclass(frozen=True, slots=True)
class Path:
    """One way: memberships in their order, and last the grant of what is reached."""

    grants: tuple[Grant, ...]

    @property
    def account(self) -> Account:
        """Where it begins: an account of the agent's, or everyone."""
        return self.grants[0].account

    @property
    def through_everyone(self) -> bool:
        """Whether whoever gets in can go it."""
        return self.account.kind == Account.Kind.EVERYONE

    @property
    def conditional(self) -> bool:
        """Whether a condition stands on it, which nobody has read: it could allow."""
        return any(each.condition for each in self.grants)


@dataclass(frozen=True, slots=True)
class Reached:
    """One entitlement that can be reached, and by which ways: the shortest first, everyone's last."""

    entitlement: Entitlement
    paths: tuple[Path, ...]
    more: int  # ways that are counted and not told
    counted: bool  # False: there are at least so many more
    through_everyone: bool  # by no other way
    limits: tuple[Grant, ...]  # deny and ceiling on the same entitlement: facts

    @property
    def implies(self) -> str:
        """Say what it amounts to where that is more than itself; an empty text where it is not."""
        match self.entitlement.native_type:
            case "superuser":
                return f"everything in {self.entitlement.system.name}"
            case "owner":
                return f"everything on {self.entitlement.resource}"
            case _:
                return ""


@dataclass(frozen=True, slots=True)
class Reach:
    """What can be reached: what everyone can reach comes last, within that the greatest risk first."""

    reached: tuple[Reached, ...]  # as many as were asked for
    entitlements: int  # all of them
    through_everyone: int  # of these, what is reached by no other way

    def __iter__(self) -> Iterator[Reached]:
        return iter(self.reached)

    @property
    def left_out(self) -> int:
        """How many entitlements are counted and not told."""
        return self.entitlements - len(self.reached)


def reach(*, agent: Agent, at: datetime, to: Person, limit: int | None = None) -> Reach:
    """
    Return what an agent can do by any path; NotAllowed where this person may not see the agent.

    Who may see it sees all of its reach, also where that leads over roles of other units: that is what it can do.
    `at` counts for claims and for periods of holding; `limit` bounds the entitlements that are told.
    """
    if not access.visible(Agent.objects.filter(pk=agent.pk), to=to).exists():
        raise NotAllowed(f"{agent.name} is not yours to see")
    claims = Claim.objects.filter(Q(until=None) | Q(until__gt=at), agent=agent, since__lte=at)
    return reach_from(list(claims.values_list("account", flat=True)), at=at, limit=limit)


def reach_of(*, account: Account, at: datetime, to: Person, limit: int | None = None) -> Reach:
    """Return what an account can do by any path; NotAllowed where this person may not see the account."""
    if not access.visible(Account.objects.filter(pk=account.pk), to=to).exists():
        raise NotAllowed(f"{account} is not yours to see")
    return reach_from([account.pk], at=at, limit=limit)


def reach_from(accounts: Collection[int], *, at: datetime, limit: int | None = None) -> Reach:
    """Return what somebody with these accounts can do. Whether anybody may know is for the caller to ask."""
    given: dict[str, Any] = {
        "accounts": list(accounts),
        "at": at,
        "limit": limit,
        "paths": PATHS,
        "chains": CHAINS,
        "longest": LONGEST,
    }
    with connection.cursor() as cursor:
        cursor.execute(QUERY, given)
        rows = [Row(*row) for row in cursor.fetchall()]
    grants = by_key(Grant.objects.all(), {key for row in rows for way in (*row.ways, row.limits) for key in way})
    entitlements = by_key(
        Entitlement.objects.select_related("system"),
        {row.entitlement for row in rows} | {each.entitlement_id for each in grants.values()},
    )
    holders = by_key(Account.objects.select_related("system"), {each.account_id for each in grants.values()})
    for grant in grants.values():
        grant.account, grant.entitlement = holders[grant.account_id], entitlements[grant.entitlement_id]
    told = tuple(row.reached(entitlements, grants) for row in rows)
    return Reach(told, rows[0].all if rows else 0, rows[0].everyones if rows else 0)


@dataclass(frozen=True, slots=True)
class Row:
    """What the query says of one entitlement, by keys; `all` and `everyones` count over the limit."""

    entitlement: int
    everyone: bool
    cut: bool
    number: int
    paths: str  # JSON, as the driver hands it out
    limits: list[int]
    all: int
    everyones: int

    @property
    def ways(self) -> list[list[int]]:
        """The grants of each path."""
        found: list[list[int]] = json.loads(self.paths)
        return found

    def reached(self, entitlements: Mapping[int, Entitlement], grants: Mapping[int, Grant]) -> Reached:
        """Put the rows in the places of their keys."""
        return Reached(
            entitlement=entitlements[self.entitlement],
            paths=tuple(Path(tuple(grants[key] for key in way)) for way in self.ways),
            more=self.number - len(self.ways),
            counted=not self.cut,
            through_everyone=self.everyone,
            limits=tuple(grants[key] for key in self.limits),
        )


def by_key(rows: QuerySet[Held], keys: Collection[int]) -> dict[int, Held]:
    """Fetch rows by their keys, however many."""
    found: dict[int, Held] = {}
    ordered = sorted(keys)
    for start in range(0, len(ordered), AT_ONCE):
        found |= rows.in_bulk(ordered[start : start + AT_ONCE])
    return found
