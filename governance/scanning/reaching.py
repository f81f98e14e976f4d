"""What each account reaches over roles, as the page lists it: by which way, and what the role at its end holds."""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.base import Grant, Principal, Ref
from governance.models import Band
from governance.policy.wording import counted
from governance.scanning import paths
from governance.scanning.holdings import Holdings, hands_out
from governance.scanning.rows import Path
from governance.scanning.suspecting import meaning

ACCOUNTS = 50  # that are listed, the riskiest first
ROLES = 10  # of an account
THINGS = 10  # of a role


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a role, what it means to have it, and what it holds: the riskiest first, and how much more."""

    path: Path
    meaning: str
    things: tuple[tuple[Band, str], ...]
    further: int


@dataclass(frozen=True, slots=True)
class Reaching:
    """One account: how much it reaches, over how many roles, and so many of them."""

    name: str
    number: str
    ways: tuple[Way, ...]
    further: int


@dataclass(frozen=True, slots=True)
class Reached:
    """The accounts that reach something over roles, those that can do most harm first, and how many more there are."""

    accounts: tuple[Reaching, ...]
    further: int


def reached(holdings: Holdings) -> Reached:
    """Return what accounts reach over roles; a superuser's roles add nothing to it."""
    over_roles = [
        each for each in holdings.signing_in if each.ref not in holdings.superusers and holdings.chains(each.ref)
    ]
    ordered = sorted(over_roles, key=lambda each: (-holdings.power(each.ref), each.name))
    listed = tuple(reaching(each, holdings) for each in ordered[:ACCOUNTS])
    return Reached(listed, len(ordered) - len(listed))


def reaching(account: Principal, holdings: Holdings) -> Reaching:
    """Return what one account reaches, the nearest roles first; a role that is but a way to others is in theirs."""
    roles = list(holdings.chains(account.ref))
    ways = [way(account, role, holdings) for role in roles[:ROLES]]
    things = holdings.through_roles(account.ref) + sum(bool(chain) for chain, _ in holdings.taken_on(account.ref))
    number = f"{counted(things, 'thing')} over {counted(len(roles), 'role')}" if things else counted(len(roles), "role")
    told = tuple(each for each in ways if each.things or each.meaning)
    return Reaching(account.name, number, told, len(roles) - len(ways))


def way(account: Principal, role: Ref, holdings: Holdings) -> Way:
    """Return the way to a role, and what comes of it."""
    reach = holdings.reach(account.ref)
    chain = reach.becomes.get(role, reach.chains[role])
    plain = holdings.plain.get(role, [])
    things = [*by_the_way(account.ref, role, holdings), *(thing(each, holdings) for each in plain[:THINGS])]
    listed = sorted(things, key=lambda each: -each[0].rank)[:THINGS]
    path = paths.way_over(account, chain, holdings)
    further = len(things) - len(listed) + len(plain[THINGS:])
    return Way(path, meaning(chain[-1], holdings), tuple(listed), further)


def by_the_way(ref: Ref, role: Ref, holdings: Holdings) -> Iterator[tuple[Band, str]]:
    """Yield what comes with a role only by some ways to it: attributes, superuser, and what stands for itself."""
    if role in holdings.reach(ref).becomes:
        yield from ((Band.of(each.risk), each.leads_to) for each in holdings.attributes.get(role, ()))
    yield from (thing(each, holdings) for each in holdings.coming(ref, role))


def thing(grant: Grant, holdings: Holdings) -> tuple[Band, str]:
    """Return one thing that a role holds, and how much harm it can do."""
    return holdings.band(grant), called(grant, holdings)


def called(grant: Grant, holdings: Holdings) -> str:
    """Name it, and say where it may be passed on."""
    return f"{holdings.called(grant)}{', may pass it on' if hands_out(grant) else ''}"
