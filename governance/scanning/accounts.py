"""What is suspicious about an account: what it can do over roles, what it is, and whether anybody answers for it."""

import re
from collections.abc import Iterator

from connectors.base import Grant, Principal
from governance.models import Band
from governance.policy.wording import counted
from governance.scanning import paths
from governance.scanning.holdings import Chain, Holdings
from governance.scanning.rows import Node, Row
from governance.scanning.suspecting import FLOOR, READ, take_away

# Words in a name that say that it was not meant to stay. A hint, and never more.
FOR_A_WHILE = re.compile(
    r"(?:^|[^a-z])(?:tmp|temp|temporary|test|testing|old|legacy|migration|migrate|poc|demo|trial|backup|bak|deprecated"
    r"|delete_?me|do_?not_?use)(?:[^a-z]|$)",
    re.IGNORECASE,
)


def suspect(holdings: Holdings) -> Iterator[Row]:
    """Yield whatever an account gives reason for."""
    for account in holdings.signing_in:
        yield from over_roles(account, holdings)
        yield from unanswered(account, holdings)
    for account in holdings.accounts:
        yield from remarkable(account, holdings)


def over_roles(account: Principal, holdings: Holdings) -> Iterator[Row]:
    """Yield what it can do over roles and that is more than all that it holds itself."""
    chains = holdings.chains(account.ref)
    reached = [(chain, holdings.worst[role]) for role, chain in chains.items() if role in holdings.worst]
    if not reached or account.ref in holdings.superusers:
        return
    chain, worst = max(reached, key=lambda each: (holdings.risk(each[1]), -len(each[0]), each[1].entitlement.id))
    risk, own = holdings.risk(worst), holdings.worst.get(account.ref)
    if worst.entitlement.type == "superuser":
        yield becoming(account, chain, worst, holdings)
    elif own is not None and risk >= FLOOR[Band.MEDIUM] and risk > holdings.risk(own):
        yield more_than_its_own(account, chain, worst, holdings)


def becoming(account: Principal, chain: Chain, worst: Grant, holdings: Holdings) -> Row:
    """Say that an account may become a superuser."""
    role = holdings.principal(worst.principal).name
    why = f"{role} is a superuser, and {account.name} is a member of it: one SET ROLE, and every check is passed."
    return Row(
        check="superuser",
        title="Superuser",
        holder=account.name,
        entitlement=holdings.called(worst),
        says=f"{account.name} may become the superuser {role}",
        why=why,
        sure=READ,
        risk=holdings.risk(worst),
        paths=(paths.path(worst, holdings, chain=chain),),
        subject=account.ref,
        remedy=take_away(chain[0], holdings),
        grants=(chain[0],),
    )


def more_than_its_own(account: Principal, chain: Chain, worst: Grant, holdings: Holdings) -> Row:
    """Say that roles give an account more than it was given by name."""
    own = counted(len(holdings.direct[account.ref]) - len(holdings.memberships.get(account.ref, ())), "thing")
    what = holdings.called(worst)
    more = counted(holdings.through_roles(account.ref), "thing")
    why = (
        f"By name it holds {own}, the riskiest of them {holdings.band(holdings.worst[account.ref]).label.lower()}."
        f" Memberships give it {more} besides, so what it was given by name does not bound what it can do."
    )
    return Row(
        check="through_roles",
        title="More than its own",
        holder=account.name,
        entitlement=what,
        says=f"{account.name} holds {what}, past what it was given by name",
        why=why,
        sure="the memberships were read, and they are in force",
        risk=holdings.risk(worst),
        paths=(paths.path(worst, holdings, chain=chain),),
        subject=account.ref,
        remedy=take_away(chain[0], holdings),
        grants=(chain[0],),
    )


def unanswered(account: Principal, holdings: Holdings) -> Iterator[Row]:
    """Yield an account that nothing shows an owner of, where it can do something."""
    power, hinted = holdings.power(account.ref), bool(FOR_A_WHILE.search(account.name))
    if account.owner_hints or not power or (account.ref in holdings.superusers and not removable(account, holdings)):
        return
    held, roles = len(holdings.direct[account.ref]), len(holdings.chains(account.ref))
    hint = "Its name says that it was not meant to stay. " if hinted else ""
    risk = FLOOR[Band.HIGH] if hinted and power >= FLOOR[Band.MEDIUM] else min(power, FLOOR[Band.HIGH] - 1)
    yield Row(
        check="no_owner_found",
        title="No owner found",
        holder=account.name,
        entitlement=f"{counted(held, 'thing')} held, {counted(roles, 'role')}",
        says=f"Nobody was found who answers for {account.name}",
        why=f"{hint}It carries no comment that names anybody. It holds {counted(held, 'thing')} by name"
        f" and has the rights of {counted(roles, 'role')}.",
        sure="no owner was found, which is not proof that there is none",
        certain=False,
        risk=risk,
        paths=(
            (
                Node(account.name, "log-in, no owner found", "holder"),
                Node(f"{held:,} direct, {counted(roles, 'role')}"),
            ),
        ),
        subject=account.ref,
        remedy=holdings.adviser.shut_out(account) if holdings.adviser else None,
    )


def removable(account: Principal, holdings: Holdings) -> bool:
    """Whether a superuser is one that the system can do without."""
    mine = [each for each in holdings.direct[account.ref] if each.entitlement.type == "superuser"]
    return any(holdings.adviser.take_away(each) for each in mine) if holdings.adviser else True


def remarkable(account: Principal, holdings: Holdings) -> Iterator[Row]:
    """Yield what the system's own adviser says about it."""
    for concern in holdings.adviser.concerns(account) if holdings.adviser else ():
        weak = concern.check == "no_end_date" and holdings.power(account.ref) < FLOOR[Band.MEDIUM]
        yield Row(
            check=concern.check,
            title=concern.title,
            holder=account.name,
            entitlement=concern.leads_to,
            says=concern.says,
            why=concern.why,
            sure=concern.sure,
            certain=concern.certain,
            risk=FLOOR[Band.MEDIUM] - 1 if weak else concern.risk,
            paths=((paths.holder(account, holdings), Node(concern.leads_to, "", "end")),),
            subject=account.ref,
            remedy=concern.remedy,
        )
