"""
Verifying: only an independent, complete read shows that an act is true.

*Direct* absence (this very grant is gone, or the part of it that a narrowing takes) and *effective* absence (the
account cannot do it by any path) are two answers. Access that lives on ends as *still effective through …*, with a
finding about that path, never as done. What could not be read is unknown, and tried again.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from connectors.base import CredentialKeeper, Narrower, Path, PrincipalDisabler, Ref, Verification, Writer
from connectors.base import Grant as Held
from connectors.base import State as Shown
from connectors.errors import ConfigInvalid, ConnectorError, NotFound, Unsupported
from governance import clock, connecting, due, findings, ledger
from governance.errors import Invalid
from governance.models import Account, Band, Credential, Finding, Grant, Intended, Seen
from governance.models.claiming import give_back
from governance.sweeping import sweep
from reviews import planning, questions, ruling
from reviews.models import Act, Attempt, Remediation
from reviews.models.remediation import STILL_THERE, State


def verify_sent() -> int:
    """Look at everything that was sent, and again at what was still effective."""
    return sweep(Remediation.objects.claim_unverified, verify) + sweep(
        Remediation.objects.claim_still_effective, verify
    )


def verify(remediation: Remediation) -> None:
    """Look afresh at one act's target and move the act to what is true."""
    try:
        with connecting.connected(remediation.system) as connector:
            shown = look(connector, remediation)
    except ConnectorError as error:
        cannot_tell(remediation, error)
        return
    except Invalid as error:  # a secret of ours is missing
        cannot_tell(remediation, ConfigInvalid(str(error)))
        return
    with transaction.atomic():
        settle(remediation, shown, noted(remediation, shown))
        questions.outdate(remediation.review)


def noted(remediation: Remediation, shown: Verification) -> Attempt:
    """The read, written down; what the last one of an access that lives on showed already is not written again."""
    outcome = f"direct {shown.direct}, effective {shown.effective}"
    response = {"evidence": dict(shown.evidence), "other_paths": [path.text for path in shown.other_paths]}
    before = remediation.tries.order_by("-number").first()
    number = before.number if before else 0
    if before is not None and remediation.state == State.STILL_EFFECTIVE:
        same = (before.outcome, before.response.get("other_paths")) == (outcome, response["other_paths"])
        if same:
            return before
    return Attempt.objects.create(
        remediation=remediation,
        number=number + 1,
        kind=Attempt.Kind.READ,
        outcome=outcome,
        response=response,
        at=clock.now(),
    )


def look(connector: object, remediation: Remediation) -> Verification:
    """The connector's fresh read; an account is *present* while it may sign in, what a narrowing takes while it can."""
    grant = connecting.as_held(remediation.grant) if remediation.grant and not remediation.by_hand else None
    if grant is not None and remediation.remains and isinstance(connector, Narrower):
        return connector.verify_narrowed(grant, remediation.remains["key"])
    if grant is not None and not remediation.remains and isinstance(connector, Writer):
        return connector.verify(grant)
    if remediation.account is not None and isinstance(connector, PrincipalDisabler):
        enabled = connector.principal_enabled(Ref(remediation.account.native_type, remediation.account.native_id))
        state = Shown.PRESENT if enabled else Shown.ABSENT
        return Verification(direct=state, effective=state, evidence={"enabled": enabled})
    if remediation.credential is not None and connecting.keeps(connector, remediation.credential):
        return look_at_credential(connector, remediation.credential, act=Act(remediation.act))
    raise Unsupported(f"{remediation.system.name} cannot be read for this: a person has to attest it.")


def look_at_credential(keeper: CredentialKeeper, credential: Credential, *, act: Act) -> Verification:
    """A credential is *present* while it can be used; for a removal, while it is there at all."""
    try:
        enabled = keeper.credential_enabled(Ref(credential.native_type, credential.native_id))
    except NotFound:
        return Verification(Shown.ABSENT, Shown.ABSENT, evidence={"there": False, "enabled": False})
    state = Shown.PRESENT if enabled or act == Act.REMOVE else Shown.ABSENT
    return Verification(state, state, evidence={"there": True, "enabled": enabled})


def settle(remediation: Remediation, shown: Verification, read: Attempt) -> None:
    """From what was seen to the act's state."""
    wanted = Shown.PRESENT if Act(remediation.act).gives else Shown.ABSENT
    if Shown.UNKNOWN in {shown.direct, shown.effective}:
        cannot_tell(remediation, Unsupported("The read could not tell."))
    elif shown.direct != wanted:
        send_again(remediation, read)
    elif wanted == Shown.ABSENT and shown.effective == Shown.PRESENT:
        still_effective(remediation, shown, read)
    else:
        verified(remediation, shown, read)


def cannot_tell(remediation: Remediation, error: ConnectorError) -> None:
    """Unknown is not gone: look again later; what was sent and can't be read for too long is a person's to look at."""
    if remediation.state == State.SENT and remediation.attempts >= remediation.review.policy.parameters.stuck_attempts:
        with transaction.atomic():
            remediation.move(State.STUCK)
            read = failed_read(remediation, error)
            record(remediation, ledger.Act.REMEDIATION_STUCK, read, {"error": read.outcome})
            questions.outdate(remediation.review)
    give_back(remediation, error, attempts=remediation.attempts)


def failed_read(remediation: Remediation, error: ConnectorError) -> Attempt:
    """The read that could not tell, written down: the last of too many."""
    return Attempt.objects.create(
        remediation=remediation,
        number=remediation.tries.count() + 1,
        kind=Attempt.Kind.READ,
        outcome=type(error).__name__,
        response={"error": str(error)},
        at=clock.now(),
    )


