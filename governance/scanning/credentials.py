"""
What is suspicious about what an account signs in with, in the words of the checks about credentials.

All that they say of one credential is one row, as in a review it is one question. What opens an account besides, such
as a person's password, makes a key no better.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Cap, Credential
from governance.models import Band, Parameters
from governance.policy.check import Check
from governance.policy.checks.old_credential import OldCredential
from governance.policy.checks.static_credential import StaticCredential
from governance.policy.checks.unused_credential import UnusedCredential
from governance.policy.wording import day
from governance.scanning import paths
from governance.scanning.accounts import ourselves
from governance.scanning.holdings import Holdings
from governance.scanning.rows import Node, Path, Row
from governance.scanning.suspecting import FLOOR

UNUSED, OLD, STATIC = UnusedCredential(), OldCredential(), StaticCredential()
SAYS = {
    UNUSED.name: "which is not used",
    OLD.name: "which was not replaced for long",
    STATIC.name: "which never expires",
}
TOLD = "by the system's own word; whether an agent signs in with it is not known here"


def suspect(holdings: Holdings, at: datetime) -> Iterator[Row]:
    """Yield each credential that can be used and of which a check speaks."""
    for credential in holdings.inventory.credentials:
        holder = holdings.principal(credential.principal)
        if not usable(credential, at) or ourselves(holder, holdings):
            continue
        if speaking := list(checks(credential, at, tracked=tracked(credential, holdings))):
            yield row(credential, speaking, holdings, at)


def usable(credential: Credential, at: datetime) -> bool:
    """Whether it opens anything now."""
    return credential.active and (credential.expires_at is None or credential.expires_at > at)


def tracked(credential: Credential, holdings: Holdings) -> bool:
    """Whether the system would tell of its use. What is not tracked is never unused."""
    caps = holdings.inventory.check.caps.get(credential.ref.type, ())
    return credential.last_used_at is not None or Cap.USAGE in caps


def checks(credential: Credential, at: datetime, *, tracked: bool) -> Iterator[Check]:
    """Yield the checks that speak of it, by policy's defaults: of an unknown age none does."""
    wanted, made = Parameters(), credential.created_at
    idle_since = credential.last_used_at or made
    if tracked and idle_since and at - idle_since >= timedelta(seconds=wanted.unused_credential_seconds):
        yield UNUSED
    if made and at - made >= timedelta(seconds=wanted.old_credential_seconds):
        yield OLD
    if made and credential.expires_at is None and at - made >= timedelta(seconds=wanted.static_credential_seconds):
        yield STATIC


def row(credential: Credential, speaking: list[Check], holdings: Holdings, at: datetime) -> Row:
    """Say all of it, under the name of the first check; the risk is that of the riskiest that it opens."""
    holder, first = holdings.principal(credential.principal), speaking[0]
    facts = facts_of(credential, at)
    least = FLOOR[Band.MEDIUM] if speaking != [UNUSED] else 0
    called = name(credential)
    return Row(
        check=first.name,
        title=first.title,
        holder=holder.name,
        entitlement=called,
        says=f"{holder.name} has the {called}, {SAYS[first.name]}",
        why=" ".join(each.reason(facts) for each in speaking),
        sure=TOLD,
        risk=max(holdings.power(holder.ref), least),
        paths=(way(credential, holdings),),
        subject=holder.ref,
        remedy=holdings.adviser.shut(credential, holder) if holdings.adviser else None,
    )


def facts_of(credential: Credential, at: datetime) -> dict[str, Any]:
    """Return what the checks tell of."""
    since = credential.created_at or credential.last_used_at or at
    return {
        "created_at": credential.created_at,
        "first_seen_at": at,
        "days": (at - since).days,
        "last_used_at": credential.last_used_at,
        "read_at": at,
    }


def name(credential: Credential) -> str:
    """Name it by its kind and its public part."""
    return f"{credential.kind.replace('_', ' ')} {credential.ref.id}"


def way(credential: Credential, holdings: Holdings) -> Path:
    """Return the way from its holder over it to the riskiest that it opens."""
    holder = holdings.principal(credential.principal)
    step = Node(name(credential), f"made {day(credential.created_at)}")
    riskiest = holdings.riskiest(holder.ref)
    if riskiest is None:
        return paths.holder(holder, holdings), step
    chain, worst = riskiest
    first, *further = paths.path(worst, holdings, chain=chain)
    return first, step, *further
