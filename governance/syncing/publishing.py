"""Take a whole read over, in one transaction: either all of it, or nothing."""

from collections.abc import Mapping
from datetime import datetime

from governance.models import Parameters, SyncRun, System
from governance.syncing import comparing, credentials, inventory, moving, telling
from governance.syncing.inventory import Fallen


class Shrunken(Exception):
    """So much is missing that a person must look first; nothing has been taken over."""

    def __init__(self, fallen: Mapping[str, Fallen]) -> None:
        super().__init__(", ".join(f"{each.missing} of {each.present} {what}" for what, each in fallen.items()))
        self.fallen = fallen


def publish(run: SyncRun, system: System, at: datetime, parameters: Parameters, *, guarded: bool) -> dict[str, int]:
    """
    Make the inventory what the read shows; return what that changed, counted.

    Call it in a transaction, and let its errors undo that. Raises Shrunken beyond the guard, unless a person has
    accepted that, and Incomplete where the read does not fit together.
    """
    accounts = inventory.fallen_accounts(run)
    counts = inventory.take_accounts(run)
    redefined = inventory.take_entitlements(run, at)
    touched = [*inventory.take_actions(run), *inventory.take_tags(run)]
    fallen = {"accounts": accounts, "grants": comparing.compare(run, at)}
    if (missing := credentials.compare(run)) is not None:
        fallen["credentials"] = missing
    if guarded and any(each.beyond(parameters) for each in fallen.values()):
        raise Shrunken(fallen)
    comparing.number(run, parameters)
    moving.end(run, at)
    moved = moving.go_on(at)
    moving.begin(run, system, at, parameters)
    telling.pull_due(run, [each.grant for each in moved], [*(each.entitlement for each in redefined), *touched], at)
    counts |= tell(run, system, at, moved, redefined)
    if missing is not None:
        taken, again = credentials.take(run, at)
        telling.tell_enabled(run, again, at)
        counts |= taken
    return counts


def tell(
    run: SyncRun, system: System, at: datetime, moved: list[moving.Moved], redefined: list[inventory.Redefined]
) -> dict[str, int]:
    """Say what changed, and count it. Due dates came first: whoever moves a finding has locked its grant's before."""
    moving.forget_due()
    closed = telling.tell_ended(run, at)
    counts = telling.tell_begun(run, at, first=system.first_synced_at is None)
    counts["returned"] += telling.tell_again(run, moved, at)
    counts["changed"] = telling.tell_changed(run, moved, redefined, at)
    return {**counts, "closed": closed}
