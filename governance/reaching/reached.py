"""What can be reached, and by which ways."""

from collections.abc import Iterator
from dataclasses import dataclass

from governance.models import Account, Band, Entitlement, Grant

SUPERUSER = "superuser"
HAS_ITS_RIGHTS, IS_IT = 1, 2  # standings


@dataclass(frozen=True, slots=True)
class Path:
    """One way: memberships in their order, and last the grant of what is reached."""

    grants: tuple[Grant, ...]
    admitting: bool = False  # it is open only to who admits itself to a role, as it may

    @property
    def account(self) -> Account:
        """Where it begins: an account of the agent's, or everyone."""
        return self.grants[0].account

    @property
    def through_everyone(self) -> bool:
        """Whether whoever gets in can go it."""
        return self.account.kind == Account.Kind.EVERYONE

    @property
    def conditional(self) -> bool:
        """Whether a condition stands on it, which nobody has read: it could allow."""
        return any(each.condition for each in self.grants)

    @property
    def admits(self) -> str:
        """To which role one would admit oneself, at the last place before one gets no further; empty for no need."""
        role, standing = "", IS_IT
        for grant in self.grants if self.admitting else ():
            if grant.entitlement.confers and grant.native.get("grantable") is True:
                role = grant.entitlement.confers.name
            if standing < wanted(grant):
                break
            standing = standing if grant.native.get("settable") is not False else HAS_ITS_RIGHTS
        return role


def wanted(grant: Grant) -> int:
    """Say which standing a grant wants, as the walk does."""
    if grant.entitlement.confers is None:
        return IS_IT if grant.entitlement.native_type == SUPERUSER else HAS_ITS_RIGHTS
    if grant.native.get("inherit") is not False:
        return HAS_ITS_RIGHTS
    return IS_IT if grant.native.get("settable") is not False else IS_IT + 1


@dataclass(frozen=True, slots=True)
class Reached:
    """One entitlement that can be reached, and by which ways: the shortest first, everyone's last."""

    entitlement: Entitlement
    paths: tuple[Path, ...]
    more: int  # ways that are counted and not told
    counted: bool  # False: there are at least so many more
    through_everyone: bool  # by no other way
    admitting: bool  # by no way but those on which one admits oneself to a role
    limits: tuple[Grant, ...]  # deny and ceiling on the same entitlement: facts
    means: str = ""  # what the connector knows of it besides
    lacks: tuple[str, ...] = ()  # without which it is of no use, and which cannot be reached

    @property
    def everything(self) -> bool:
        """Whether it amounts to all that the system lets anybody do."""
        return self.entitlement.native_type == SUPERUSER

    @property
    def implies(self) -> str:
        """Say what it amounts to where that is more than itself; an empty text where it is not."""
        match self.entitlement.native_type:
            case "superuser":
                return f"everything in {self.entitlement.system.name}"
            case "owner":
                return f"everything on {self.entitlement.resource}"
            case _:
                return self.means


@dataclass(frozen=True, slots=True)
class Ability:
    """What an account may by itself, beside what it holds, and who can act as the account has it."""

    account: Account
    name: str
    says: str  # in a sentence that names the account
    risk: int
    admitting: bool  # one admits oneself to a role first

    @property
    def band(self) -> Band:
        """Its risk as a word."""
        return Band.of(self.risk)


@dataclass(frozen=True, slots=True)
class Reach:
    """What can be reached: what everyone can reach comes last, within that the greatest risk first."""

    reached: tuple[Reached, ...]  # as many as were asked for
    entitlements: int  # all of them
    through_everyone: int  # of these, what is reached by no other way
    abilities: tuple[Ability, ...] = ()  # the greatest risk first

    def __iter__(self) -> Iterator[Reached]:
        return iter(self.reached)

    @property
    def left_out(self) -> int:
        """How many entitlements are counted and not told."""
        return self.entitlements - len(self.reached)
