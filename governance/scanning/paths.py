"""Ways from a holder to what it can do, as a person reads them."""

from connectors.base import Grant, HolderKind, Principal
from governance.policy.wording import counted
from governance.scanning.holdings import SIGNS_IN, Holdings, hands_out
from governance.scanning.rows import Node, Path
from governance.scanning.walking import Chain

MORE = 3  # other ways that are shown
BY_ITSELF = {"owner": "owner", "superuser": "attribute"}
# What comes of a membership, by whether it inherits and whether its member may become the role.
OPTIONS = {
    (True, True): "",
    (True, False): "inherited, without becoming it",
    (False, True): "only by becoming it",
    (False, False): "gives none of its rights",
}
CALLED = {HolderKind.LOGIN: "log-in", HolderKind.ROLE: "role", HolderKind.GROUP: "group"}


def holder(principal: Principal, holdings: Holdings) -> Node:
    """Return who holds it."""
    if principal.ref in holdings.everyone:
        accounts = counted(len(holdings.signing_in), "account")
        return Node("Everyone", f"{accounts} that can sign in, and any new one", "everyone")
    shut = principal.kind in SIGNS_IN and principal.enabled is False
    called = "may not log in" if shut else CALLED.get(principal.kind, principal.kind.value)
    return Node(principal.name, called, "holder")


def end(grant: Grant, holdings: Holdings) -> Node:
    """Return what it leads to."""
    return Node(holdings.called(grant), "", "end")


def path(grant: Grant, holdings: Holdings, *, chain: Chain = ()) -> Path:
    """Return the way over a chain of memberships and one grant."""
    by, first = granted_by(grant), chain[0] if chain else grant
    given = (Node(f"granted by {by}", "may pass on" if hands_out(grant) else ""),) if by else ()
    return (*way_over(holdings.principal(first.principal), chain, holdings), *given, end(grant, holdings))


def way_over(principal: Principal, chain: Chain, holdings: Holdings) -> Path:
    """Return the way of somebody over a chain of memberships."""
    return (holder(principal, holdings), *(step(each, holdings) for each in chain))


def step(membership: Grant, holdings: Holdings) -> Node:
    """Return the role of a membership, and what its options make of it."""
    found = holdings.membership(membership)
    note = OPTIONS[found.inherits, found.settable] if found else ""
    return Node(role_of(membership, holdings), note or "role")


def paths(grant: Grant, holdings: Holdings) -> tuple[Path, ...]:
    """Return the way of a grant, and then some other ways of the same holder to the same."""
    others = holdings.other_ways(grant)[:MORE]
    return path(grant, holdings), *(path(each, holdings, chain=chain) for chain, each in others)


def role_of(membership: Grant, holdings: Holdings) -> str:
    """Name the role of a membership."""
    found = holdings.membership(membership)
    return holdings.principal(found.role).name if found else holdings.called(membership)


def granted_by(grant: Grant) -> str:
    """Name who granted it, where the system tells."""
    return str(grant.native.get("grantor") or "")


def still(grant: Grant, holdings: Holdings) -> str:
    """Say by what the same stays possible once a grant is gone."""
    ways = list(dict.fromkeys(by(chain, each, grant, holdings) for chain, each in holdings.other_ways(grant)))
    if not ways:
        return ""
    more = f" and {counted(len(ways) - MORE, 'other way')}" if len(ways) > MORE else ""
    return f"It stays possible through {', '.join(ways[:MORE])}{more}."


def by(chain: Chain, other: Grant, grant: Grant, holdings: Holdings) -> str:
    """Name one other way."""
    if chain:
        return f"the role {holdings.principal(other.principal).name}"
    if other.principal != grant.principal:
        return "everyone's own grant"
    return f"another grant, by {granted_by(other) or 'somebody else'}"


def way(grant: Grant, holdings: Holdings) -> str:
    """Say by which way somebody holds something, for one cell of a table."""
    if grant.principal in holdings.everyone:
        return "everyone"
    if grant.entitlement.type in BY_ITSELF:
        return BY_ITSELF[grant.entitlement.type]
    giver = granted_by(grant)
    words = [f"granted by {giver}"] if giver else ["direct"]
    if hands_out(grant):
        words.append("may pass it on")
    if membership := holdings.membership(grant):
        words.append(OPTIONS[membership.inherits, membership.settable])
    return ", ".join(filter(None, words))
