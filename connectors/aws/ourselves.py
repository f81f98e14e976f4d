"""
Who we are ourselves: the user or the role that acts, and all by whom it came to that.

Each is known by the id that IAM never gives twice: a name says nothing of who bears it tomorrow, or in another account.
Whoever shuts one of them out, or takes away what it holds, shuts us out.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session

from connectors.aws import names
from connectors.aws.accounts import Account, Holder
from connectors.aws.sessions import Door, asking, session
from connectors.base import Ref
from connectors.errors import Refused

OWN_KEY = frozenset(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"))  # as a profile has it
GIVEN = frozenset(("credential_source", "credential_process"))  # a machine or a program signs in then, whoever it is
KINDS = {"assumed-role": names.ROLE, "user": names.USER}  # by how the ARN of who is signed in goes on


@dataclass(frozen=True, slots=True)
class Self:
    """One of them, and the access key that it signs in with; none where that ends by itself."""

    ref: Ref
    key: str

    def owns(self, key: Ref, holder: Ref) -> bool:
        """Whether this is the key that it signs in with; any of its own where that is not known."""
        return key.id == self.key or (holder == self.ref and not self.key)


def of(door: Door) -> tuple[Self, ...]:
    """Ask who we are, beginning with whoever acts."""
    return tuple(found for each in sessions(door) if (found := asked(door, each)))


def refs(door: Door) -> tuple[Ref, ...]:
    """Return who we are, without what we sign in with."""
    return tuple(dict.fromkeys(each.ref for each in of(door)))


def sessions(door: Door) -> Iterator[boto3.Session]:
    """Yield the sessions in which we sign in, the last one first."""
    yield door.session
    if door.session is not door.own:
        yield door.own
    if not door.settings.access_key_id:
        yield from sources(door.own.profile_name)


def sources(name: str) -> Iterator[boto3.Session]:
    """Yield the sessions by which a profile of this machine becomes its role."""
    for each, told in chain(name):
        if each != name:
            yield session(profile_name=each)
        if source(told) == each:
            yield session(**{word: told[word] for word in told if word in OWN_KEY})


def chain(name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield a profile, and those by which it becomes its role, with what is said of each."""
    told = profile(name)
    yield name, told
    if source(told) not in {"", name}:
        yield from chain(source(told))


def source(told: Mapping[str, Any]) -> str:
    """Return by which profile one becomes its role, which may be itself; an empty text where it becomes none."""
    return str(told.get("source_profile", "")) if "role_arn" in told else ""


def profile(name: str) -> Mapping[str, Any]:
    """Return what the configuration of this machine says of a profile."""
    with asking():
        found: Mapping[str, Any] = botocore.session.get_session().full_config["profiles"].get(name, {})
    return found


def hidden(door: Door) -> bool:
    """Whether somebody stands behind us who is not found out, by our profile or one by which it becomes its role."""
    return not door.settings.access_key_id and any(GIVEN & told.keys() for _, told in chain(door.own.profile_name))


def asked(door: Door, signed_in: boto3.Session) -> Self | None:
    """Ask who is signed in; None for who is no user and no role, such as root."""
    with asking(), closing(signed_in.client("sts", **door.manner)) as sts:
        told = sts.get_caller_identity()
        given = signed_in.get_credentials()
    kind = KINDS.get(told["Arn"].rpartition(":")[2].partition("/")[0])
    if kind is None or given is None:
        return None
    own = given.get_frozen_credentials()
    return Self(Ref(kind, told["UserId"].partition(":")[0]), "" if own.token else own.access_key or "")


def require_other(door: Door, account: Account, holder: Holder) -> None:
    """Raise Refused for who we are, and for a group that we are in: a person looks at what that would take from us."""
    ours = [account.by_ref[ref] for ref in refs(door) if ref in account.by_ref]
    for each in ours:
        if holder == each or (holder.kind == names.GROUP and holder.name in each.groups):
            whose = "" if holder == each else f"the group of {each.name}, "
            raise Refused(
                f"{holder.name} is {whose}who this connector signs in as: let it sign in as another, or do it by hand"
            )
