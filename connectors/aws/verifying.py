"""
One fresh look at a grant: is it there, and can what it allows still be done by any way.

The second answer is computed from all documents of the account. What it cannot see it counts as possible: conditions
that nobody read, and what one pattern may mean of another. Policies of resources, of the organisation and of a session
are not read, and that is said with the answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.aws import describing, holding, names, policies, publishing, trusting
from connectors.aws.accounts import Account, Holder, require_canary, see, signed_in
from connectors.aws.evaluating import Held, judge
from connectors.aws.holding import GOES_ON, POSSIBLE, SOME_ROLE, Able, Standing
from connectors.aws.policies import Policy, Request
from connectors.aws.sessions import Door
from connectors.base import Grant, Path, PathKind, Ref, State, Verification, Via

UNREAD = "Policies of resources (buckets, keys, queues) were not read: they may allow it too."


@dataclass(frozen=True, slots=True)
class Look:
    """What one look showed of a grant: whoever holds it, where it is still there, and the grant as it stands."""

    account: Account
    grant: Grant
    holder: Holder | None
    now: Grant | None  # under the same name; it may be another instance

    @property
    def direct(self) -> bool:
        """Whether it is there as it was."""
        return self.now is not None and same(self.now, self.grant)

    @property
    def itself(self) -> Via:
        """The grant as a way; what was made again under its name goes the same one, and it is another grant's."""
        return Via(self.grant.principal, self.grant.entitlement, self.grant.origin)

    @property
    def without(self) -> Via | None:
        """The way that is not looked at, as the grant itself is no other one."""
        return self.itself if self.direct else None


def same(now: Grant, grant: Grant) -> bool:
    """Whether a grant is the very one, and not one that was made again under its name."""
    return (now.instance, now.native.get("document")) == (grant.instance, grant.native.get("document"))


def verify(door: Door, grant: Grant) -> Verification:
    """Look; raise a ConnectorError wherever the look was not complete."""
    at = datetime.now(UTC)
    found = look_at(door, grant)
    others = tuple(other_paths(found))
    return Verification(
        direct=state(found.direct),
        effective=state(found.direct or bool(others)) if others or known(found) else State.UNKNOWN,
        other_paths=others,
        evidence=evidence(door, found),
        observed_at=at,
        unread=unread(found),
    )


def look_at(door: Door, grant: Grant) -> Look:
    """Look at the account, and at the policy of a grant also where nobody has that any longer."""
    return look(publishing.completed(door, see(door), grant), grant)


def look(account: Account, grant: Grant) -> Look:
    """Find a grant in what was seen."""
    now = {each.key: each for each in describing.grants(account)}.get(grant.key)
    return Look(account, grant, account.by_ref.get(grant.principal), now)


def state(there: bool) -> State:
    """Say it in the contract's words."""
    return State.PRESENT if there else State.ABSENT


def evidence(door: Door, found: Look) -> dict[str, Any]:
    """Return what was read, as JSON knows it."""
    holder = found.holder
    return {
        "identity": signed_in(door)["Arn"],
        "account": found.account.number,
        "canary": require_canary(door, found.account),
        "holder": holder.arn if holder else "is gone",
        "attached": list(holder.attached) if holder else [],
        "inline": [each.name for each in holder.written] if holder else [],
        "groups": list(holder.groups) if holder else [],
        "boundary": holder.boundary if holder else "",
        "level": "computed from all policies of the account; resource policies and the organisation's were not read",
    }


def other_paths(found: Look) -> Iterator[Path]:
    """Yield the ways to what a grant allows that do not need it, whether or not it is there."""
    if found.holder is None:
        return
    start = holding.able(found.account, found.holder, found.without)
    if found.grant.entitlement.type == names.ASSUME:
        yield from other_entrances(found, start)
        return
    asked = list(requests(found))
    told: set[Via] = set()
    for here in (start, *holding.becomes(found.account, start, found.without)):
        for standing, number in ways(here, asked):
            if standing.via not in told:
                told.add(standing.via)
                much = "" if number == len(asked) else f" ({number} of {len(asked)} actions)"
                yield path(here, standing, f"{again(found, standing.via, *standing.through)}{much}")


def ways(here: Able, asked: list[Request]) -> list[tuple[Standing, int]]:
    """Return the policies by which something of what is asked can be done, and how much of it."""
    counted: dict[Standing, int] = {}
    for request in asked:
        for standing in here.ways(request):
            counted[standing] = counted.get(standing, 0) + 1
    return list(counted.items())


def path(here: Able, standing: Standing, more: str) -> Path:
    """Say by which way, and what more is to be said of it."""
    if not here.chain:
        return Path(standing.kind, f"{standing.text}{more}", standing.via, standing.through)
    text = f"role {here.holder.name}, which it can assume, by {standing.text}{more}"
    return Path(PathKind.ROLE, text, standing.via, (*here.chain, *standing.through))


def again(found: Look, *vias: Via) -> str:
    """Say of a way that it is what was made again under the grant's name."""
    return ", which was made again under its name" if found.itself in vias else ""


def known(found: Look) -> bool:
    """Whether it is known what the grant allowed: of a policy, version or role that was deleted nobody knows."""
    return found.direct or found.holder is None or None not in texts(found)


def unread(found: Look) -> str:
    """Say where a way may lie that the look does not show: whoever has become a role stays it for a while."""
    lets = judge(SOME_ROLE, Held(documents(found))).outcome in POSSIBLE
    return f"{UNREAD} {GOES_ON}" if lets or found.grant.entitlement.type == names.ASSUME else UNREAD


def requests(found: Look) -> Iterator[Request]:
    """Yield what a grant allows, as patterns, each once."""
    pairs = dict.fromkeys(pair for each in documents(found) for pair in all_of(each))
    yield from (Request(action, resource, {}, wild=True) for action, resource in pairs)


def documents(found: Look) -> list[Policy]:
    """Return the policies that came with a grant, as far as anybody knows them."""
    return [policies.read(found.grant.entitlement.id, text) for text in texts(found) if text is not None]


def texts(found: Look) -> list[Mapping[str, Any] | None]:
    """Return what came with a grant, as that was listed; None for what the account has no longer."""
    name, said, account = found.grant.entitlement.id, found.grant.native, found.account
    match found.grant.entitlement.type:
        case names.MEMBERSHIP:
            return [account.texts.get(digest) for digest in said.get("digests", [""])]
        case names.INLINE:
            return [said["document"]]
        case names.ASSUME:
            return [] if name in account.by_arn else [None]
        case _:
            managed = account.policies.get(name)
            return [managed.saying(said.get("digest", "")) if managed else None]


def all_of(policy: Policy) -> list[tuple[str, str]]:
    """Return all that a policy allows, as patterns."""
    return [pair for each in policy.statements if each.allows for pair in describing.patterns(each)]


def other_entrances(found: Look, start: Able) -> Iterator[Path]:
    """Yield the other ways to become the role."""
    role = found.account.by_arn.get(found.grant.entitlement.id)
    if role is None:
        return
    text = f"the trust policy of {role.name}"
    for here in (start, *holding.becomes(found.account, start, found.without)):
        for via in holding.entrances(found.account, here, role):
            if via != found.without:
                named = next(each for each in trusting.of(role, found.account) if each.ref == via.principal)
                yield Path(kind_of(via.principal), f"{text} names {named.name}{again(found, via)}", via, here.chain)


def kind_of(principal: Ref) -> PathKind:
    """Say what kind of way an entry of a trust policy is."""
    return PathKind.EVERYONE if principal == names.EVERYONE else PathKind.ROLE
