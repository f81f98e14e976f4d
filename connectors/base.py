"""
The contract that every connector keeps, and the words that they all speak.

What is fixed: reading is paged and says whether it is complete; writing is revoke, narrow, restore,
disable; verifying is an operation of its own with two answers, *direct* and *effective*;
capabilities are per type; identity is native and immutable; unknown is never absent.

A connector remembers nothing between two calls, never retries, and raises a `ConnectorError`
(`connectors/errors.py`) wherever it cannot say yes. All text that it hands out is safe for JSON.
"""

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, NoReturn, Protocol, TypeVar, runtime_checkable

from connectors.errors import SchemaDrift
from connectors.tags import Tag


class Cap(enum.StrEnum):
    """What a connector can do for one type of entitlement."""

    PRINCIPALS = "principals"
    ENTITLEMENTS = "entitlements"
    GRANTS = "grants"
    CREDENTIALS = "credentials"
    USAGE = "usage"  # last-used evidence; see UsageQuality
    INCREMENTAL = "incremental"  # a cursor survives between runs
    REVOKE = "revoke"
    REPLACE = "replace"  # can put a narrower grant in its place
    VERIFY_EFFECTIVE = "verify_effective"  # can say whether access lives on by another path
    RESTORE = "restore"  # can make exactly the same grant again
    DRY_RUN = "dry_run"  # in the server, not a client's guess
    FORECAST = "forecast"  # worked out from a look at all that is there, where the server tries nothing
    CAS = "cas"  # conditional write: ETag, resourceVersion
    DISABLE_PRINCIPAL = "disable_principal"
    ROTATE_CREDENTIAL = "rotate_credential"
    KILL_SESSIONS = "kill_sessions"
    DISABLE_CREDENTIAL = "disable_credential"  # and enable it again, and remove it


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


class Secret:
    """A word that is told by `reveal()` alone: neither repr nor str nor an error shows it."""

    __slots__ = ("_word",)

    def __init__(self, word: str) -> None:
        self._word = word

    def reveal(self) -> str:
        """Return the word itself, at the last moment before it is sent."""
        return self._word

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not stored, nor sent to another process")


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


@dataclass(frozen=True, slots=True)
class Action:
    """
    What a usage event is matched with: a verb, known in lower case, and what it is done to.

    `wild`: both are patterns, in which `*` is any run of characters and `?` is any one. `means`: how many actions it
    is, at least; those that another of the same entitlement means count once.
    """

    action: str
    resource: str
    wild: bool = False
    means: int = 1

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
    native: Mapping[str, Any] = field(default_factory=dict)  # all that revoke and restore need; and see `by_hand`

    @property
    def by_hand(self) -> str:
        """What whoever takes it away by hand has to mind; an empty text: nothing, or that is not known."""
        return str(self.native.get("by_hand", ""))

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


class State(enum.StrEnum):
    """Whether something is there; what could not be seen is an error or unknown, never absent."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class PathKind(enum.StrEnum):
    """How access can live on without the grant in question."""

    EVERYONE = "everyone"
    ROLE = "role"
    GRANTOR = "grantor"
    OWNER = "owner"
    SUPERUSER = "superuser"
    POLICY = "policy"  # another one of its own


@dataclass(frozen=True, slots=True)
class Via:
    """The grant that keeps a path open, by the parts of its key."""

    principal: Ref
    entitlement: Ref
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """One other way to the same entitlement, in a person's words, and the grants it leads over."""

    kind: PathKind
    text: str
    via: Via
    through: Sequence[Via] = ()  # the memberships from the principal to the holder of `via`


@dataclass(frozen=True, slots=True)
class Verification:
    """Two answers from one fresh, complete read: is it stored, and can it still be done."""

    direct: State
    effective: State
    other_paths: Sequence[Path] = ()  # without the grant itself, whether or not that is present
    evidence: Mapping[str, Any] = field(default_factory=dict)
    observed_at: datetime | None = None  # by the system's clock
    remains: Grant | None = None  # of a narrowing: the grant as the same read showed it
    unread: str = ""  # where else a way may lie that such a read does not show, as a sentence


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One narrower form that a grant can take: its name to the connector, and what remains, as a sentence."""

    key: str
    text: str


class Outcome(enum.StrEnum):
    """How an act ended. That nothing was left to do is an outcome, not an error."""

    DONE = "done"
    ALREADY = "already"
    PLANNED = "planned"  # a dry run


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What was asked of the system and what it said; it proves nothing until verified."""

    outcome: Outcome
    before: Mapping[str, Any]  # enough to undo it
    request: Mapping[str, Any]  # what was sent, without secrets
    response: Mapping[str, Any]
    native_request_id: str = ""


