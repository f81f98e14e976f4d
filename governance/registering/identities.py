"""
Identities: who a person is elsewhere, from when until when, and whether that place still calls them a colleague.

What they are called there enters the ledger as a commitment only.
"""

from datetime import datetime

from django.db import transaction

from governance import ledger, vetting
from governance.errors import Conflict, Invalid
from governance.ledger import Act, Actor
from governance.models import ExternalIdentity, Person


def link_identity(*, person: Person, scheme: str, issuer: str, value: str, actor: Actor) -> ExternalIdentity:
    """Link a proven identity elsewhere to a person. Raises Invalid if it is somebody else's."""
    vetting.fitting(ExternalIdentity, scheme=scheme, issuer=issuer, value=value)
    with transaction.atomic():
        identity, new = ExternalIdentity.objects.standing().get_or_create(
            scheme=scheme, issuer=issuer, value=value, until=None, defaults={"person": person}
        )
        if identity.person_id != person.pk:
            raise Invalid(f"{scheme} identity {value!r} of {issuer} belongs to somebody else")
        if new:
            told(identity, Act.IDENTITY_LINKED, actor)
    return identity


def unlink_identity(*, identity: ExternalIdentity, reason: str, at: datetime, actor: Actor) -> None:
    """End a link: the person is not known by it any more. Raises Invalid without a reason, Conflict if it has ended."""
    if not reason.strip():
        raise Invalid("say why this link ends: the reason goes into the evidence")
    vetting.storable("reason", reason)
    with transaction.atomic():
        if not ExternalIdentity.objects.standing().filter(pk=identity.pk).update(until=at):
            raise Conflict(f"the link of {identity} has ended already")
        identity.until = at
        told(identity, Act.IDENTITY_UNLINKED, actor, reason=reason.strip())


def set_outside(
    *, identity: ExternalIdentity, outside: bool, told_at: datetime, at: datetime, actor: Actor
) -> ExternalIdentity:
    """
    State whether that place calls them no colleague (a guest, a stranger, deactivated), as it was there at `told_at`.

    What it told of a later moment stands. Returns the link as it is now.
    """
    with transaction.atomic():
        known = ExternalIdentity.objects.select_for_update(of=("self",)).select_related("person").get(pk=identity.pk)
        if known.until is not None or (known.told_at and known.told_at > told_at):
            return known
        changed = outside == (known.outside_since is None)
        known.told_at, known.outside_since = told_at, (known.outside_since or at) if outside else None
        known.save(update_fields=["told_at", "outside_since"])
        if changed:
            told(known, Act.IDENTITY_LEFT if outside else Act.IDENTITY_RETURNED, actor)
    return known


def told(identity: ExternalIdentity, act: Act, actor: Actor, **commit: str) -> None:
    """Tell the ledger."""
    ledger.record(
        act=act,
        actor=actor,
        subjects=[each for each in (identity.person, identity.agent, identity) if each is not None],
        body={"scheme": identity.scheme, "issuer": identity.issuer},
        commit={"value": identity.value, **commit},
    )
