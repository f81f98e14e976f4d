"""
What an account could do once it admits itself to a role, as it may: one GRANT more than memberships give it.

That is told where it is more than the account can do without, and only the worst of it: that it may hand the role out,
with every right that comes with it, is told anyway.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.base import Grant, Principal, Ref
from governance.scanning import paths
from governance.scanning.holdings import Holdings
from governance.scanning.rows import Node, Path, Row
from governance.scanning.suspecting import keep_to_itself
from governance.scanning.walking import Chain

FOLLOWED = (
    "the memberships and their options were read, and followed; it takes a GRANT besides, which it may give itself"
)


@dataclass(frozen=True, slots=True)
class End:
    """What a role leads to: in a word, in a sentence that goes on from "and then", and how much harm it can do."""

    role: Ref
    leads_to: str
    says: str
    risk: int
    everything: bool = False


def suspect(account: Principal, holdings: Holdings) -> Iterator[Row]:
    """Yield the worst that comes of it, where that is more than the account can do without."""
    ends = [end for role in sorted(gained(account.ref, holdings), key=str) for end in ends_of(account, role, holdings)]
    worst = max(ends, key=lambda each: (each.everything, each.risk), default=None)
    if worst and (worst.everything or worst.risk > holdings.power(account.ref)):
        yield admitting(account, worst, holdings)


def gained(ref: Ref, holdings: Holdings) -> set[Ref]:
    """Return the roles whose rights come by it, or that one may become by it."""
    now, then = holdings.reach(ref), holdings.admitted(ref)
    return (then.chains.keys() - now.chains.keys()) | (then.becomes.keys() - now.becomes.keys()) - {ref}


def ends_of(account: Principal, role: Ref, holdings: Holdings) -> Iterator[End]:
    """Yield what a role leads to: what it holds, the riskiest alone, and for who may become it what it is."""
    becomes = role in holdings.admitted(account.ref).becomes
    name = holdings.principal(role).name
    if becomes and role in holdings.superusers:
        (grant, *_) = (each for each in holdings.powers[role] if holdings.everything(each))
        yield End(role, holdings.called(grant), f"become the superuser {name}", holdings.risk(grant), everything=True)
    for concern in holdings.attributes.get(role, ()) if becomes else ():
        yield End(role, concern.leads_to, f"become {name}: {concern.says}", concern.risk)
    for grant in held(role, holdings, becomes=becomes):
        called = holdings.called(grant)
        yield End(role, called, f"have the rights of {name}: {called}", holdings.risk(grant))


def held(role: Ref, holdings: Holdings, *, becomes: bool) -> Iterator[Grant]:
    """Yield the riskiest that a role holds, and its memberships that are more than a way."""
    yield from (holdings.worst[role],) if role in holdings.worst else ()
    for grant in holdings.powers.get(role, ()):
        membership = holdings.membership(grant)
        if membership and (holdings.admits(membership) or membership.gives(may_set=becomes)):
            yield grant


def admitting(account: Principal, end: End, holdings: Holdings) -> Row:
    """Say what comes of it; what would be taken away is the right to admit."""
    then = holdings.admitted(account.ref)
    chain = then.becomes.get(end.role) or then.chains[end.role]
    admissions = admitted_on(chain, holdings)
    roles = " and ".join(paths.role_of(each, holdings) for each in admissions)
    return Row(
        check="superuser" if end.everything else "can_widen_itself",
        title="Superuser" if end.everything else "Can widen itself",
        holder=account.name,
        entitlement=end.leads_to,
        says=f"{account.name} may admit itself to {roles}, and then {end.says}",
        why=f"As things stand it may not. ADMIN OPTION on {roles} is its own, or comes with its roles: one GRANT, to"
        " itself, and nobody else is asked.",
        sure=FOLLOWED,
        risk=end.risk,
        paths=(way(account, chain, end, holdings),),
        subject=account.ref,
        remedy=keep_to_itself(admissions[0], holdings),
        grants=(admissions[0],),
    )


def admitted_on(chain: Chain, holdings: Holdings) -> list[Grant]:
    """Return the memberships of a chain to which one must admit oneself, to get so far."""
    may_set, found = True, []
    for grant in chain:
        each = holdings.membership(grant)
        plain = each is not None and may_set and each.settable
        if each and not plain and holdings.admits(each):
            found.append(grant)
        may_set = plain or bool(found and found[-1] is grant)
    return found


def way(account: Principal, chain: Chain, end: End, holdings: Holdings) -> Path:
    """Return the way, with the steps at which it admits itself."""
    admissions = admitted_on(chain, holdings)
    steps = [
        Node(paths.role_of(each, holdings), "admits itself") if each in admissions else paths.step(each, holdings)
        for each in chain
    ]
    return (paths.holder(account, holdings), *steps, Node(end.leads_to, "", "end"))
