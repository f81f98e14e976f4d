"""What this credential can do: tried out for reading, computed from its own policies for writing."""

from collections.abc import Mapping

from connectors.aws import holding, names, ourselves, people
from connectors.aws.accounts import Account, Holder, see, signed_in
from connectors.aws.evaluating import Outcome
from connectors.aws.policies import Request
from connectors.aws.sessions import Door, asking
from connectors.aws.settings import SPEC, TO_VERIFY
from connectors.base import Cap, Check

# What each type's writing and its proof need. An action that could be denied somewhere counts as possible, and is told.
WRITING: Mapping[str, tuple[str, ...]] = {
    names.POLICY: (
        *("iam:DetachRolePolicy", "iam:AttachRolePolicy", "iam:DetachUserPolicy", "iam:AttachUserPolicy"),
        *TO_VERIFY,
    ),
    names.INLINE: ("iam:DeleteRolePolicy", "iam:PutRolePolicy", "iam:DeleteUserPolicy", "iam:PutUserPolicy"),
    names.MEMBERSHIP: ("iam:RemoveUserFromGroup", "iam:AddUserToGroup"),
    names.USER: ("iam:PutUserPolicy", "iam:DeleteUserPolicy"),
    names.ROLE: ("iam:PutRolePolicy", "iam:DeleteRolePolicy"),
    names.ACCESS_KEY: ("iam:UpdateAccessKey", "iam:DeleteAccessKey"),
}
DOING = frozenset({Cap.REVOKE, Cap.RESTORE, Cap.FORECAST, Cap.DISABLE_PRINCIPAL, Cap.DISABLE_CREDENTIAL})
VERSION = "API 2010-05-08"  # of the interface: AWS has no other


def check(door: Door) -> Check:
    """Look at the account; raise where we may not. Types of which we may not write what they need lose that."""
    who = signed_in(door)
    account = see(door)
    warnings = list(of_the_account(door))
    caps = dict(SPEC.caps)
    ours = ourselves.refs(door)
    acting = next((account.by_ref.get(ref) for ref in ours if ref.id == who["UserId"].partition(":")[0]), None)
    if acting is None and not who["Arn"].endswith(":root"):
        warnings.append("who we are is not in this account's list: what we may write is not known before it is tried")
    if ourselves.hidden(door):
        given = " or ".join(sorted(ourselves.GIVEN))
        warnings.append(f"the profile signs in by {given}: who stands behind it is not known")
    if lacking(account, acting, (people.TO_TELL,)):
        warnings.append(f"user: lacks {people.TO_TELL}: whoever has a password for the console is not told as a person")
    for kind, actions in WRITING.items():
        denied = lacking(account, acting, actions)
        if denied:
            caps[kind] -= DOING
            warnings.append(f"{kind}: lacks {', '.join(denied)}")
    return Check(
        ok=True,
        caps=caps,
        identity=acting.name if acting else who["Arn"],
        server_version=VERSION,
        ours=ours,
        warnings=tuple(warnings),
        system=f"the account {account.number}",
    )


def lacking(account: Account, acting: Holder | None, actions: tuple[str, ...]) -> list[str]:
    """Return the actions that we may not do to anything."""
    if acting is None:
        return []
    able = holding.able(account, acting)
    return [
        action
        for action in actions
        if able.judge(Request(action, "*", {}, wild=True)).outcome in {Outcome.DENIED, Outcome.NOT_ALLOWED}
    ]


def of_the_account(door: Door) -> list[str]:
    """Say what is remarkable about the account itself."""
    with asking():
        summary = door.iam.get_account_summary()["SummaryMap"]
    if summary.get("AccountAccessKeysPresent", 0):
        return ["the account's root user has an access key: it may do everything, and no policy ends that"]
    return []
