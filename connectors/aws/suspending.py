"""
A user or a role, shut out and let in again: an inline policy that denies everything.

It works at once, also for whoever is signed in as it, and nothing that the principal holds is touched. For users it is
more than shutting their keys: a password and temporary credentials are shut with it. It does not reach a session in
another role, which the principal took on before: that goes on until it ends, and what was seen says so.

Only its very text counts. Whoever may write its own policies could give another one our name: that is a grant like any,
it is written over when its holder is shut out, and it is never deleted as if it were ours.
"""

from datetime import UTC, datetime

from connectors.aws import holding, names, ourselves
from connectors.aws.accounts import SUSPENDED, Account, Holder, see
from connectors.aws.sessions import Door, asking
from connectors.base import ActionResult, Outcome, Ref, State, Verification
from connectors.errors import NotFound, Refused, Unsupported


def verify(door: Door, principal: Ref) -> Verification:
    """Look afresh whether a principal is let in."""
    at, account = datetime.now(UTC), see(door)
    holder = find(account, principal)
    state = State.ABSENT if holder.suspended else State.PRESENT
    return Verification(
        direct=state,
        effective=state,
        evidence={"enabled": not holder.suspended},
        observed_at=at,
        unread=holding.GOES_ON if holding.takes_on(account, holding.able(account, holder)) else "",
    )


def turn(door: Door, principal: Ref, *, on: bool, idem_key: str) -> ActionResult:
    """Let a principal in, or not; Refused for whoever we are ourselves."""
    holder = find(see(door), principal)
    if not on and holder.ref in ourselves.refs(door):
        raise Refused(f"{holder.name} is who this connector signs in as")
    was, strange = not holder.suspended, strangers(holder)
    if on and strange:
        raise Refused(f"{SUSPENDED.name} of {holder.name} is not what Countersign wrote, and not ours to delete")
    verb = "delete" if on else "put"
    told = {f"{holder.kind.title()}Name": holder.name, "PolicyName": SUSPENDED.name}
    if not on:
        told["PolicyDocument"] = names.canonical(SUSPENDED.text)
    if not (on and was):  # a look may show what was let in meanwhile as still shut: it is written again
        with asking(changes=True):
            getattr(door.iam, f"{verb}_{holder.kind}_policy")(**told)
    return ActionResult(
        outcome=Outcome.ALREADY if was == on else Outcome.DONE,
        before={"enabled": was, "name": holder.name} | strange,
        request={"call": f"{verb}_{holder.kind}_policy", **told, "idem_key": idem_key},
        response={"enabled": on},
    )


def strangers(holder: Holder) -> dict[str, str]:
    """Return what somebody else wrote under our policy's name, if anybody did."""
    found = [names.canonical(each.text) for each in holder.written if each.name == SUSPENDED.name]
    return {"written_over": found[0]} if found else {}


def require_free(holder: Holder, entitlement: Ref) -> None:
    """Raise Refused where a policy that is given back would be written over what shuts its holder out."""
    if holder.suspended and entitlement == names.inline(holder.kind, holder.name, SUSPENDED.name):
        raise Refused(f"{holder.name} is shut out by a policy of that name: let it in first")


def find(account: Account, principal: Ref) -> Holder:
    """Find a principal; Unsupported for what cannot sign in, NotFound where it is gone."""
    if principal.type not in {names.USER, names.ROLE}:
        raise Unsupported(f"a {principal.type} does not sign in")
    holder = account.by_ref.get(principal)
    if holder is None:
        raise NotFound(f"{principal} is gone")
    return holder
