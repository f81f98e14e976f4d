"""
A user or a role, shut out and let in again: an inline policy that denies everything.

It works at once, also for whoever is signed in, and nothing that the principal holds is touched. For users it is
more than shutting their keys: a password and temporary credentials are shut with it.
"""

from connectors.aws import describing, names
from connectors.aws.accounts import Holder, see, signed_in
from connectors.aws.sessions import Door, asking
from connectors.base import ActionResult, Outcome, Ref
from connectors.errors import NotFound, Refused, Unsupported

DENY_ALL = names.canonical(
    {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "SuspendedByCountersign", "Effect": "Deny", "Action": "*", "Resource": "*"}],
    }
)


def enabled(door: Door, principal: Ref) -> bool:
    """Look afresh whether a principal is let in."""
    return not describing.suspended(find(door, principal))


def turn(door: Door, principal: Ref, *, on: bool, idem_key: str) -> ActionResult:
    """Let a principal in, or not; Refused for whoever we are ourselves."""
    holder = find(door, principal)
    if not on and signed_in(door)["UserId"].partition(":")[0] == holder.id:
        raise Refused(f"{holder.name} is who this connector signs in as")
    was = not describing.suspended(holder)
    verb = "delete" if on else "put"
    told = {f"{holder.kind.title()}Name": holder.name, "PolicyName": describing.SUSPENDED}
    if not on:
        told["PolicyDocument"] = DENY_ALL
    if was != on:
        with asking(changes=True):
            getattr(door.iam, f"{verb}_{holder.kind}_policy")(**told)
    return ActionResult(
        outcome=Outcome.ALREADY if was == on else Outcome.DONE,
        before={"enabled": was, "name": holder.name},
        request={"call": f"{verb}_{holder.kind}_policy", **told, "idem_key": idem_key},
        response={"enabled": on},
    )


def find(door: Door, principal: Ref) -> Holder:
    """Read a principal; Unsupported for what cannot sign in, NotFound where it is gone."""
    if principal.type not in {names.USER, names.ROLE}:
        raise Unsupported(f"a {principal.type} does not sign in")
    holder = see(door).by_ref.get(principal)
    if holder is None:
        raise NotFound(f"{principal} is gone")
    return holder
