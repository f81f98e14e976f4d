"""Who holds what, over which roles, and how much harm that can do: the inventory, looked up from every side."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from connectors.advising import Adviser, Concern
from connectors.base import Effect, Entitlement, Grant, HolderKind, Principal, Ref
from governance.models import Band
from governance.policy import score
from governance.scanning.gathering import Inventory
from governance.scanning.walking import Chain, Membership, Reach, reach

SIGNS_IN = (HolderKind.LOGIN, HolderKind.WORKLOAD, HolderKind.HUMAN)

BANDS = [Band.of(each) for each in range(score.MOST + 1)]
WHOLE = frozenset({"", "*"})  # of the whole system
APART = frozenset({"superuser", "owner"})  # said of by checks of their own


class Holdings:
    """What is known of a system, and who can advise about it (nobody may)."""

    def __init__(self, inventory: Inventory, name: str, adviser: Adviser | None) -> None:
        self.inventory, self.name, self.adviser = inventory, name, adviser
        self.grants = [each for each in inventory.grants if each.effect == Effect.ALLOW]
        self.direct: dict[Ref, list[Grant]] = defaultdict(list)
        self.by_entitlement: dict[Ref, list[Grant]] = defaultdict(list)
        self._reach: dict[Ref, Reach] = {}
        self._admitted: dict[Ref, Reach] = {}
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
        """Role to those who sign in and have its rights under their own name, directly or over other roles."""
        found: dict[Ref, list[Ref]] = defaultdict(list)
        for account in self.signing_in:
            for role in self.with_itself(account.ref):
                found[role].append(account.ref)
        return found

    def with_itself(self, ref: Ref) -> Iterator[Ref]:
        """Yield the roles whose rights somebody has under its own name: of one that is assumed it acts as that."""
        for role, chain in self.chains(ref).items():
            if not any(each.native.get("assumed") for each in chain):
                yield role

    @cached_property
    def with_keys_in_use(self) -> frozenset[Ref]:
        """Those with a key that can be used and was."""
        return frozenset(each.principal for each in self.inventory.credentials if each.active and each.last_used_at)

    @cached_property
    def owners(self) -> dict[tuple[str, str], Ref]:
        """The owner of each object, by its database and number."""
        return {object_of(each): each.principal for each in self.grants if each.entitlement.type == "owner"}

    @cached_property
    def lenders(self) -> Mapping[str, frozenset[Ref]]:
        """Who owns what acts with its owner's rights for whoever calls it, by place. A superuser needs no grant."""
        every = self.inventory.entitlements.values()
        acting = {each.resource for each in every if acts_as_owner(each)}
        found: dict[str, frozenset[Ref]] = defaultdict(frozenset)
        for owner, grants in self.owned.items():
            for grant in grants if owner not in self.superusers else ():
                if self.entitlement(grant).resource in acting:
                    found[place_of(grant)] |= {owner}
        return found

    @cached_property
    def lent(self) -> Mapping[str, frozenset[Ref]]:
        """Whose grants are used that way, by place: the owners' own, those of their roles and everyone's."""
        return {
            place: self.everyone.union(owners, *(self.chains(each) for each in owners))
            for place, owners in self.lenders.items()
        }

    @cached_property
    def superusers(self) -> frozenset[Ref]:
        """Those who may do everything."""
        return frozenset(each.principal for each in self.grants if self.everything(each))

    @cached_property
    def ceilings(self) -> dict[Ref, Grant]:
        """What bounds somebody: beyond it nothing that is held counts."""
        return {each.principal: each for each in self.inventory.grants if each.effect == Effect.CEILING}

    def everything(self, grant: Grant) -> bool:
        """Whether a grant lets its holder do everything."""
        if grant.entitlement.type == "superuser":
            return True
        return self.entitlement(grant).attrs.get("everything") is True and grant.principal not in self.ceilings

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

    def membership(self, grant: Grant) -> Membership | None:
        """Return a grant as the membership that it is; None where it is none."""
        role = self.entitlement(grant).confers
        return Membership(grant, role) if role else None

    def has(self, ref: Ref, grant: Grant) -> bool:
        """Whether somebody has what a grant gives: by its own, or with the rights of the role that holds it."""
        found, holder = self.reach(ref), grant.principal
        membership = self.membership(grant)
        if self.everything(grant):
            return holder in found.becomes
        if membership and not membership.gives(may_set=holder in found.becomes):
            return False
        return holder == ref or holder in found.chains

    def reach(self, ref: Ref) -> Reach:
        """Return the roles whose rights somebody has, and which of them it may become."""
        if ref not in self._reach:
            self._reach[ref] = reach(ref, self.memberships)
        return self._reach[ref]

    def admitted(self, ref: Ref) -> Reach:
        """Return the same for one who admits itself wherever it may."""
        if ref not in self._admitted:
            self._admitted[ref] = reach(ref, self.memberships, admits=self.admits)
        return self._admitted[ref]

    def admits(self, membership: Membership) -> bool:
        """Whether its member may admit itself: to a superuser nobody may who is none."""
        return membership.hands_out and membership.role not in self.superusers

    def chains(self, ref: Ref) -> Mapping[Ref, Chain]:
        """Return the roles whose rights somebody has, each with the shortest chain of memberships to it."""
        return self.reach(ref).chains

    @cached_property
    def memberships(self) -> dict[Ref, list[Membership]]:
        """The memberships of each."""
        found: dict[Ref, list[Membership]] = defaultdict(list)
        for grant in self.grants:
            each = self.membership(grant)
            if each:
                found[grant.principal].append(each)
        return found

    @cached_property
    def attributes(self) -> dict[Ref, list[Concern]]:
        """What the attributes of each let it do, and whoever may become it."""
        told = {ref: self.concerns(each) for ref, each in self.inventory.principals.items()}
        found = {ref: [each for each in concerns if each.taken_on] for ref, concerns in told.items()}
        return {ref: concerns for ref, concerns in found.items() if concerns}

    def concerns(self, principal: Principal) -> Sequence[Concern]:
        """Return what the adviser says about somebody."""
        return self.adviser.concerns(principal) if self.adviser else ()

    def needed(self, grant: Grant) -> bool:
        """Whether the system itself needs it: there is nothing to take away."""
        return self.adviser is not None and self.adviser.take_away(grant) is None

    def risk(self, grant: Grant) -> int:
        """Return how much harm a grant can do, 0 to 100, by the tables that reviews use."""
        if id(grant) not in self._risks:
            self._risks[id(grant)] = self.judged(grant)
        return self._risks[id(grant)]

    def judged(self, grant: Grant) -> int:
        """Score a grant; a membership by what its options let come of it."""
        what, membership = self.entitlement(grant), self.membership(grant)
        privileged = what.privileged
        if membership and not self.admits(membership):
            if not membership.gives(may_set=True):
                return 0
            privileged &= membership.settable or not self.must_become(membership.role)
            privileged &= not self.needed(grant)
        actions = [each.action for each in what.actions]
        kind = self.principal(grant.principal).kind
        return score.of(what.ref.type, actions, kind, grant.native, privileged=privileged)

    def must_become(self, role: Ref) -> bool:
        """Whether what makes a role remarkable is never inherited."""
        return role in self.superusers or role in self.attributes

    def band(self, grant: Grant) -> Band:
        """Return it as a word."""
        return BANDS[self.risk(grant)]

    @cached_property
    def worst(self) -> dict[Ref, Grant]:
        """The riskiest thing that each holds itself and that comes with its rights, memberships and ownership apart."""
        found: dict[Ref, Grant] = {}
        for holder, grants in self.direct.items():
            own = [each for each in grants if each.entitlement.type not in APART and not self.membership(each)]
            if own:
                found[holder] = max(own, key=lambda each: (self.risk(each), each.entitlement.id))
        return found

    @cached_property
    def owned(self) -> dict[Ref, list[Grant]]:
        """What each owns, in the order of names."""
        found: dict[Ref, list[Grant]] = defaultdict(list)
        for grant in sorted(self.grants, key=lambda each: each.entitlement.id):
            if grant.entitlement.type == "owner":
                found[grant.principal].append(grant)
        return found

    @cached_property
    def powers(self) -> dict[Ref, list[Grant]]:
        """What each holds that is more than ordinary: superuser, and memberships that stand for what they lead to."""
        found: dict[Ref, list[Grant]] = defaultdict(list)
        for grant in self.grants:
            if self.everything(grant) or self.stands_for_itself(grant):
                found[grant.principal].append(grant)
        return found

    def stands_for_itself(self, grant: Grant) -> bool:
        """Whether a membership is more than a way: of an ordinary one, what it leads to counts instead."""
        membership = self.membership(grant)
        if membership is None or self.needed(grant):
            return False
        if self.admits(membership):
            return self.entitlement(grant).privileged or not membership.gives(may_set=True)
        return self.entitlement(grant).privileged and not self.must_become(membership.role)

    def counts(self, grant: Grant) -> bool:
        """Whether a grant is something that one can do, and not only a way to a role."""
        return self.membership(grant) is None or self.stands_for_itself(grant)

    def reached(self, ref: Ref) -> Iterator[tuple[Chain, Grant]]:
        """Yield the riskiest that somebody can do: by itself, over an empty chain, and over each of its roles."""
        found = self.reach(ref)
        for holder, chain in ((ref, ()), *found.chains.items()):
            if holder in self.worst:
                yield chain, self.worst[holder]
            if holder in self.owned:
                yield chain, self.owned[holder][0]
            for grant in self.coming(ref, holder):
                yield found.becomes.get(holder, chain), grant

    def riskiest(self, ref: Ref) -> tuple[Chain, Grant] | None:
        """Return the riskiest that it holds itself or over roles, by the shortest way; None where it holds nothing."""
        found = self.reached(ref)
        return max(found, key=lambda way: (self.risk(way[1]), -len(way[0]), way[1].entitlement.id), default=None)

    def power(self, ref: Ref) -> int:
        """Return the risk of the worst that somebody can do, over roles as well."""
        risks = [self.risk(each) for _, each in self.reached(ref)]
        return max((*risks, *(each.risk for _, each in self.taken_on(ref))), default=0)

    def taken_on(self, ref: Ref) -> Iterator[tuple[Chain, Concern]]:
        """Yield what attributes let somebody do: its own, over an empty chain, and those of whom it may become."""
        for role, chain in self.reach(ref).becomes.items():
            yield from ((chain, each) for each in self.attributes.get(role, ()))

    def through_roles(self, ref: Ref) -> int:
        """Count what somebody can do over roles."""
        return sum(len(self.plain.get(role, ())) + len(self.coming(ref, role)) for role in self.chains(ref))

    @cached_property
    def plain(self) -> dict[Ref, list[Grant]]:
        """What each holds that comes with its rights whatever the way to them, the riskiest first."""
        found: dict[Ref, list[Grant]] = defaultdict(list)
        for grant in sorted(self.grants, key=lambda each: (-self.risk(each), each.entitlement.id)):
            if not self.everything(grant) and self.membership(grant) is None:
                found[grant.principal].append(grant)
        return found

    def coming(self, ref: Ref, role: Ref) -> list[Grant]:
        """Return what else comes to somebody who has a role's rights, by the way there."""
        return [each for each in self.powers.get(role, ()) if self.widens(each) or self.has(ref, each)]

    def widens(self, grant: Grant) -> bool:
        """Whether it is a membership to which its member may admit itself."""
        membership = self.membership(grant)
        return membership is not None and self.admits(membership)

    def dependents(self, grant: Grant) -> list[Grant]:
        """Return what the holder has passed on of a grant, and could not have without it."""
        same = [each for each in self.by_entitlement[grant.entitlement] if each is not grant]
        if any(hands_out(each) for each in same if each.principal == grant.principal):
            return []
        return [each for each in same if each.origin == grant.principal.id]

    def other_ways(self, grant: Grant) -> list[tuple[Chain, Grant]]:
        """Return the other grants of the same to the same holder: its own, everyone's, those of its roles."""
        holder, chains = grant.principal, self.chains(grant.principal)
        same = [each for each in self.by_entitlement[grant.entitlement] if each is not grant]
        ways = [each for each in same if each.principal in self.everyone or self.has(holder, each)]
        return sorted(((chains.get(each.principal, ()), each) for each in ways), key=lambda way: len(way[0]))


def hands_out(grant: Grant) -> bool:
    """Whether the holder may pass it on."""
    return grant.native.get("grantable") is True


def acts_as_owner(entitlement: Entitlement) -> bool:
    """Whether it is of what acts with its owner's rights: a view (which has a definition), some functions."""
    view = entitlement.ref.type == "table" and bool(entitlement.definition_digest)
    return view or entitlement.attrs.get("security_definer") is True


def object_of(grant: Grant) -> tuple[str, str]:
    """Return what tells an object apart from others: its place and its number."""
    return place_of(grant), grant.instance


def place_of(grant: Grant) -> str:
    """Return the part of the system that something lies in: its database, where there are such."""
    return str(grant.native.get("database", ""))
