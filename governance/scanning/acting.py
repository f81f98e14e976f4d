"""What is suspicious about an account because of its roles: whom it may become, and whose rights it has."""

from collections.abc import Iterator
from typing import Any

from connectors.advising import Concern
from connectors.base import Grant, Principal, Ref
from governance.models import Band
from governance.policy.wording import counted
from governance.scanning import admitting, paths
from governance.scanning.holdings import Holdings
from governance.scanning.rows import Node, Row
from governance.scanning.suspecting import FLOOR, meaning, take_away
from governance.scanning.walking import Chain

FOLLOWED = "the memberships and their options were read, and followed"


def suspect(account: Principal, holdings: Holdings) -> Iterator[Row]:
    """Yield what roles let an account do; of one that may do everything, or become who may, no more than that."""
    if account.ref in holdings.superusers:
        return
    above = [
        (chain, role) for role, chain in holdings.reach(account.ref).becomes.items() if role in holdings.superusers
    ]
    if above:
        yield becoming(account, *above[0], holdings)
        return
    yield from admitting.suspect(account, holdings)
    yield from over_roles(account, holdings)
    yield from owning(account, holdings)
    yield from taking_on(account, holdings)


def over_roles(account: Principal, holdings: Holdings) -> Iterator[Row]:
    """Yield what it can do over roles and that is more than all that it holds itself."""
    reached = list(holdings.reached(account.ref))
    own = max((holdings.risk(grant) for chain, grant in reached if not chain), default=0)
    far = [(chain, grant) for chain, grant in reached if chain and grant.entitlement.type != "owner"]
    if not far:
        return
    chain, worst = max(far, key=lambda each: (holdings.risk(each[1]), -len(each[0]), each[1].entitlement.id))
    if holdings.risk(worst) >= FLOOR[Band.MEDIUM if own else Band.HIGH] and holdings.risk(worst) > own:
        yield more_than_its_own(account, chain, worst, own, holdings)


def becoming(account: Principal, chain: Chain, superuser: Ref, holdings: Holdings) -> Row:
    """Say that an account may become a superuser."""
    role = holdings.principal(superuser).name
    worst = next(each for each in holdings.powers[superuser] if holdings.everything(each))
    return over_a_chain(
        account,
        chain,
        holdings,
        check="superuser",
        title="Superuser",
        entitlement=holdings.called(worst),
        says=f"{account.name} may become the superuser {role}",
        why=f"{role} may do everything, and {account.name} may become it: one step, and every check is passed.",
        risk=holdings.risk(worst),
        paths=(paths.path(worst, holdings, chain=chain),),
    )


def more_than_its_own(account: Principal, chain: Chain, worst: Grant, own: int, holdings: Holdings) -> Row:
    """Say that roles give an account more than it was given by name."""
    named = [each for each in holdings.direct.get(account.ref, ()) if holdings.counts(each)]
    what, more = holdings.called(worst), counted(holdings.through_roles(account.ref), "thing")
    by_name = (
        f"{counted(len(named), 'thing')}, the riskiest of them {Band.of(own).label.lower()}" if named else "nothing"
    )
    return over_a_chain(
        account,
        chain,
        holdings,
        check="through_roles",
        title="More than its own",
        entitlement=what,
        says=f"{account.name} {can(account.ref, worst, holdings)}, past what it was given by name",
        why=f"By name it holds {by_name}. Roles give it {more} besides, so what it was given by name does not"
        " bound what it can do.",
        risk=holdings.risk(worst),
        paths=(paths.path(worst, holdings, chain=chain),),
    )


def can(ref: Ref, grant: Grant, holdings: Holdings) -> str:
    """Say what somebody can do by a grant that a role holds."""
    what, membership = holdings.called(grant), holdings.membership(grant)
    if not holdings.has(ref, grant):
        return f"may hand out {what.removeprefix('member of ')}"
    return f"is {what}" if membership else f"holds {what}"


def owning(account: Principal, holdings: Holdings) -> Iterator[Row]:
    """Yield each role that owns something and with whose rights it acts: as an owner it undoes what is revoked."""
    for role, chain in holdings.chains(account.ref).items():
        if owned := holdings.owned.get(role):
            yield owning_as(account, chain, owned, holdings)


def owning_as(account: Principal, chain: Chain, owned: list[Grant], holdings: Holdings) -> Row:
    """Say what it owns by a role."""
    role, first = holdings.principal(owned[0].principal).name, owned[0]
    more = f" and {counted(len(owned) - 1, 'more thing')}" if len(owned) > 1 else ""
    what = holdings.called(first).removeprefix("owner of ")
    return over_a_chain(
        account,
        chain,
        holdings,
        check="owner",
        title="Owner",
        entitlement=f"{holdings.called(first)}{more}",
        says=f"{account.name} acts as {role}, which owns {what}{more}, so taking rights away does not hold",
        why=meaning(first, holdings) or "An owner decides who else may do what.",
        risk=holdings.risk(first),
        paths=(paths.path(first, holdings, chain=chain),),
    )


def taking_on(account: Principal, holdings: Holdings) -> Iterator[Row]:
    """Yield what the attributes of roles let it do that it may become; it has none of them by inheriting."""
    known: set[str] = set()
    for chain, concern in holdings.taken_on(account.ref):  # its own come first
        if chain and concern.leads_to not in known:
            yield becoming_more(account, chain, concern, holdings)
        known.add(concern.leads_to)


def becoming_more(account: Principal, chain: Chain, concern: Concern, holdings: Holdings) -> Row:
    """Say that one SET ROLE gives it an attribute."""
    way = (*paths.way_over(account, chain, holdings), Node(concern.leads_to, "", "end"))
    return over_a_chain(
        account,
        chain,
        holdings,
        check=concern.check,
        title=concern.title,
        entitlement=concern.leads_to,
        says=f"{account.name} may become another role: {concern.says}",
        why=concern.why,
        risk=concern.risk,
        paths=(way,),
    )


def over_a_chain(account: Principal, chain: Chain, holdings: Holdings, **told: Any) -> Row:
    """Make a row about what memberships bring; the first of them is what would be taken away."""
    return Row(
        holder=account.name,
        sure=FOLLOWED,
        subject=account.ref,
        remedy=take_away(chain[0], holdings),
        grants=(chain[0],),
        **told,
    )
