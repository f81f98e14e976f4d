"""People: users who have a password for the console. AWS tells of each only when it is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors.aws import names
from connectors.aws.sessions import Door, asking
from connectors.base import HolderKind, Principal, Record
from connectors.errors import NotFound, NotPermitted

TO_TELL = "iam:GetLoginProfile"


def told(door: Door, records: Sequence[Record]) -> Iterator[Record]:
    """Yield these records, and of people that they are people; nobody where we may not ask (`checking` tells that)."""
    may_ask = True
    for each in records:
        if may_ask and isinstance(each, Principal) and each.ref.type == names.USER:
            try:
                person = has_password(door, each.name)
            except NotPermitted:
                may_ask = person = False
            yield replace(each, kind=HolderKind.HUMAN) if person else each
        else:
            yield each


def has_password(door: Door, user: str) -> bool:
    """Whether a user has a password."""
    try:
        with asking():
            door.iam.get_login_profile(UserName=user)
    except NotFound:
        return False
    return True
