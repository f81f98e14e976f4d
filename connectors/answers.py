"""What connectors answer: what they can do, what a look showed, and what came of an act. Unknown is never absent."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.records import Grant, Ref, UsageQuality


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

    `identity` is for people, and so is `system`: which one it leads to, as that names itself; empty where the
    configuration names it. `ours`: all principals that we act as, also those by whom we came to act as another:
    nobody is asked about them, and they are never shut out. `lagging`: what it reads may be old, so that it can be
    listed, and neither verified nor changed. Then it is not ok.
    """

    ok: bool
    caps: Mapping[str, frozenset[Cap]]
    identity: str
    server_version: str
    ours: Sequence[Ref]
    warnings: Sequence[str] = ()
    lagging: bool = False
    system: str = ""
