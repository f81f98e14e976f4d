"""
Verifying: only an independent, complete read shows that an act is true.

*Direct* absence (this very grant is gone, or the part of it that a narrowing takes) and *effective* absence (the
account cannot do it by any path) are two answers. Access that lives on ends as *still effective through …*, with a
finding about that path, never as done. What could not be read is unknown, and tried again.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from connectors.base import CredentialKeeper, Narrower, Path, PrincipalDisabler, Ref, Verification, Writer
from connectors.base import State as Shown
from connectors.errors import ConfigInvalid, ConnectorError, NotFound, Unsupported
from governance import clock, connecting, findings, ledger
from governance.errors import Invalid
from governance.models import Account, Band, Credential, Grant, Intended
from governance.models.claiming import give_back
from governance.sweeping import sweep
from reviews import planning, proven, questions
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
    response = {"evidence": dict(shown.evidence), **ways(shown)}
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
        return look_at_account(connector, remediation.account)
    if remediation.credential is not None and connecting.keeps(connector, remediation.credential):
        return look_at_credential(connector, remediation.credential, act=Act(remediation.act))
    raise Unsupported(f"{remediation.system.name} cannot be read for this: a person has to attest it.")


def look_at_account(disabler: PrincipalDisabler, account: Account) -> Verification:
    """An account is *present* while it may sign in; one that is gone may not."""
    try:
        return disabler.verify_principal(Ref(account.native_type, account.native_id))
    except NotFound:
        return Verification(Shown.ABSENT, Shown.ABSENT, evidence={"there": False, "enabled": False})


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
    proven.note(remediation, shown, at=at)


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
        proven.note(remediation, shown, at=clock.now())
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
        **ways(shown),
    }


def ways(shown: Verification) -> dict[str, object]:
    """The ways that the read showed, and where else one may lie that such a read does not show."""
    found = {"other_paths": [path.text for path in shown.other_paths]}
    return {**found, "unread": shown.unread} if shown.unread else {**found}


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