@dataclass(frozen=True, slots=True)
class Spec:
    """What a connector is, before it has been given a configuration."""

    name: str
    version: str
    config_schema: Mapping[str, Any]  # JSON Schema; secrets are marked "writeOnly": true
    caps: Mapping[str, frozenset[Cap]]  # per type, not per connector
    usage_quality: UsageQuality
    min_privileges: Sequence[str]  # to read and verify
    write_privileges: Sequence[str]  # besides those, to revoke and restore
    rate_limit: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """
    What this credential can do, found out by trying.

    `system`: which one it leads to, as that names itself, for people; empty where the configuration names it.
    `lagging`: what it reads may be old, so that it can be listed, and neither verified nor changed. Then it is not ok.
    """

    ok: bool
    caps: Mapping[str, frozenset[Cap]]
    identity: str
    server_version: str
    warnings: Sequence[str] = ()
    lagging: bool = False
    system: str = ""


@runtime_checkable
class Reader(Protocol):
    """Lists what is there: "principals", "entitlements", "grants" and, where it has Cap.CREDENTIALS, "credentials"."""

    spec: ClassVar[Spec]

    def check(self) -> Check:
        """Try the credential; narrow the capabilities to what it really may."""

    def read(self, stream: str, cursor: str | None = None, limit: int = 500) -> Page[Record]:
        """Return the records after `cursor`, at most `limit` of them."""

    def close(self) -> None:
        """Let go of what is held open."""


@runtime_checkable
class Writer(Reader, Protocol):
    """Takes grants away, and looks."""

    def verify(self, grant: Grant) -> Verification:
        """Look afresh; raise rather than call something absent that could not be seen."""

    def revoke(self, grant: Grant, *, idem_key: str, dry_run: bool = False) -> ActionResult:
        """Take away this grant and nothing else."""


@runtime_checkable
class Restorer(Writer, Protocol):
    """Gives back what it took."""

    def restore(self, grant: Grant, before: Mapping[str, Any], *, idem_key: str, dry_run: bool = False) -> ActionResult:
        """Make the grant again as `before` (of `ActionResult`) says it was."""


@runtime_checkable
class Narrower(Restorer, Protocol):
    """Takes a part of a grant away: what is too much goes, and the grant stays, under the same key."""

    def narrowings(self, grant: Grant) -> Sequence[Narrowing]:
        """Look which narrower forms this grant can take now; none is an answer. Nothing is changed."""

    def narrow(self, grant: Grant, key: str, *, idem_key: str, dry_run: bool = False) -> ActionResult:
        """
        Take away what this narrowing leaves out, and nothing else; `before` makes it whole again, also of ALREADY.

        Unsupported for a key that is not ours; NotFound where the grant itself is gone.
        """

    def verify_narrowed(self, grant: Grant, key: str) -> Verification:
        """
        Look afresh for what the narrowing takes away: *absent* where the grant is narrower, *present* where it is not.

        `remains` is the grant as it stands now. NotFound where that is gone: then nothing is narrower.
        """


@runtime_checkable
class PrincipalDisabler(Protocol):
    """Shuts a principal out without touching what it holds."""

    def disable_principal(self, principal: Ref, *, idem_key: str) -> ActionResult:
        """Keep it from signing in; sessions that are open stay open."""

    def enable_principal(self, principal: Ref, *, idem_key: str) -> ActionResult:
        """Let it sign in again."""

    def principal_enabled(self, principal: Ref) -> bool:
        """Look afresh whether it may sign in; NotFound where it is not there."""


@runtime_checkable
class CredentialKeeper(Protocol):
    """Lists credentials (the stream is "credentials"), shuts one, opens it again, and removes one that is shut."""

    def disable_credential(self, credential: Ref, *, idem_key: str) -> ActionResult:
        """Let nobody sign in with it; sessions that are open stay open."""

    def enable_credential(self, credential: Ref, *, idem_key: str) -> ActionResult:
        """Let it be used again."""

    def remove_credential(self, credential: Ref, *, idem_key: str) -> ActionResult:
        """Remove it for ever; Refused while it can be used. ALREADY where it is gone."""

    def credential_enabled(self, credential: Ref) -> bool:
        """Look afresh whether it can be used; NotFound where it is not there."""


def read_all(reader: Reader, stream: str, limit: int = 500) -> Iterator[Record]:
    """Yield every record of a stream; SchemaDrift where the cursor does not move on."""
    cursor: str | None = None
    while True:
        page = reader.read(stream, cursor, limit)
        yield from page.items
        if page.next is None:
            return
        if page.next == cursor:
            raise SchemaDrift(f"the cursor of {stream} does not move on")
        cursor = page.next
