"""
What connectors tell of a system: who is there, what can be held, who holds it, what they sign in with, what was used.

Identity is native and immutable.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from connectors.tags import Tag


class UsageQuality(enum.StrEnum):
    """How finely the system itself can say when something was last used."""

    PER_GRANT = "per_grant"
    PER_ENTITLEMENT = "per_entitlement"
    PER_CREDENTIAL = "per_credential"
    PER_PRINCIPAL = "per_principal"
    NONE = "none"


class HolderKind(enum.StrEnum):
    """What a principal is. Whoever everyone is (PUBLIC) is one principal of its own kind."""

    LOGIN = "login"
    WORKLOAD = "workload"
    ROLE = "role"
    GROUP = "group"
    EVERYONE = "everyone"
    HUMAN = "human"


class Effect(enum.StrEnum):
    """What a grant does; a deny or a ceiling is a fact, never proposed for removal."""

    ALLOW = "allow"
    DENY = "deny"
    CEILING = "ceiling"


@dataclass(frozen=True, slots=True)
class Ref:
    """
    A native identity.

    Principals have an immutable id (never a display name); entitlements have a qualified name,
    whose re-creation shows in `Grant.instance`.
    """

    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.type}:{self.id}"


class Shown(enum.StrEnum):
    """Whether the system's own log shows a use."""

    ALWAYS = "always"
    IF_SET = "if_set"  # as what is done to data: where somebody set it to
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Action:
    """
    What a usage event is matched with: a verb, known in lower case, and what it is done to.

    `wild`: both are patterns, in which `*` is any run of characters and `?` is any one. `means`: how many actions it
    is, at least; those that another of the same entitlement means count once. `shown`: the least that is so of what it
    means.
    """

    action: str
    resource: str
    wild: bool = False
    means: int = 1
    shown: Shown = Shown.ALWAYS

    def __post_init__(self) -> None:
        object.__setattr__(self, "action", self.action.lower())


@dataclass(frozen=True, slots=True)
class Principal:
    """Someone or something that can hold entitlements in the system."""

    ref: Ref
    name: str
    kind: HolderKind
    enabled: bool | None = None  # None: the system has no such notion for it
    owner_hints: Sequence[str] = ()
    created_at: datetime | None = None
    attrs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Something that can be held in the system. No actions: its use cannot be observed."""

    ref: Ref
    name: str
    resource: str
    actions: Sequence[Action] = ()
    privileged: bool = False
    definition_digest: str = ""  # of a policy text or a function's body: a change is drift
    confers: Ref | None = None  # for memberships: the principal whose grants come with it
    tags: Sequence[Tag] = ()  # what the system's own catalogue, or a vendor's hint, says that it makes possible
    attrs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grant:
    """A direct edge. What comes by a group or a role follows from edges and is never a grant."""

    principal: Ref
    entitlement: Ref
    origin: str = ""  # grantor or binding: two grantors are two grants
    instance: str = ""  # the system's immutable id of what is held: OID, RoleId, UID
    effect: Effect = Effect.ALLOW
    condition: str = ""  # opaque; unread means that it could allow
    on_behalf_of: Ref | None = None
    revocable: bool = True  # False: implicit, such as an owner's, or what would open more than it shuts
    version: str | None = None  # for conditional writes, where the type has Cap.CAS
    held_since: datetime | None = None
    expires_at: datetime | None = None
    native: Mapping[str, Any] = field(default_factory=dict)  # all that revoke and restore need; `by_hand`, `untraced`

    @property
    def by_hand(self) -> str:
        """What whoever takes it away by hand has to mind; an empty text: nothing, or that is not known."""
        return str(self.native.get("by_hand", ""))

    @property
    def untraced(self) -> bool:
        """Whether a log that shows its use does not say that it was this holder's."""
        return self.native.get("untraced") is True

    @property
    def key(self) -> str:
        """Unique among the grants of a system at one moment."""
        behalf = str(self.on_behalf_of or "")
        parts = (str(self.principal), str(self.entitlement), self.origin, behalf)
        return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)


@dataclass(frozen=True, slots=True)
class Credential:
    """
    What a principal proves itself with; never the secret itself.

    No last use means *never* where Cap.USAGE was found for its type, and elsewhere that nobody knows.
    """

    ref: Ref
    principal: Ref
    kind: str
    active: bool
    created_at: datetime | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """When the system last saw something used. No record at all means that it is not tracked."""

    subject: Ref  # a principal, a credential, or Ref("grant", key)
    last_used_at: datetime | None  # None: tracked, and never seen
    quality: UsageQuality
    tracked_since: datetime | None = None  # without it, "never used" cannot be claimed
    lag: timedelta = timedelta(0)
    counts_denied: bool = False
    source: str = ""


Record = Principal | Entitlement | Grant | Credential | Usage
R_co = TypeVar("R_co", bound=Record, covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[R_co]):
    """Some records, and where the next ones are. It may be empty while `next` is not None."""

    items: Sequence[R_co]
    next: str | None  # opaque, stored after each page; None: this stream has ended
    complete: bool = True  # False: the system truncated, so absence proves nothing
    left_out: Mapping[str, int] = field(default_factory=dict)  # by rule; add up over the pages
