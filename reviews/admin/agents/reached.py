"""
What an agent can reach, as ways from its accounts: held directly, by roles however deep, or open to everyone.

`governance.reaching` finds it; here its paths become ways, each with the grants at its end and what is known of their
use. Whoever may see the agent sees all that it can do; a grant is a link only where its own page would open.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import CharField, QuerySet, Value

from governance import access, reaching
from governance.errors import Invalid
from governance.models import Account, Agent, Grant, Person
from governance.policy import preparing, use
from governance.policy.terms import Terms
from governance.reaching import Ability, Path, Reach

AT_MOST = 2000  # entitlements


@dataclass(frozen=True, slots=True)
class Way:
    """From an account of the agent, by these roles (or everyone first), to grants, most risk first."""

    start: Account
    via: tuple[Account, ...]
    admits: str  # the role to which it would have to admit itself first, as it may
    grants: Sequence[Grant]


@dataclass(frozen=True, slots=True)
class Reached:
    """All of it: the ways; what some entitlements amount to, or lack, by key; which grants open; what is counted."""

    ways: list[Way]
    everything: list[Path]  # to all that a system lets anybody do
    abilities: tuple[Ability, ...]
    implies: Mapping[int, str]
    lacks: Mapping[int, tuple[str, ...]]
    opens: set[int]
    left_out: int  # entitlements
    more: int  # ways to the same
    limited: int  # entitlements that are denied or bounded as well

    @property
    def grants(self) -> set[int]:
        """The keys of all that are at an end."""
        return {grant.pk for way in self.ways for grant in way.grants}


def reached(agent: Agent, accounts: Sequence[Account], *, to: Person, at: datetime) -> Reached:
    """Look it up for somebody who sees the agent."""
    found = reaching.reach(agent=agent, at=at, to=to, limit=AT_MOST)
    ends = {path.grants[-1].pk: path.grants[-1] for each in found for path in each.paths}
    classify(ends, at)
    seen = access.visible(Grant.objects.filter(pk__in=ends), to=to)
    implies = {each.entitlement.pk: each.implies for each in found if each.implies}
    return Reached(
        ways=list(ways(found, accounts, told=implies)),
        everything=[each.paths[0] for each in found if each.everything and each.paths],
        abilities=found.abilities,
        implies=implies,
        lacks={each.entitlement.pk: each.lacks for each in found if each.lacks},
        opens=set(seen.values_list("pk", flat=True)),
        left_out=found.left_out,
        more=sum(each.more for each in found),
        limited=sum(1 for each in found if each.limits),
    )


Chain = tuple[Account, tuple[Account, ...], str]


def ways(found: Reach, accounts: Sequence[Account], *, told: Collection[int]) -> Iterator[Way]:
    """The paths by account and chain, in the order of the accounts; `told`: entitlements that mean more than a way."""
    ends: dict[Chain, dict[int, Grant]] = defaultdict(dict)
    for chain, grant in steps(found, accounts):
        ends[chain][grant.pk] = grant
    led = {via[-1].pk for _, via, _ in ends if via}
    places = {account.pk: place for place, account in enumerate(accounts)}
    for chain in sorted(ends, key=lambda chain: (places.get(chain[0].pk, len(places)), len(chain[1]), chain[2])):
        if grants := without_steps(ends[chain].values(), led, told):
            yield Way(*chain, sorted(grants, key=lambda grant: (-grant.risk, grant.pk)))


def steps(found: Reach, accounts: Sequence[Account]) -> Iterator[tuple[Chain, Grant]]:
    """Every path as its chain and its end."""
    for each in found:
        for path in each.paths:
            via = tuple(grant.account for grant in path.grants[0 if path.through_everyone else 1 :])
            yield (start(path, accounts), via, path.admits), path.grants[-1]


def start(path: Path, accounts: Sequence[Account]) -> Account:
    """Where a path begins; what is open to everyone of a system is told once, at the first account that gets in."""
    if not path.through_everyone:
        return path.account
    return next((each for each in accounts if each.system_id == path.account.system_id), path.account)


def without_steps(grants: Iterable[Grant], led: set[int], told: Collection[int]) -> list[Grant]:
    """Without memberships that are but a way: their role stands in one of its own, and they mean nothing besides."""
    return [each for each in grants if each.entitlement.confers_id not in led or each.entitlement_id in told]


def classify(grants: Mapping[int, Any], at: datetime) -> None:
    """Say of each what the checks would of its use (`use_class`), and when it was last used (`last_used_at`)."""
    if not grants:
        return
    with transaction.atomic():
        rows = with_class(Grant.objects.filter(pk__in=list(grants)), at)
        for key, word, last in rows.values_list("pk", "use_class", "use__last_used_at"):
            grants[key].use_class, grants[key].last_used_at = word, last


def with_class(grants: QuerySet[Grant], at: datetime) -> QuerySet[Any]:
    """Annotate what the checks would say; without a policy in force nothing can be called unused."""
    try:
        terms = Terms.of(at)
    except Invalid:
        return grants.annotate(use_class=Value(use.NOT_OBSERVABLE, CharField()))
    idle = grants.alias(idle_since=use.idle_since())
    return idle.annotate(use_class=use.class_of(preparing.prepare(terms, idle)))
