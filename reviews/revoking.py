"""
Revoking: claim, call, record.

No transaction is held across the call; success is what verifying sees, never what this call says.

A worker that dies leaves its act *claimed*; whoever claims it next calls again: every connector reads before it writes,
and answers *already* where there is nothing left to do.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from connectors.base import ActionResult, Cap, Narrower, Outcome, PrincipalDisabler, Ref, Restorer, Writer
from connectors.errors import ConfigInvalid, ConnectorError, NotFound, OutcomeUnknown, Unsupported
from connectors.errors import Conflict as Changed
from governance import clock, connecting, findings, ledger
from governance.errors import Invalid
from governance.models import Account, Band, Credential, Finding, Grant
from governance.models.claiming import give_back
from governance.policy import facts
from governance.sweeping import sweep
from reviews import questions, ruling
from reviews.models import Act, Attempt, Remediation
from reviews.models.remediation import State


def carry_out_due() -> int:
    """Carry out every act that is due."""
    retry_stuck()
    return sweep(Remediation.objects.claim_due, carry_out)


def retry_stuck() -> None:
    """What is stuck is never given up: it is planned again, slowly."""
    while (remediation := Remediation.objects.claim_stuck()) is not None:
        remediation.move(State.PLANNED, leased_until=None, next_at=Now())


def carry_out(remediation: Remediation) -> None:
    """Do one act in its system, and record what the system said."""
    if remediation.state == State.PLANNED:
        remediation.move(State.CLAIMED)
    changed = drifted(remediation)
    if changed is not None:
        ask_again(remediation, changed=changed)
        return
    begun = begin(remediation)
    try:
        with connecting.connected(remediation.system) as connector:
            result = perform(connector, remediation)
    except ConnectorError as error:
        did_not(remediation, begun, error)
    except Invalid as error:  # a secret of ours is missing
        did_not(remediation, begun, ConfigInvalid(str(error)))
    else:
        finish(remediation, begun, outcome=result.outcome, said=result)


def did_not(remediation: Remediation, begun: Attempt, error: ConnectorError) -> None:
    """What follows from each way in which a connector says no."""
    match error:
        case NotFound() if remediation.grant_id is None and not Act(remediation.act).gives:
            finish(remediation, begun, outcome=Outcome.ALREADY, said=error)  # it is gone: a look has to prove that
        case OutcomeUnknown():
            finish(remediation, begun, outcome="unknown", said=error)
        case Changed():
            note(begun, outcome="changed", response={"error": str(error)})
            ask_again(remediation, changed="the object", said=str(error))
        case _:
            fail(remediation, begun, error)


def perform(connector: object, remediation: Remediation) -> ActionResult:
    """The connector's verb for this act. Raises Unsupported where it has none: that is a task for a person."""
    match remediation.target:
        case Grant() as grant:
            return on_grant(connector, remediation, grant)
        case Account() as account:
            return on_account(connector, remediation, account)
        case Credential() as credential:
            return on_credential(connector, remediation, credential)


def on_grant(connector: object, remediation: Remediation, grant: Grant) -> ActionResult:
    """Take a grant away, narrow it, or give it back."""
    key = idem_key(remediation)
    match Act(remediation.act):
        case Act.REMOVE | Act.SUSPEND if isinstance(connector, Writer):
            require(connector, grant, Cap.REVOKE)
            return connector.revoke(connecting.as_held(grant), idem_key=key)
        case Act.NARROW if isinstance(connector, Narrower) and not remediation.by_hand:
            require(connector, grant, Cap.REPLACE)
            return connector.narrow(connecting.as_held(grant), remediation.remains["key"], idem_key=key)
        case Act.RESTORE if isinstance(connector, Restorer) and not remediation.by_hand:
            require(connector, grant, Cap.RESTORE)
            return connector.restore(connecting.as_held(grant), remediation.before or grant.native, idem_key=key)
    raise Unsupported(task(remediation))


def on_account(connector: object, remediation: Remediation, account: Account) -> ActionResult:
    """Shut an account, or open it again."""
    principal = Ref(account.native_type, account.native_id)
    match Act(remediation.act):
        case Act.DISABLE if isinstance(connector, PrincipalDisabler):
            return connector.disable_principal(principal, idem_key=idem_key(remediation))
        case Act.ENABLE if isinstance(connector, PrincipalDisabler):
            return connector.enable_principal(principal, idem_key=idem_key(remediation))
    raise Unsupported(task(remediation))


def on_credential(connector: object, remediation: Remediation, credential: Credential) -> ActionResult:
    """Shut a credential, open it again, or remove it for ever."""
    ref, key = Ref(credential.native_type, credential.native_id), idem_key(remediation)
    match Act(remediation.act):
        case Act.DISABLE if connecting.keeps(connector, credential):
            return connector.disable_credential(ref, idem_key=key)
        case Act.ENABLE if connecting.keeps(connector, credential):
            return connector.enable_credential(ref, idem_key=key)
        case Act.REMOVE if connecting.keeps(connector, credential):
            return connector.remove_credential(ref, idem_key=key)
    raise Unsupported(task(remediation))


def idem_key(remediation: Remediation) -> str:
    """By what a system knows the same act again."""
    return f"countersign:{remediation.pk}"


