"""
Taking away, and giving back: detach, delete, remove from a group; attach, put, add.

AWS has no transactions and no dry run. Before a change the account is read, and the grant must be the one that was
decided about; the call itself names one holder and one policy, and can touch nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from connectors.aws import denying, names, ourselves, suspending, verifying
from connectors.aws.accounts import Holder
from connectors.aws.sessions import Door, asking
from connectors.aws.verifying import Look
from connectors.base import ActionResult, Grant, Outcome
from connectors.errors import Conflict, NotFound, SchemaDrift, Unsupported

Call: TypeAlias = tuple[str, Mapping[str, str]]  # a verb of IAM in our spelling, and what it is told


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be done, for which key, and whether only to try."""

    grant: Grant
    idem_key: str
    dry_run: bool


def revoke(door: Door, errand: Errand) -> ActionResult:
    """
    Take a grant away; ALREADY where it is gone, Conflict where it is another one, or says something else.

    Unsupported where it denies: a person looks at what that opens. Refused where we hold it ourselves.
    """
    found, before = verifying.look_at(door, errand.grant), image(errand.grant)
    if found.holder is None or found.now is None:
        return result(errand, found, Outcome.ALREADY, None, before)
    require_same(found, before)
    denying.require_none(found.now)
    ourselves.require_other(door, found.account, found.holder)
    return carry_out(door, errand, found, taking(errand.grant, found.holder), before)


def restore(door: Door, errand: Errand, before: Mapping[str, Any]) -> ActionResult:
    """Give back what was taken; Conflict where that is another one by now, or says something else."""
    found, before = verifying.look_at(door, errand.grant), {**image(errand.grant), **before}
    if found.holder is None:
        raise NotFound(f"whoever held it is gone: {before['holder']}")
    if found.now is not None:
        require_same(found, before)
        return result(errand, found, Outcome.ALREADY, None, before)
    require_restorable(found, before)
    suspending.require_free(found.holder, errand.grant.entitlement)
    return carry_out(door, errand, found, giving(errand.grant, found.holder, before), before)


def image(grant: Grant) -> dict[str, Any]:
    """Return all that giving back needs. It is what was decided about: nothing else is taken away."""
    return {**grant.native, "instance": grant.instance}


def require_same(found: Look, before: Mapping[str, Any]) -> None:
    """Raise Conflict where what is there was made again since, or was changed."""
    if not found.direct:
        raise Conflict(f"{found.grant.entitlement.id} is not what it was: it was made again under its name")
    require_text(found, before)


def require_restorable(found: Look, before: Mapping[str, Any]) -> None:
    """Raise where what would be given back is not there, or not what it was."""
    kind, name, account = found.grant.entitlement.type, found.grant.entitlement.id, found.account
    instances = {
        names.POLICY: {arn: each.instance for arn, each in account.policies.items()},
        names.MEMBERSHIP: {group: each.id for group, each in account.groups.items()},
        names.INLINE: {name: found.holder.id if found.holder else ""},
    }.get(kind, {})
    if name not in instances:
        raise NotFound(f"{name} is gone")
    if instances[name] != before["instance"]:
        raise Conflict(f"{name} is not what it was: it was made again under its name")
    require_text(found, before)


def require_text(found: Look, before: Mapping[str, Any]) -> None:
    """Raise Conflict where a policy or a group does not say what it said: its name and its id stay when it changes."""
    name, account = found.grant.entitlement.id, found.account
    match found.grant.entitlement.type:
        case names.MEMBERSHIP if account.digests(account.group(name)) != before.get("digests"):
            raise Conflict(f"{name} is not what it was: what comes with it was changed")
        case names.POLICY | names.BOUNDARY if account.policy(name).digest != before.get("digest"):
            raise Conflict(f"{name} is not what it was: its text was changed")


def taking(grant: Grant, holder: Holder) -> Call:
    """Return the call that takes a grant away. Unsupported where there is none."""
    whose = {f"{holder.kind.title()}Name": holder.name}
    match grant.entitlement.type:
        case names.POLICY:
            return f"detach_{holder.kind}_policy", whose | {"PolicyArn": grant.entitlement.id}
        case names.INLINE:
            return f"delete_{holder.kind}_policy", whose | {"PolicyName": grant.entitlement.id.rpartition("/")[2]}
        case names.MEMBERSHIP:
            return "remove_user_from_group", whose | {"GroupName": grant.entitlement.id}
        case other:
            raise Unsupported(f"{other} is not taken away by a call of its own: a person edits the policy")


def giving(grant: Grant, holder: Holder, before: Mapping[str, Any]) -> Call:
    """Return the call that gives it back."""
    verb, told = taking(grant, holder)
    match grant.entitlement.type:
        case names.INLINE:
            return verb.replace("delete", "put"), {**told, "PolicyDocument": names.canonical(before["document"])}
        case names.MEMBERSHIP:
            return "add_user_to_group", told
        case _:
            return verb.replace("detach", "attach"), told


def carry_out(door: Door, errand: Errand, found: Look, call: Call, before: Mapping[str, Any]) -> ActionResult:
    """Make the call, or only say it."""
    if errand.dry_run:
        return result(errand, found, Outcome.PLANNED, call, before)
    verb, told = call
    do: Callable[..., Mapping[str, Any]] = getattr(door.iam, verb)
    with asking(changes=True):
        answer = do(**told)
    try:
        number = answer["ResponseMetadata"]["RequestId"]
    except KeyError as error:
        raise SchemaDrift("AWS gave no number to what it did") from error
    return result(errand, found, Outcome.DONE, call, before, number)


def result(
    errand: Errand, found: Look, outcome: Outcome, call: Call | None, before: Mapping[str, Any], number: str = ""
) -> ActionResult:
    """Say what was done, and by which other ways it can be done still, as the look before showed them."""
    verb, told = call or ("", {})
    others = [each.text for each in verifying.other_paths(found)]
    return ActionResult(
        outcome=outcome,
        before=before,
        request={"call": verb, **told, "idem_key": errand.idem_key, "dry_run": errand.dry_run},
        response={"other_paths": others, "unread": verifying.unread(found), "committed": outcome == Outcome.DONE},
        native_request_id=number,
    )
