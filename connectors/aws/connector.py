"""The connector itself: few verbs, each a call into the module that does it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from connectors.advising import Address, Concern, Crowd, Reading, Remedy
from connectors.aws import (
    addressing,
    advising,
    checking,
    crowding,
    keys,
    mending,
    reading,
    settings,
    suspending,
    verifying,
    writing,
)
from connectors.aws.accounts import see
from connectors.aws.sessions import Door
from connectors.aws.writing import Errand
from connectors.base import (
    ActionResult,
    Check,
    Credential,
    Entitlement,
    Grant,
    Page,
    Principal,
    Record,
    Ref,
    Secret,
    Spec,
    Verification,
)


class AWS:
    """One account. Every call looks at it anew."""

    spec: ClassVar[Spec] = settings.SPEC

    def __init__(self, config: Mapping[str, object], secret_access_key: Secret | None = None) -> None:
        self._door = Door(settings.parse(config), secret_access_key)

    @classmethod
    def address(cls, url: str) -> Address:
        """Read aws://PROFILE; ConfigInvalid says what is wrong."""
        return addressing.address(url)

    def check(self) -> Check:
        """Try the credential, and compute from the account's own policies what it may do."""
        return checking.check(self._door)

    def read(self, stream: str, cursor: str | None = None, limit: int = 500) -> Page[Record]:
        """Return one page of principals, entitlements, grants or credentials."""
        return reading.read(self._door, stream, cursor, limit)

    def verify(self, grant: Grant) -> Verification:
        """Look afresh, in one complete read."""
        return verifying.verify(self._door, grant)

    def revoke(self, grant: Grant, *, idem_key: str, dry_run: bool = False) -> ActionResult:
        """Detach a policy, delete an inline one, or take somebody out of a group."""
        return writing.revoke(self._door, Errand(grant, idem_key, dry_run))

    def restore(self, grant: Grant, before: Mapping[str, Any], *, idem_key: str, dry_run: bool = False) -> ActionResult:
        """Attach, write or add it again."""
        return writing.restore(self._door, Errand(grant, idem_key, dry_run), before)

    def disable_principal(self, principal: Ref, *, idem_key: str) -> ActionResult:
        """Deny a user or a role everything."""
        return suspending.turn(self._door, principal, on=False, idem_key=idem_key)

    def enable_principal(self, principal: Ref, *, idem_key: str) -> ActionResult:
        """Take that denial away."""
        return suspending.turn(self._door, principal, on=True, idem_key=idem_key)

    def verify_principal(self, principal: Ref) -> Verification:
        """Look afresh whether a user or a role is denied everything."""
        return suspending.verify(self._door, principal)

    def disable_credential(self, credential: Ref, *, idem_key: str) -> ActionResult:
        """Set an access key inactive."""
        return keys.turn(self._door, credential, on=False, idem_key=idem_key)

    def enable_credential(self, credential: Ref, *, idem_key: str) -> ActionResult:
        """Set an access key active."""
        return keys.turn(self._door, credential, on=True, idem_key=idem_key)

    def remove_credential(self, credential: Ref, *, idem_key: str) -> ActionResult:
        """Delete an access key that is inactive."""
        return keys.remove(self._door, credential, idem_key=idem_key)

    def credential_enabled(self, credential: Ref) -> bool:
        """Look afresh whether an access key is active."""
        return keys.enabled(self._door, credential)

    def meaning(self, entitlement: Entitlement) -> str:
        """Say what a policy's actions are known to let one do."""
        return advising.meaning(entitlement)

    def needs(self, entitlement: Entitlement) -> Sequence[Ref]:
        """Nothing is needed besides a policy."""
        return ()

    def take_away(self, grant: Grant) -> Remedy | None:
        """Write the command that takes it away."""
        return mending.take_away(grant)

    def keep_to_itself(self, grant: Grant) -> Remedy | None:
        """Nothing is passed on by a grant itself."""
        return None

    def name_owner(self, principal: Principal) -> Remedy | None:
        """Write the command that names who answers for a user or a role."""
        return mending.name_owner(principal)

    def shut(self, credential: Credential, principal: Principal) -> Remedy | None:
        """Write the command that sets a user's access key inactive."""
        return mending.shut(credential, principal)

    def concerns(self, principal: Principal) -> Sequence[Concern]:
        """What is remarkable lies in the policies, and is told of those."""
        return ()

    def crowds(self) -> Mapping[str, Crowd]:
        """Follow who may become the roles that trust a whole account."""
        return crowding.crowds(see(self._door))

    def about(self, check: Check) -> Reading:
        """Say what could not be seen, why nothing was written, and all the permission that it needs."""
        return advising.about(check)

    def close(self) -> None:
        """Let go of the connections."""
        self._door.close()
