"""What an act that is proven leaves of its grant, its account or its credential: rows, periods, findings."""

from datetime import datetime

from django.db.models import Case, F, Value, When

from connectors.base import Grant as Held
from connectors.base import Verification
from governance import clock, due, findings, ledger
from governance.models import Account, Credential, Finding, Grant, Seen
from reviews import ruling
from reviews.models import Act, Item, Remediation


def note(remediation: Remediation, shown: Verification, *, at: datetime) -> None:
    """Write what was seen; what was suspected of it is cleared."""
    if remediation.grant is not None:
        of_grant(remediation.grant, remediation, shown, at=at)
        clear_findings(remediation)
        Item.objects.beside(remediation.grant).update(previewed_at=None)  # what a revoke would leave is otherwise now
    elif remediation.account is not None:
        Account.objects.filter(pk=remediation.account.pk).update(enabled=Act(remediation.act).gives)
    elif remediation.credential is not None:
        of_credential(remediation.credential, shown, at=at)


def of_grant(grant: Grant, remediation: Remediation, shown: Verification, *, at: datetime) -> None:
    """A suspended or narrowed grant's row stays open; a removed one's is closed; a new period begins with a new row."""
    row = Grant.objects.filter(pk=grant.pk)
    if Act(remediation.act) == Act.SUSPEND:
        row.update(seen=Seen.ABSENT, seen_at=at)
    elif Act(remediation.act) == Act.REMOVE:
        end(grant, at=at)
    elif row.filter(closed_at=None).update(
        seen=Seen.PRESENT,
        seen_at=at,
        resumed_at=Case(When(seen=Seen.PRESENT, then=F("resumed_at")), default=Value(at)),
        **as_it_stands(shown.remains),
    ):
        due.pull(row, at)
    elif Act(remediation.act).gives:
        begin_anew(grant)


def of_credential(credential: Credential, shown: Verification, *, at: datetime) -> None:
    """Write what was seen. What is suspected of it waits with it while it is shut, and ends with it."""
    there, enabled = shown.evidence["there"], shown.evidence["enabled"]
    seen = Seen.PRESENT if there else Seen.ABSENT
    Credential.objects.filter(pk=credential.pk).update(active=enabled, seen=seen, seen_at=at)
    due.mark(Grant.objects.filter(account=credential.account_id))  # its age weighs on them
    if not there:
        standing = Finding.objects.filter(credential=credential).uncleared()
        findings.clear(standing, at=at, actor=ledger.Actor.step("verifying"), why="gone")


def end(grant: Grant, *, at: datetime) -> None:
    """It is gone: its period ends, unless a sync was faster."""
    if Grant.objects.open().filter(pk=grant.pk).update(seen=Seen.ABSENT, seen_at=at, closed_at=at):
        ledger.record(
            act=ledger.Act.GRANT_CLOSED,
            actor=ledger.Actor.step("verifying"),
            subjects=[grant],
            body={"because": "removed as decided"},
        )


def as_it_stands(seen: Held | None) -> dict[str, object]:
    """What a grant is now, after a narrowing or its undo: by this the next sync finds nothing that we did ourselves."""
    if seen is None:
        return {}
    names = ("effect", "condition", "native", "revocable", "expires_at")
    return {name: getattr(seen, name) for name in names} | {"version": seen.version or ""}


def begin_anew(old: Grant) -> Grant:
    """A grant that was given back after its row had closed: a new period with the lease of the undo."""
    at = clock.now()
    found = Grant.objects.open().filter(
        account=old.account_id, entitlement=old.entitlement_id, origin=old.origin, on_behalf_of=old.on_behalf_of_id
    )
    fresh = Grant.objects.get(pk=old.pk)
    given = found.first() or copy_of(fresh, at=at)
    Grant.objects.filter(pk=given.pk).update(
        intended=fresh.intended, lease_ends_at=fresh.lease_ends_at, seen=Seen.PRESENT, seen_at=at, returns_to=old.pk
    )
    fresh.leases.filter(ends_at__gt=at).update(grant=given)
    returned = Finding.objects.filter(grant=given, check_name__in=["returned", "appeared"])
    due.pull(Grant.objects.filter(pk=given.pk), at)  # before the findings, as checking does
    findings.clear(returned, at=at, actor=ledger.Actor.step("verifying"), why="given back by us")
    return given


def copy_of(old: Grant, *, at: datetime) -> Grant:
    """The new row: held since we saw it again, whoever said since when the old one was."""
    kept = ("account", "entitlement", "origin", "on_behalf_of", "instance", "effect", "condition", "version", "native")
    more = ("revocable", "expires_at", "unit", "risk")
    fields = {name: getattr(old, name) for name in kept + more}
    given = Grant.objects.create(**fields, opened_at=at, held_since=at, returns_to=old)
    ledger.record(
        act=ledger.Act.GRANT_RETURNED,
        actor=ledger.Actor.step("verifying"),
        subjects=[given, old],
        body={"because": "given back by us"},
    )
    return given


def clear_findings(remediation: Remediation) -> None:
    """
    What was suspected of a grant is answered by its end, or rests for the lease of what was left of it.

    A suspension is no end: its findings wait with it. A grant that was given back keeps its quiet findings.
    """
    if remediation.act == Act.NARROW and remediation.decision is not None:
        ruling.rest(remediation.decision, at=clock.now())
    if remediation.act != Act.REMOVE:
        return
    standing = Finding.objects.filter(grant=remediation.grant_id).uncleared()
    findings.clear(standing, at=clock.now(), actor=ledger.Actor.step("verifying"), why="gone")
