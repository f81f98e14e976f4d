"""
What a connector may know besides: what something means in its system, and what a person could do about it.

All of it is words. An adviser is given what was read, asks the system nothing, and changes nothing. Whoever shows its
advice says so: a remedy is text for a person to read, and to run or not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from connectors.base import Check, Credential, Entitlement, Grant, Principal, Ref, Secret
from connectors.errors import ConnectorError


@dataclass(frozen=True, slots=True)
class Address:
    """A system that was named by a URL: its configuration, what is shown of it, and the secrets that came with it."""

    kind: str
    config: Mapping[str, object]
    name: str  # for people: what of the system is looked at; empty: what is looked at says it (Check.system)
    shown: str  # the URL without a secret
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    asks: str = ""  # the secret that nobody has given: a person may be asked for it
    # what helps where it says no: the first kind that it is
    advice: Mapping[type[ConnectorError], str] = field(default_factory=dict)


@runtime_checkable
class Addressed(Protocol):
    """A connector's class that can read its configuration from a URL."""

    @classmethod
    def address(cls, url: str) -> Address:
        """Read a URL whose scheme is the connector's; ConfigInvalid says what is wrong. Nothing is sent."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would mend it, in the system's own language, and what that would change."""

    text: str
    effect: str


@dataclass(frozen=True, slots=True)
class Concern:
    """What is remarkable about a principal itself, beside what it holds."""

    check: str  # what kind of concern it is: a name that is never changed
    title: str  # the same for a person
    says: str  # the principal and what it may, in one sentence
    why: str
    sure: str  # how it is known
    leads_to: str  # what a path ends in
    risk: int  # 0 to 100, as grants have it
    certain: bool = True
    taken_on: bool = False  # whoever may become the principal can do it too
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Let:
    """Somebody whose own policies let it do something, by which of them; `certain`: whatever is asked for."""

    principal: Ref
    by: str
    certain: bool


@dataclass(frozen=True, slots=True)
class Crowd:
    """A holder that is a whole account, and names nobody: whoever that account lets has what it holds."""

    name: str
    lets: tuple[Let, ...] | None  # None: that account was not read, and nobody knows
    asked: tuple[str, ...] = ()  # what a condition, which nobody worked out, looks at


@dataclass(frozen=True, slots=True)
class Unseen:
    """One thing that reading could not show."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What is to be said of a reading: what it could not see, why it wrote nothing, and all the right that it needs."""

    unseen: Sequence[Unseen]
    proofs: Sequence[str]
    privileges: str  # in the system's own language
    catalogues: Mapping[str, str] = field(default_factory=dict)  # type of entitlement, or stream: where it is read from
    log: str = ""  # what of its own log is given with --usage, as it is called where it lies
    rules: Mapping[str, str] = field(default_factory=dict)  # what each rule of Page.left_out leaves out


@runtime_checkable
class Follower(Protocol):
    """Knows of which grants the holder is a whole account, and follows who stands behind it."""

    def crowds(self) -> Mapping[str, Crowd]:
        """Look afresh, and return them by the keys of their grants."""


@runtime_checkable
class Adviser(Protocol):
    """Says what is known of its kind of system. None, or an empty text: nothing is known, and nothing is made up."""

    def meaning(self, entitlement: Entitlement) -> str:
        """Say in a sentence what an entitlement lets one do that its name does not tell."""

    def needs(self, entitlement: Entitlement) -> Sequence[Ref]:
        """Name the entitlements without which this one is of no use."""

    def take_away(self, grant: Grant) -> Remedy | None:
        """Say how this would be taken away; None where that is not to be done."""

    def keep_to_itself(self, grant: Grant) -> Remedy | None:
        """Say how the holder would keep this, and lose the right to pass it on."""

    def name_owner(self, principal: Principal) -> Remedy | None:
        """Say how it is written down who answers for it, and what is left where nobody does."""

    def shut(self, credential: Credential, principal: Principal) -> Remedy | None:
        """Say how a credential would be shut, so that it can be opened again."""

    def concerns(self, principal: Principal) -> Sequence[Concern]:
        """Say what is remarkable about a principal itself."""

    def about(self, check: Check) -> Reading:
        """Say what is to be known of a reading with this credential."""
