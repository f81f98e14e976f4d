"""Who holds what, over which roles, and how much harm that can do: the inventory, looked up from every side."""

from collections import defaultdict, deque
from functools import cached_property

from connectors.advising import Adviser
from connectors.base import Effect, Entitlement, Grant, HolderKind, Principal, Ref
from governance.models import Band
from governance.policy import score
from governance.scanning.gathering import Inventory

SIGNS_IN = (HolderKind.LOGIN, HolderKind.WORKLOAD, HolderKind.HUMAN)

BANDS = [Band.of(each) for each in range(score.MOST + 1)]
WHOLE = frozenset({"", "*"})  # of the whole system

Chain = tuple[Grant, ...]


class Holdings:
    """What is known of a system, and who can advise about it (nobody may)."""

    def __init__(self, inventory: Inventory, name: str, adviser: Adviser | None) -> None:
        self.inventory, self.name, self.adviser = inventory, name, adviser
        self.grants = [each for each in inventory.grants if each.effect == Effect.ALLOW]
        self.direct: dict[Ref, list[Grant]] = defaultdict(list)
        self.by_entitlement: dict[Ref, list[Grant]] = defaultdict(list)
        self._chains: dict[Ref, dict[Ref, Chain]] = {}
        self._risks: dict[int, int] = {}
        for grant in self.grants:
            self.direct[grant.principal].append(grant)
            self.by_entitlement[grant.entitlement].append(grant)

    @cached_property
    def everyone(self) -> frozenset[Ref]:
        """Whoever everyone is."""
        return frozenset(ref for ref, each in self.inventory.principals.items() if each.kind == HolderKind.EVERYONE)

    @cached_property
    def accounts(self) -> list[Principal]:
        """Every principal but everyone."""
        return [each for ref, each in self.inventory.principals.items() if ref not in self.everyone]

    @cached_property
    def signing_in(self) -> list[Principal]:
        """Those who may sign in, as far as that is known."""
        return [each for each in self.accounts if each.kind in SIGNS_IN and each.enabled is not False]

    @cached_property
    def members(self) -> dict[Ref, list[Ref]]:
        """Role to those who sign in and have its rights, directly or over other roles."""
        found: dict[Ref, list[Ref]] = defaultdict(list)
        for account in self.signing_in:
            for role in self.chains(account.ref):
                found[role].append(account.ref)
        return found

    @cached_property
    def owners(self) -> dict[tuple[str, str], Ref]:
        """The owner of each object, by its database and number."""
        return {object_of(each): each.principal for each in self.grants if each.entitlement.type == "owner"}

    @cached_property
    def superusers(self) -> frozenset[Ref]:
        """Those who may do everything."""
        return frozenset(each.principal for each in self.grants if each.entitlement.type == "superuser")

    def principal(self, ref: Ref) -> Principal:
        """Return who this is."""
        return self.inventory.principal(ref)

    def entitlement(self, grant: Grant) -> Entitlement:
        """Return what is held."""
        return self.inventory.entitlement(grant.entitlement)

    @cached_property
    def places(self) -> frozenset[str]:
        """Return the parts of the system that things lie in: one of them needs no name."""
        return frozenset(place_of(each) for each in self.grants) - WHOLE

    def called(self, grant: Grant) -> str:
        """Name what is held, and the part of the system that it lies in where there are several."""
        name, place = self.entitlement(grant).name, place_of(grant)
        return f"{name}, in {place}" if len(self.places) > 1 and place in self.places else name

    def confers(self, grant: Grant) -> Ref | None:
        """Return the role whose rights come with a membership; None where none do."""
        role = self.entitlement(grant).confers
        usable = grant.native.get("inherit") is not False or grant.native.get("settable") is not False
        return role if usable else None

    def chains(self, ref: Ref) -> dict[Ref, Chain]:
        """Return the roles whose rights somebody has, each with the shortest chain of memberships to it."""
        if ref not in self._chains:
            self._chains[ref] = self.walked(ref)
        return self._chains[ref]

    def walked(self, ref: Ref) -> dict[Ref, Chain]:
        """Walk the memberships, breadth first."""
        found: dict[Ref, Chain] = {}
        queue: deque[tuple[Ref, Chain]] = deque([(ref, ())])
        while queue:
            here, chain = queue.popleft()
            for grant in self.memberships.get(here, ()):
                role = self.confers(grant)
                if role is not None and role not in found and role != ref:
                    found[role] = (*chain, grant)
                    queue.append((role, found[role]))
        return found

    @cached_property
    def memberships(self) -> dict[Ref, list[Grant]]:
        """The memberships of each, those that give something."""
        found: dict[Ref, list[Grant]] = defaultdict(list)
        for grant in self.grants:
            if self.confers(grant) is not None:
                found[grant.principal].append(grant)
        return found

    def risk(self, grant: Grant) -> int:
        """Return how much harm a grant can do, 0 to 100, by the tables that reviews use."""
        if id(grant) not in self._risks:
            self._risks[id(grant)] = self.judged(grant)
        return self._risks[id(grant)]

    def judged(self, grant: Grant) -> int:
        """Score a grant."""
        what = self.entitlement(grant)
        actions = [each.action for each in what.actions]
        kind = self.principal(grant.principal).kind
        return score.of(what.ref.type, actions, kind, grant.native, privileged=what.privileged)

    def band(self, grant: Grant) -> Band:
        """Return it as a word."""
        return BANDS[self.risk(grant)]

    @cached_property
    def worst(self) -> dict[Ref, Grant]:
        """The riskiest thing that each holds itself; of an ordinary membership, what it leads to counts instead."""
        found: dict[Ref, Grant] = {}
        for holder, grants in self.direct.items():
            own = [each for each in grants if self.confers(each) is None or self.entitlement(each).privileged]
            if own:
                found[holder] = max(own, key=lambda each: (self.risk(each), each.entitlement.id))
        return found

    def power(self, ref: Ref) -> int:
        """Return the risk of the worst that somebody can do, over roles as well."""
        reached = [self.worst[each] for each in (ref, *self.chains(ref)) if each in self.worst]
        return max((self.risk(each) for each in reached), default=0)

    def through_roles(self, ref: Ref) -> int:
        """Count what somebody holds over roles."""
        return sum(len(self.direct.get(role, ())) for role in self.chains(ref))

    def dependents(self, grant: Grant) -> list[Grant]:
        """Return what the holder has passed on of a grant."""
        same = self.by_entitlement[grant.entitlement]
        return [each for each in same if each.origin == grant.principal.id and each is not grant]

    def other_ways(self, grant: Grant) -> list[tuple[Chain, Grant]]:
        """Return the other grants of the same to the same holder: its own, everyone's, those of its roles."""
        chains = self.chains(grant.principal)
        same = [each for each in self.by_entitlement[grant.entitlement] if each is not grant]
        near = [each for each in same if each.principal in {grant.principal, *self.everyone}]
        far = [each for each in same if each.principal in chains]
        return [((), each) for each in near] + [(chains[each.principal], each) for each in far]


def object_of(grant: Grant) -> tuple[str, str]:
    """Return what tells an object apart from others: its place and its number."""
    return place_of(grant), grant.instance


def place_of(grant: Grant) -> str:
    """Return the part of the system that something lies in: its database, where there are such."""
    return str(grant.native.get("database", ""))
