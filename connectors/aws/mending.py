"""What a person could do about it, as commands of AWS's own tool. They are text to read, and to run or not."""

from shlex import quote

from connectors.advising import Remedy
from connectors.aws import names
from connectors.base import Credential, Effect, Grant, HolderKind, Principal

GONE = "It can no longer do what only this allows, from the next call on."
KEPT = "kept-denials"


def take_away(grant: Grant) -> Remedy | None:
    """Write the command that takes a grant away, after what keeps its denials; None for what only takes away itself."""
    if grant.effect != Effect.ALLOW:
        return None
    kind, name = grant.principal.type, quote(str(grant.native.get("holder", "")))
    holder = f"--{kind}-name {name}"
    remedy = removal(grant, kind, holder)
    if remedy is None or not grant.by_hand:
        return remedy
    return Remedy(
        "# write the statements that deny into deny.json, then:\n"
        f"aws iam put-{kind}-policy {holder} --policy-name {KEPT} --policy-document file://deny.json\n{remedy.text}",
        f"{grant.by_hand} {remedy.effect}",
    )


def removal(grant: Grant, kind: str, holder: str) -> Remedy | None:
    """Write the command that takes a grant away as a whole; None where there is none."""
    match grant.entitlement.type:
        case names.POLICY:
            return Remedy(f"aws iam detach-{kind}-policy {holder} --policy-arn {quote(grant.entitlement.id)}", GONE)
        case names.INLINE:
            policy = quote(grant.entitlement.id.rpartition("/")[2])
            return Remedy(
                f"aws iam get-{kind}-policy {holder} --policy-name {policy} > before.json\n"
                f"aws iam delete-{kind}-policy {holder} --policy-name {policy}",
                f"{GONE} The first command keeps what it said.",
            )
        case names.MEMBERSHIP:
            return Remedy(f"aws iam remove-user-from-group {holder} --group-name {quote(grant.entitlement.id)}", GONE)
        case names.ASSUME:
            role = quote(str(grant.native["role"]))
            return Remedy(
                f"aws iam get-role --role-name {role} --query Role.AssumeRolePolicyDocument > trust.json\n"
                f"# take {grant.native['holder']} out of {grant.origin}, then:\n"
                f"aws iam update-assume-role-policy --role-name {role} --policy-document file://trust.json",
                "It can no longer become the role; who has become it stays it until its session ends.",
            )
    return None


def name_owner(principal: Principal) -> Remedy | None:
    """Write the command that names who answers for a user or a role."""
    if principal.ref.type not in {names.USER, names.ROLE} or principal.kind == HolderKind.GROUP:
        return None
    kind = principal.ref.type
    return Remedy(
        f"aws iam tag-{kind} --{kind}-name {quote(principal.name)} --tags Key=owner,Value=NAME@EXAMPLE.COM",
        "Everybody who lists it sees who answers for it. Where nobody does, nobody would miss it: disable it.",
    )


def shut(credential: Credential, principal: Principal) -> Remedy | None:
    """Write the command that sets an access key inactive."""
    if credential.ref.type != names.ACCESS_KEY:
        return None
    return Remedy(
        f"aws iam update-access-key --user-name {quote(principal.name)} --access-key-id {quote(credential.ref.id)}"
        " --status Inactive",
        "It opens nothing more from the next call on, and can be made active again. What it has opened stays open:"
        " temporary credentials made with it live on until they end.",
    )
