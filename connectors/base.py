"""
The contract that every connector keeps. Its records and answers are imported from here, too.

What is fixed: reading is paged and says whether it is complete; writing is revoke, narrow, restore,
disable; verifying is an operation of its own with two answers, *direct* and *effective*;
capabilities are per type; identity is native and immutable; unknown is never absent.

A connector remembers nothing between two calls, never retries, and raises a `ConnectorError`
(`connectors/errors.py`) wherever it cannot say yes. All text that it hands out is safe for JSON.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NoReturn, Protocol, runtime_checkable

from connectors.answers import (
    ActionResult,
    Cap,
    Check,
    Narrowing,
    Outcome,
    Path,
    PathKind,
    Spec,
    State,
    Verification,
    Via,
)
from connectors.errors import SchemaDrift
from connectors.records import (
    Action,
    Credential,
    Effect,
    Entitlement,
    Grant,
    HolderKind,
    Page,
    Principal,
    Record,
    Ref,
    Shown,
    Usage,
    UsageQuality,
)

__all__ = [
    "Action",
    "ActionResult",
    "Cap",
    "Check",
    "Credential",
    "CredentialKeeper",
    "Effect",
    "Entitlement",
    "Grant",
    "HolderKind",
    "Narrower",
    "Narrowing",
    "Outcome",
    "Page",
    "Path",
    "PathKind",
    "Principal",
    "PrincipalDisabler",
    "Reader",
    "Record",
    "Ref",
    "Restorer",
    "Secret",
    "Shown",
    "Spec",
    "State",
    "Usage",
    "UsageQuality",
    "Verification",
    "Via",
    "Writer",
    "read_all",
]


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

    def verify_principal(self, principal: Ref) -> Verification:
        """
        Look afresh: *present* while it may sign in; NotFound only where a complete look shows that it is gone.

        `unread` is what goes on though it may not, such as a session that nobody can end.
        """


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
