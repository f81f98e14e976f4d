"""Access keys: listed with their age and last use, shut, opened, and removed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, TypeAlias

from connectors.aws import names, ourselves
from connectors.aws.accounts import Account, Holder, see
from connectors.aws.sessions import Door, asking
from connectors.base import ActionResult, Credential, Outcome, Ref
from connectors.errors import NotFound, NotPermitted, Refused, Unsupported

Status: TypeAlias = Literal["Active", "Inactive"]
ACTIVE: Status = "Active"
INACTIVE: Status = "Inactive"


def of_users(door: Door, account: Account, *, after: str | None = None) -> Iterator[Credential]:
    """Yield the access keys of all users, in the order of their ids; the last use is asked of those that are read."""
    found = [key for user in account.of_kind(names.USER) for key in of_user(door, user)]
    for each in sorted(found, key=lambda key: key.ref.id):
        if after is None or str(each.ref) > after:
            yield with_use(door, each)


def of_user(door: Door, user: Holder) -> Iterator[Credential]:
    """Yield the keys of a user; there are two at most."""
    with asking():
        listed = door.iam.list_access_keys(UserName=user.name)["AccessKeyMetadata"]
    for each in listed:
        yield Credential(
            ref=Ref(names.ACCESS_KEY, each["AccessKeyId"]),
            principal=user.ref,
            kind=names.ACCESS_KEY,
            active=each["Status"] == ACTIVE,
            created_at=each.get("CreateDate"),
        )


def with_use(door: Door, key: Credential) -> Credential:
    """Add when a key was last used; AWS keeps that for every key, and says nothing where it never was."""
    _, used = last_use(door, key.ref)
    return Credential(key.ref, key.principal, key.kind, key.active, key.created_at, None, used)


def last_use(door: Door, key: Ref) -> tuple[str, datetime | None]:
    """Return whose a key is, by name, and when it was last used. NotFound where there is none."""
    if key.type != names.ACCESS_KEY:
        raise Unsupported(f"AWS IAM has no credential of type {key.type}")
    with asking():
        told = door.iam.get_access_key_last_used(AccessKeyId=key.id)
    return told.get("UserName", ""), told["AccessKeyLastUsed"].get("LastUsedDate")


def status(door: Door, key: Ref) -> tuple[str, str]:
    """Look afresh: whose a key is, and whether it is active. NotFound where there is none."""
    for user in owners(door, key):
        with asking():
            listed = door.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        for each in listed:
            if each["AccessKeyId"] == key.id:
                return user, each["Status"]
    raise NotFound(f"the access key {key.id} is gone")


def owners(door: Door, key: Ref) -> list[str]:
    """Return whose a key can be: AWS says no to whoever asks about one that is gone, and then it may be anybody's."""
    try:
        user, _ = last_use(door, key)
    except (NotFound, NotPermitted):
        user = ""
    return [user] if user else [each.name for each in see(door).of_kind(names.USER)]


def enabled(door: Door, key: Ref) -> bool:
    """Whether a key can be used."""
    return status(door, key)[1] == ACTIVE


def turn(door: Door, key: Ref, *, on: bool, idem_key: str) -> ActionResult:
    """
    Let a key be used, or not; Refused for the one that we sign in with.

    What it has opened stays open: temporary credentials made with it live on.
    """
    user, now = status(door, key)
    if not on:
        require_other(door, key, user)
    wanted: Status = ACTIVE if on else INACTIVE
    if now != wanted:
        with asking(changes=True):
            door.iam.update_access_key(UserName=user, AccessKeyId=key.id, Status=wanted)
    return ActionResult(
        outcome=Outcome.ALREADY if now == wanted else Outcome.DONE,
        before={"user": user, "status": now},
        request={"call": "UpdateAccessKey", "status": wanted, "idem_key": idem_key},
        response={"status": wanted},
    )


def require_other(door: Door, key: Ref, user: str) -> None:
    """Raise Refused for a key that we sign in with."""
    holder = next((each.ref for each in see(door).of_kind(names.USER) if each.name == user), None)
    if holder and any(each.owns(key, holder) for each in ourselves.of(door)):
        raise Refused(
            f"the access key {key.id} of {user} is the one that this connector signs in with: give it another"
        )


def remove(door: Door, key: Ref, *, idem_key: str) -> ActionResult:
    """Delete a key that is shut; ALREADY where it is gone."""
    request = {"call": "DeleteAccessKey", "idem_key": idem_key}
    try:
        user, now = status(door, key)
    except NotFound:
        return ActionResult(Outcome.ALREADY, {}, request, {})
    require_other(door, key, user)
    if now == ACTIVE:
        raise Refused(f"the access key {key.id} of {user} can still be used: disable it first")
    with asking(changes=True):
        told = door.iam.delete_access_key(UserName=user, AccessKeyId=key.id)
    return ActionResult(Outcome.DONE, {"user": user, "status": now}, request, {}, told["ResponseMetadata"]["RequestId"])
