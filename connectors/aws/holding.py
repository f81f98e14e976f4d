"""
What speaks about what a principal may do: its own policies and its groups', its boundary, and the roles it can become.

Each policy keeps with it the grant by which it is held, so that a way that stays open can be named.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from connectors.aws import names, policies, trusting
from connectors.aws.accounts import Account, Holder
from connectors.aws.evaluating import Held, Judged, Outcome, judge
from connectors.aws.policies import Policy, Request
from connectors.base import PathKind, Ref, Via

POSSIBLE = (Outcome.ALLOWED, Outcome.COULD)
BECOMES = "sts:AssumeRole"
SOME_ROLE = Request(BECOMES, "*", {}, wild=True)
GOES_ON = "A role that it has taken on before stays open to it until that session ends, after 12 hours at most."


@dataclass(frozen=True, slots=True)
class Standing:
    """A policy that speaks for a principal, the grant by which it does, and how a person is told of it."""

    policy: Policy
    via: Via
    kind: PathKind
    text: str
    through: tuple[Via, ...] = ()


def own(account: Account, holder: Holder) -> Iterator[Standing]:
    """Yield what a principal has itself, and by its groups."""
    yield from of_its_own(account, holder)
    for name in holder.groups:
        group = account.group(name)
        member = Via(holder.ref, names.membership(name))
        for each in of_its_own(account, group, PathKind.ROLE, f" of the group {name}"):
            yield Standing(each.policy, each.via, each.kind, each.text, (member,))


def of_its_own(
    account: Account, holder: Holder, kind: PathKind = PathKind.POLICY, whose: str = ""
) -> Iterator[Standing]:
    """
    Yield the policies that are attached to one, and those that are written into it.

    What shuts it out closes no way: that is opened again when it is let in, and nobody looks then.
    """
    for arn in holder.attached:
        managed = account.policy(arn)
        via = Via(holder.ref, Ref(names.POLICY, arn))
        yield Standing(read(via, managed.document), via, kind, f"policy {managed.name}{whose}")
    for each in holder.written:
        via = Via(holder.ref, names.inline(holder.kind, holder.name, each.name))
        yield Standing(read(via, each.text), via, kind, f"inline policy {each.name}{whose}")


def read(via: Via, document: Mapping[str, Any]) -> Policy:
    """Read a document under the name of the grant by which it is held."""
    return read_once(f"{via.entitlement} of {via.principal}", names.canonical(document))


@lru_cache(maxsize=5_000)
def read_once(name: str, document: str) -> Policy:
    """Read a document; the same one is read again and again in one look."""
    return policies.read(name, document)


def bounding(account: Account, holder: Holder) -> Policy | None:
    """Return the policy beyond which nothing is allowed."""
    if not holder.boundary:
        return None
    return read(Via(holder.ref, Ref(names.BOUNDARY, holder.boundary)), account.policy(holder.boundary).document)


@dataclass(frozen=True, slots=True)
class Able:
    """What one principal can do as itself; of a role that it became, `chain` is how."""

    holder: Holder
    standings: tuple[Standing, ...]
    boundary: Policy | None
    chain: tuple[Via, ...] = ()

    def judge(self, request: Request) -> Judged:
        """Judge a request of its own."""
        return judge(request, Held([each.policy for each in self.standings], self.boundary))

    def ways(self, request: Request) -> Iterator[Standing]:
        """Yield the policies by which it could do this."""
        judged = self.judge(request)
        if judged.outcome not in POSSIBLE:
            return
        speaking = {name for name, _ in judged.allowing}
        yield from (each for each in self.standings if each.policy.name in speaking)


def able(account: Account, holder: Holder, without: Via | None = None, chain: tuple[Via, ...] = ()) -> Able:
    """Return what a principal can do, as if it lacked one grant; a membership takes the group's policies along."""
    standings = tuple(each for each in own(account, holder) if without not in {each.via, *each.through})
    return Able(holder, standings, bounding(account, holder), chain)


def becomes(account: Account, start: Able, without: Via | None = None) -> Iterator[Able]:
    """Yield the roles that a principal can become, and those that these can, each once, the nearest first."""
    seen, waiting = {start.holder.ref}, [start]
    while waiting:
        here = waiting.pop(0)
        for role in account.of_kind(names.ROLE):
            if role.ref in seen:
                continue
            way = next((via for via in entrances(account, here, role) if via != without), None)
            if way is not None:
                seen.add(role.ref)
                waiting.append(able(account, role, without, (*here.chain, way)))
                yield waiting[-1]


def takes_on(account: Account, start: Able) -> bool:
    """Whether it may be in the session of a role: of one that is seen here, or of one that its policies let it have."""
    return start.judge(SOME_ROLE).outcome in POSSIBLE or next(becomes(account, start), None) is not None


def entrances(account: Account, here: Able, role: Holder) -> Iterator[Via]:
    """Yield the entries of a role's trust policy by which a principal can, or could, become it."""
    judged = here.judge(Request(BECOMES, role.arn, {}))
    for trust in trusting.of(role, account):
        by_name = trust.ref in {here.holder.ref, names.EVERYONE}
        if (by_name and judged.outcome != Outcome.DENIED) or (trust.names_account and judged.outcome in POSSIBLE):
            yield Via(trust.ref, Ref(names.ASSUME, role.arn), trust.origin)