def look_again(remediation: Remediation) -> CombinedExpression:
    """When access that lives on is read again, and what is stuck is tried again."""
    return Now() + timedelta(seconds=remediation.review.policy.parameters.verify_seconds)


def send_again(remediation: Remediation, read: Attempt) -> None:
    """
    It is not as it should be.

    A sent act is carried out again, and is a person's after too many times; a proven one that was undone outside is a
    new question, raised by syncing.
    """
    if remediation.state == State.STILL_EFFECTIVE:
        Remediation.objects.filter(pk=remediation.pk).update(next_at=look_again(remediation), leased_until=None)
        return
    stuck = remediation.attempts >= remediation.review.policy.parameters.stuck_attempts
    remediation.move(
        State.STUCK if stuck else State.PLANNED,
        leased_until=None,
        attempts=F("attempts") + 1,
        next_at=look_again(remediation) if stuck else Now() + timedelta(seconds=2 ** min(remediation.attempts + 1, 9)),
        trouble=STILL_THERE,
    )
    act = ledger.Act.REMEDIATION_STUCK if stuck else ledger.Act.REMEDIATION_FAILED
    record(remediation, act, read, {"shown": read.outcome})


def verified(remediation: Remediation, shown: Verification, read: Attempt) -> None:
    """Proven. What was suspected of it is cleared."""
    at = clock.now()
    remediation.move(
        State.VERIFIED,
        verified_at=at,
        level="V2",
        outcome=described(shown),
        leased_until=None,
        trouble="",
        removes_at=planning.removal(remediation, at=at) if shown.evidence.get("there", True) else None,
    )
    record(remediation, ledger.Act.REMEDIATION_VERIFIED, read, {"act": remediation.act, "level": "V2"})
    if remediation.grant is not None:
        show(remediation, shown)
        clear_findings(remediation)
    elif remediation.account is not None:
        Account.objects.filter(pk=remediation.account.pk).update(enabled=Act(remediation.act).gives)
    elif remediation.credential is not None:
        show_credential(remediation.credential, shown, at=at)


def still_effective(remediation: Remediation, shown: Verification, read: Attempt) -> None:
    """The grant is gone, the access is not: say through what, and ask about that."""
    at = clock.now()
    first = remediation.state == State.SENT
    if first:
        remediation.move(
            State.STILL_EFFECTIVE,
            verified_at=at,
            level="V2",
            outcome=described(shown),
            leased_until=None,
            next_at=look_again(remediation),
            trouble="",
        )
        record(
            remediation,
            ledger.Act.REMEDIATION_STILL_EFFECTIVE,
            read,
            {"paths": [path.kind for path in shown.other_paths]},
        )
        show(remediation, shown)
        clear_findings(remediation)
    else:
        Remediation.objects.filter(pk=remediation.pk).update(
            outcome=described(shown), next_at=look_again(remediation), leased_until=None
        )
    for path in shown.other_paths:
        suspect(path, remediation)


def described(shown: Verification) -> dict[str, object]:
    """What the read showed, for cards and pages."""
    return {
        "direct": shown.direct,
        "effective": shown.effective,
        "other_paths": [path.text for path in shown.other_paths],
    }


def record(remediation: Remediation, act: ledger.Act, read: Attempt, body: dict[str, object]) -> None:
    """One entry about one read."""
    ledger.record(
        act=act,
        actor=ledger.Actor.step("verifying"),
        subjects=[remediation, remediation.target, read],
        body={**body, "attempt": read.number},
    )


def suspect(path: Path, remediation: Remediation) -> None:
    """Raise a finding about the grant that keeps the access alive, where we know it; syncing brings it otherwise."""
    through = Grant.objects.open().filter(
        account__system=remediation.system,
        account__native_id=path.via.principal.id,
        entitlement__native_type=path.via.entitlement.type,
        entitlement__native_id=path.via.entitlement.id,
    )
    exact = through.filter(origin=path.via.origin) if path.via.origin else through
    narrowed = remediation.act == Act.NARROW
    for grant in exact.exclude(intended=Intended.GONE):
        findings.raise_finding(
            check_name="still_effective",
            subject=grant,
            facts={
                "path": path.text,
                "revoked": f"{'what was taken from ' if narrowed else ''}{remediation.target}",
                "remediation": remediation.pk,
            },
            severity=Band.of(max(grant.risk, remediation.grant.risk if remediation.grant else 0)),
            at=clock.now(),
            actor=ledger.Actor.step("verifying"),
        )


def show(remediation: Remediation, shown: Verification) -> None:
    """
    Write what was seen.

    A suspended or narrowed grant's row stays open; a removed one's is closed; what was given back after that is a new
    period.
    """
    grant, at = remediation.grant, clock.now()
    if grant is None:
        return
    row = Grant.objects.filter(pk=grant.pk)
    if Act(remediation.act) == Act.SUSPEND:
        row.update(seen=Seen.ABSENT, seen_at=at)
    elif Act(remediation.act) == Act.REMOVE:
        end(grant, at=at)
    elif row.filter(closed_at=None).update(seen=Seen.PRESENT, seen_at=at, **as_it_stands(shown.remains)):
        due.pull(row, at)
    elif Act(remediation.act).gives:
        begin_anew(grant)


def show_credential(credential: Credential, shown: Verification, *, at: datetime) -> None:
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
    """The new row."""
    kept = ("account", "entitlement", "origin", "on_behalf_of", "instance", "effect", "condition", "version", "native")
    more = ("revocable", "expires_at", "held_since_basis", "unit", "risk")
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
