"""The connector itself: few verbs, each a call into the module that does it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from connectors.advising import Address, Concern, Reading, Remedy
from connectors.base import (
    ActionResult,
    Check,
    Credential,
    Entitlement,
    Grant,
    Narrowing,
    Page,
    Principal,
    Record,
    Ref,
    Secret,
    Spec,
    Verification,
)
from connectors.postgresql import (
    addressing,
    advising,
    checking,
    disabling,
    mending,
    narrowing,
    reading,
    settings,
    verifying,
    writing,
)
from connectors.postgresql.sessions import Door
from connectors.postgresql.writing import Errand


class PostgreSQL:
    """One cluster. Every call opens a connection of its own and closes it."""

    spec: ClassVar[Spec] = settings.SPEC

    def __init__(self, config: Mapping[str, object], password: Secret) -> None:
        settings.whole(password.reveal(), "password")
        self._door = Door(settings.parse(config), password)

    @classmethod
    def address(cls, url: str) -> Address:
        """Read postgresql://USER@HOST:PORT/DATABASE?also=ANOTHER; ConfigInvalid says what is wrong."""
        return addressing.address(url)

    def check(self) -> Check:
        """Try the credential on every listed database."""
        return checking.check(self._door)

    def read(self, stream: str, cursor: str | None = None, limit: int = 500) -> Page[Record]:
        """Return one page of principals, entitlements or grants."""
        return reading.read(self._door, stream, cursor, limit)

    def verify(self, grant: Grant) -> Verification:
        """Look afresh, in one complete read."""
        return verifying.verify(self._door, grant)

    def revoke(self, grant: Grant, *, idem_key: str, dry_run: bool = False) -> ActionResult:
        """Take away this entry of the access list, as its grantor, and nothing else."""
        return writing.revoke(self._door, Errand(grant, idem_key, dry_run))

    def restore(self, grant: Grant, before: Mapping[str, Any], *, idem_key: str, dry_run: bool = False) -> ActionResult:
        """Make the entry again, by the same grantor and with the same options."""
        return writing.restore(self._door, Errand(grant, idem_key, dry_run), before)

    def narrowings(self, grant: Grant) -> Sequence[Narrowing]:
        """Return one form, where the holder may pass the entry on: it may no longer."""
        return narrowing.narrowings(self._door, grant)

    def narrow(self, grant: Grant, key: str, *, idem_key: str, dry_run: bool = False) -> ActionResult:
        """Take the right to pass it on away, as its grantor; the entry stays."""
        return narrowing.narrow(self._door, Errand(grant, idem_key, dry_run), key)

    def verify_narrowed(self, grant: Grant, key: str) -> Verification:
        """Look afresh whether the holder may pass it on: by this entry, or by any way."""
        return narrowing.verify(self._door, grant, key)

    def disable_principal(self, principal: Ref, *, idem_key: str) -> ActionResult:
        """Set NOLOGIN; sessions that are open go on, and their number is in the response."""
        return disabling.turn(self._door, principal, on=False, idem_key=idem_key)

    def enable_principal(self, principal: Ref, *, idem_key: str) -> ActionResult:
        """Set LOGIN."""
        return disabling.turn(self._door, principal, on=True, idem_key=idem_key)

    def verify_principal(self, principal: Ref) -> Verification:
        """Look afresh whether the role may log in, and how many of its sessions are open."""
        return disabling.verify(self._door, principal)

    def meaning(self, entitlement: Entitlement) -> str:
        """Say what a superuser, an owner, or a member of PostgreSQL's own roles can do."""
        return advising.meaning(entitlement)

    def needs(self, entitlement: Entitlement) -> Sequence[Ref]:
        """Name USAGE on the schema, for what lies in one."""
        return advising.needs(entitlement)

    def take_away(self, grant: Grant) -> Remedy | None:
        """Write the SQL that takes it away, as its grantor."""
        return mending.take_away(grant)

    def keep_to_itself(self, grant: Grant) -> Remedy | None:
        """Write the SQL that takes GRANT OPTION or ADMIN OPTION away."""
        return mending.keep_to_itself(grant)

    def name_owner(self, principal: Principal) -> Remedy | None:
        """Write the SQL that names who answers for a log-in."""
        return mending.name_owner(principal)

    def shut(self, credential: Credential, principal: Principal) -> Remedy | None:
        """Nothing: what a role signs in with is not listed."""
        return None

    def concerns(self, principal: Principal) -> Sequence[Concern]:
        """Say what a role's attributes let it do, and whether its log-in ends."""
        return advising.concerns(principal)

    def about(self, check: Check) -> Reading:
        """Say what could not be seen, why nothing was written, and all the privilege that it needs."""
        return advising.about(self._door.settings, check)

    def close(self) -> None:
        """Nothing is held open between two calls."""
