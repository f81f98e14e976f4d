"""
Reach: what an agent can do by any path.

From the agent over its claims to accounts; from an account, and from everyone in its system, over memberships to roles,
and so on; from each of those to what it holds. Computed when it is asked for, by one recursive query, and never stored
(docs/adr/0025, docs/adr/0028).

    walking   the query, and the rules by which a membership gives something
    reached   what it finds: entitlements with their paths, and what accounts may by themselves
    knowing   what the systems' advisers say of that
    acting    the other way: which accounts a use can have been by

Reach says what *could* be: a grant counts also where nobody has read its condition, or the last look could not see it.
A path that is open only to who admits itself to a role is told, and said to be one. What forbids (deny) or bounds
(ceiling) is told beside it as a fact, and nothing is concluded from it. Superuser and ownership are entitlements like
any other: one line each, that says what it amounts to (`Reached.implies`), in place of a list of everything.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TypeVar

from django.db.models import Q, QuerySet

from governance import access
from governance.errors import NotAllowed
from governance.models import Account, Agent, Claim, Entitlement, Grant, Person
from governance.reaching.knowing import abilities, explained
from governance.reaching.reached import Ability, Path, Reach, Reached
from governance.reaching.walking import CHAINS, LONGEST, PATHS, Row, walk

AT_ONCE = 10_000  # keys in one statement, which takes 65,535 parameters at most

Held = TypeVar("Held", Account, Entitlement, Grant)

__all__ = ["CHAINS", "LONGEST", "PATHS", "Ability", "Path", "Reach", "Reached", "reach", "reach_from", "reach_of"]


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
    rows = walk(accounts, at=at, limit=limit)
    grants = by_key(Grant.objects.all(), {key for row in rows for way in (*keys_of(row), row.limits) for key in way})
    entitlements = by_key(
        Entitlement.objects.select_related("system", "confers"),
        {row.entitlement for row in rows} | {each.entitlement_id for each in grants.values()},
    )
    holders = by_key(Account.objects.select_related("system"), {each.account_id for each in grants.values()})
    for grant in grants.values():
        grant.account, grant.entitlement = holders[grant.account_id], entitlements[grant.entitlement_id]
    told = [as_reached(row, entitlements, grants) for row in rows]
    return Reach(
        tuple(explained(told, accounts, at=at)),
        rows[0].all if rows else 0,
        rows[0].everyones if rows else 0,
        tuple(sorted(abilities(accounts, at=at), key=lambda each: (each.admitting, -each.risk))),
    )


def keys_of(row: Row) -> list[list[int]]:
    """Return the grants of each path."""
    return [grants for _, grants in row.ways]


def as_reached(row: Row, entitlements: Mapping[int, Entitlement], grants: Mapping[int, Grant]) -> Reached:
    """Put the rows in the places of their keys."""
    ways = row.ways
    return Reached(
        entitlement=entitlements[row.entitlement],
        paths=tuple(Path(tuple(grants[key] for key in way), admitting) for admitting, way in ways),
        more=row.number - len(ways),
        counted=not row.cut,
        through_everyone=row.everyone,
        admitting=row.admitting,
        limits=tuple(grants[key] for key in row.limits),
    )


def by_key(rows: QuerySet[Held], keys: Collection[int]) -> dict[int, Held]:
    """Fetch rows by their keys, however many."""
    found: dict[int, Held] = {}
    ordered = sorted(keys)
    for start in range(0, len(ordered), AT_ONCE):
        found |= rows.in_bulk(ordered[start : start + AT_ONCE])
    return found