def task(remediation: Remediation) -> str:
    """What a person is to do where the connector cannot."""
    system, remains = remediation.system.name, remediation.remains.get("text", "")
    match Act(remediation.act):
        case Act.NARROW:
            return f"{system} has no way to do this: narrow it by hand, so that this remains: {remains}"
        case Act.RESTORE if remediation.by_hand:
            return f"{system} has no way to do this: give back by hand what was taken to leave this: {remains}"
        case act:
            return f"{system} has no way to {act.label.lower()} this: do it by hand."


def require(connector: Writer, grant: Grant, cap: Cap) -> None:
    """Raise Unsupported where this type of entitlement cannot be written."""
    kind = grant.entitlement.native_type
    if not grant.revocable or cap not in connector.spec.caps.get(kind, frozenset()):
        said = f"{grant.entitlement.name} cannot be changed by us ({kind}): do it in the system itself."
        raise Unsupported(f"{said} {connecting.as_held(grant).by_hand}".strip())


def drifted(remediation: Remediation) -> str | None:
    """
    Which fact about the target changed since the decision, in a word; None where it is still the same thing.

    Giving back asks the connector. A credential that was shut and can be used again is not removed: that is asked anew.
    """
    if remediation.credential is not None and remediation.act == Act.REMOVE:
        now_usable = Credential.objects.filter(pk=remediation.credential.pk, active=True)
        return "it can be used again" if now_usable.exists() else None
    if remediation.grant_id is None or Act(remediation.act).gives or not remediation.facts:
        return None
    now = facts.of_grant(remediation.grant_id)
    return next((name for name in facts.TARGET if now.get(name) != remediation.facts.get(name)), None)


def begin(remediation: Remediation) -> Attempt:
    """Write the attempt down before anything is sent."""
    with transaction.atomic():
        Remediation.objects.filter(pk=remediation.pk).select_for_update().get()
        number = remediation.tries.count() + 1
        return Attempt.objects.create(
            remediation=remediation, number=number, kind=Attempt.Kind.SEND, outcome="begun", at=clock.now()
        )


def note(
    attempt: Attempt,
    *,
    outcome: str,
    response: Mapping[str, Any],
    request: Mapping[str, Any] | None = None,
    native: str = "",
) -> None:
    """Complete an attempt that was begun."""
    Attempt.objects.filter(pk=attempt.pk, outcome="begun").update(
        outcome=outcome, request=dict(request or {}), response=dict(response), native_request_id=native
    )


def finish(remediation: Remediation, begun: Attempt, *, outcome: str, said: ActionResult | ConnectorError) -> None:
    """It was sent: whether it worked is for verifying to see. The first image of before is the one that counts."""
    result = said if isinstance(said, ActionResult) else None
    with transaction.atomic():
        at = clock.now()
        note(
            begun,
            outcome=outcome,
            request=result.request if result else {},
            response=result.response if result else {"error": str(said)},
            native=result.native_request_id if result else "",
        )
        before = remediation.before or (dict(result.before) if result else {})
        if remediation.decision is not None:
            ruling.count_from(remediation.decision, at=at)
        remediation.move(
            State.SENT, sent_at=at, before=before, level="V1", leased_until=None, next_at=Now(), trouble=""
        )
        ledger.record(
            act=ledger.Act.REMEDIATION_SENT,
            actor=ledger.Actor.step("revoking"),
            subjects=[remediation, remediation.target, begun],
            body={"act": remediation.act, "outcome": outcome, "attempt": begun.number},
        )
        questions.outdate(remediation.review)


def fail(remediation: Remediation, begun: Attempt, error: ConnectorError) -> None:
    """Later, where trying again can help; stuck, for a person, where it cannot or has not for long."""
    parameters = remediation.review.policy.parameters
    later = (error.retryable or isinstance(error, NotFound)) and remediation.attempts < parameters.stuck_attempts
    state = State.PLANNED if later else State.STUCK
    with transaction.atomic():
        note(begun, outcome=type(error).__name__, response={"error": str(error)})
        remediation.move(state)
        give_back(remediation, error, attempts=remediation.attempts if later else SLOWLY)
        ledger.record(
            act=ledger.Act.REMEDIATION_FAILED if later else ledger.Act.REMEDIATION_STUCK,
            actor=ledger.Actor.step("revoking"),
            subjects=[remediation, remediation.target, begun],
            body={"error": type(error).__name__, "attempt": begun.number},
        )
        questions.outdate(remediation.review)


SLOWLY = 10  # the exponent of the longest wait


def ask_again(remediation: Remediation, *, changed: str, said: str = "") -> None:
    """
    What was decided about is no longer there as it was: cancel, and let the finding *changed* ask anew.

    `changed` is a word of ours; what a system `said` of it may hold anything, and stays out of the ledger.
    """
    with transaction.atomic():
        at = clock.now()
        remediation.move(State.PLANNED)
        trouble = f"It changed after the decision: {said or changed}."
        remediation.move(State.CANCELLED, leased_until=None, trouble=trouble)
        actor = ledger.Actor.step("revoking")
        ledger.record(
            act=ledger.Act.REMEDIATION_CANCELLED,
            actor=actor,
            subjects=[remediation, remediation.target],
            body={"changed": changed},
        )
        if remediation.grant is not None:
            ruling.undecide(remediation.grant, at=at)
            decided = Finding.objects.filter(grant=remediation.grant_id)
            findings.reopen(decided, at=at)
            findings.raise_finding(
                check_name="changed",
                subject=remediation.grant,
                facts={"changed": said or changed},
                severity=Band.of(remediation.grant.risk),
                at=at,
                actor=actor,
            )
        questions.outdate(remediation.review)
