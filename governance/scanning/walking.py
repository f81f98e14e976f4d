"""
Who can act as whom.

A role's rights come by inheriting, or after becoming it. To become it must be allowed on every step from whoever signed
in; from then on comes what that role inherits. Some things are never inherited: what a superuser may, and what a role's
attributes let it do, belong to whoever may become it.

Who has the rights of one that may hand a membership out can take a step more: admit itself, and become that role.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import Grant, Ref

Chain = tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """A grant that makes its holder a member of a role. What a system does not tell of options is taken as given."""

    grant: Grant
    role: Ref

    @property
    def inherits(self) -> bool:
        """Whether the role's rights come by themselves."""
        return self.grant.native.get("inherit") is not False

    @property
    def settable(self) -> bool:
        """Whether the member may become the role."""
        return self.grant.native.get("settable") is not False

    @property
    def hands_out(self) -> bool:
        """Whether the member may admit others, and itself."""
        return self.grant.native.get("grantable") is True

    def gives(self, *, may_set: bool) -> bool:
        """Whether it gives the role's rights to one who became its member, or to one who inherits from that."""
        return self.inherits or (self.settable and may_set)


def nobody(_: Membership) -> bool:
    """Admit nobody: as things stand."""
    return False


@dataclass(frozen=True, slots=True)
class Reach:
    """The roles whose rights somebody has, each with the shortest way; and those of them that it may become."""

    chains: Mapping[Ref, Chain]
    becomes: Mapping[Ref, Chain]  # itself too, by no step


def reach(
    ref: Ref, above: Mapping[Ref, Sequence[Membership]], *, admits: Callable[[Membership], bool] = nobody
) -> Reach:
    """Walk the memberships of each, breadth first; over one that `admits`, as one who has admitted itself to it."""
    found: dict[tuple[Ref, bool], Chain] = {(ref, True): ()}
    queue = deque(found)
    while queue:
        here, may_set = queue.popleft()
        for each in above.get(here, ()):
            admitted = admits(each)
            step = each.role, admitted or (may_set and each.settable)
            if (admitted or each.gives(may_set=may_set)) and step not in found:
                found[step] = (*found[here, may_set], each.grant)
                queue.append(step)
    chains: dict[Ref, Chain] = {}
    for (role, _), chain in found.items():  # the shortest come first
        if role != ref:
            chains.setdefault(role, chain)
    return Reach(chains, {role: chain for (role, may_set), chain in found.items() if may_set})
