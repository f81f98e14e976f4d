"""Since when a grant is held, stated by a person where the system itself doesn't say."""

from datetime import datetime

from django.db import transaction

from governance import due, ledger, vetting
from governance.errors import Invalid
from governance.ledger import Act, Actor
from governance.models import Account, Entitlement, Grant

Basis = Grant.Basis


def grant_of(account: Account, entitlement: Entitlement, origin: str = "") -> Grant:
    """The open grant of an entitlement to an account; without origin where there is one only. Raises Invalid."""
    vetting.storable("origin", origin)
    open_now = Grant.objects.open().filter(account=account, entitlement=entitlement)
    found = list(open_now.filter(origin=origin) if origin else open_now)
    if not found:
        by = f" by {origin!r}" if origin else ""
        raise Invalid(f"entitlement {entitlement.name!r} is not granted to {account.name!r}{by}")
    if len(found) > 1:
        origins = ", ".join(sorted(repr(each.origin) for each in found))
        raise Invalid(f"origin is needed: {entitlement.name!r} is granted to {account.name!r} by {origins}")
    return found[0]


def state_held_since(*, grant: Grant, since: datetime, at: datetime, actor: Actor) -> bool:
    """
    State since when a grant is held; whether that is news. The grant falls due: runs since then count now.

    Raises Invalid if the system itself says so, and for a time after we saw the grant or before its last end.
    """
    with transaction.atomic():
        locked = (
            Grant.objects.select_for_update(no_key=True, of=("self",)).select_related("returns_to").get(pk=grant.pk)
        )
        if (locked.held_since_basis, locked.held_since) == (Basis.STATED, since):
            return False
        possible(locked, since)
        body = {
            "held_since": ledger.stamp(since),
            "was": ledger.stamp(locked.held_since),
            "was_basis": locked.held_since_basis,
        }
        locked.held_since, locked.held_since_basis = since, Basis.STATED
        locked.save(update_fields=["held_since", "held_since_basis"])
        ledger.record(act=Act.HELD_SINCE_STATED, actor=actor, subjects=[locked], body=body)
        due.pull(Grant.objects.filter(pk=locked.pk), at)
    return True


def possible(grant: Grant, since: datetime) -> None:
    """Raise Invalid if what is stated contradicts what is known."""
    if grant.held_since_basis == Basis.SOURCE:
        raise Invalid(f"date: the system itself says that it is held since {grant.held_since:%Y-%m-%d}")
    if since > grant.opened_at:
        raise Invalid(f"date {since:%Y-%m-%d} is after we saw it, on {grant.opened_at:%Y-%m-%d}")
    ended = grant.returns_to.closed_at if grant.returns_to else None
    if ended is not None and since < ended:
        raise Invalid(f"date {since:%Y-%m-%d} is before it was gone, on {ended:%Y-%m-%d}; it came back after that")
