"""
All of an account that says who may do what, as one look shows it: users, roles, groups and policies.

`GetAccountAuthorizationDetails` tells it page by page. Whoever is asked about one of them looks at all: what a role
may do hangs on its groups' policies, and on the roles that it can become. Of the policies that AWS publishes it tells
those that somebody has; `publishing` asks for another one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from connectors.aws import names
from connectors.aws.sessions import Door, asking
from connectors.aws.settings import ANY
from connectors.base import Ref
from connectors.errors import ConfigInvalid, Incomplete, SchemaDrift

A_PAGE = 1000
LINKED = "/aws-service-role/"  # roles that AWS's services make and change for themselves


@dataclass(frozen=True, slots=True)
class Document:
    """A policy's text, under the name of an inline policy, or of the version of a managed one."""

    name: str
    text: Mapping[str, Any]


# The inline policy that shuts a user or a role out: a state and no grant. Another text under its name is neither.
SUSPENDED = Document(
    "CountersignSuspended",
    {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "SuspendedByCountersign", "Effect": "Deny", "Action": "*", "Resource": "*"}],
    },
)


@dataclass(frozen=True)
class Managed:
    """A policy that has an ARN, and can be attached to many. Its text is that of the version that counts."""

    arn: str
    instance: str
    name: str
    document: Mapping[str, Any]
    version: str = ""
    others: tuple[Document, ...] = ()  # versions that do not count, or no longer

    @cached_property
    def digest(self) -> str:
        """What changes with its text."""
        return names.digest(self.document)

    def saying(self, digest: str) -> Mapping[str, Any] | None:
        """Return the text that a digest is of; None where no version that was read says it."""
        texts = (self.document, *(each.text for each in self.others))
        return next((text for text in texts if names.digest(text) == digest), None)


@dataclass(frozen=True, slots=True)
class Holder:
    """A user, a role or a group, with all that is written about it."""

    kind: str
    id: str
    name: str
    arn: str
    path: str
    created_at: datetime | None
    attached: tuple[str, ...] = ()  # ARNs
    inline: tuple[Document, ...] = ()
    groups: tuple[str, ...] = ()  # names
    boundary: str = ""  # an ARN
    trust: Mapping[str, Any] | None = None
    last_used_at: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(self.kind, self.id)

    @property
    def suspended(self) -> bool:
        """Whether it was shut out; a group is not."""
        return self.kind != names.GROUP and SUSPENDED in self.inline

    @property
    def written(self) -> tuple[Document, ...]:
        """The inline policies that are somebody's will: what shuts it out is none, and goes when it is let in."""
        return tuple(each for each in self.inline if each != SUSPENDED) if self.suspended else self.inline

    @property
    def linked(self) -> bool:
        """Whether it is a role of AWS's services; a user may lie under any path."""
        return self.kind == names.ROLE and self.path.startswith(LINKED)


@dataclass(frozen=True)
class Account:
    """What one look showed."""

    number: str
    holders: tuple[Holder, ...]
    policies: Mapping[str, Managed]  # by ARN
    linked: int  # roles of AWS's services, which are left out

    @cached_property
    def by_ref(self) -> Mapping[Ref, Holder]:
        """The holders by their identity."""
        return {each.ref: each for each in self.holders}

    @cached_property
    def by_arn(self) -> Mapping[str, Holder]:
        """The holders by their ARN."""
        return {each.arn: each for each in self.holders}

    @cached_property
    def groups(self) -> Mapping[str, Holder]:
        """The groups by their name."""
        return {each.name: each for each in self.holders if each.kind == names.GROUP}

    @cached_property
    def idle(self) -> frozenset[str]:
        """The ARNs of the policies of AWS that nobody has: there, and nothing that is held here."""
        worn = {arn for each in self.holders for arn in (*each.attached, each.boundary)}
        return frozenset(arn for arn in self.policies if arn not in worn and not names.account_of(arn).isdigit())

    @cached_property
    def texts(self) -> Mapping[str, Mapping[str, Any]]:
        """All that any policy says, by its digest; of a managed one also what it said before."""
        managed = {each.digest: each.document for each in self.policies.values()}
        earlier = [each.text for policy in self.policies.values() for each in policy.others]
        inline = [each.text for holder in self.holders for each in holder.inline]
        return managed | {names.digest(text): text for text in (*earlier, *inline)}

    def digests(self, holder: Holder) -> list[str]:
        """Return the digests of what the policies of one say, whatever they are called: attached, and written in."""
        attached = (self.policy(arn).digest for arn in holder.attached)
        return sorted({*attached, *(names.digest(each.text) for each in holder.written)})

    def of_kind(self, kind: str) -> Iterator[Holder]:
        """The users, the roles or the groups."""
        return (each for each in self.holders if each.kind == kind)

    def group(self, name: str) -> Holder:
        """Return a group that somebody is in. Incomplete where the look did not show it."""
        if name not in self.groups:
            raise Incomplete(f"somebody is in the group {name}, and AWS did not show it")
        return self.groups[name]

    def policy(self, arn: str) -> Managed:
        """Return a policy that somebody has. Incomplete where the look did not show it."""
        if arn not in self.policies:
            raise Incomplete(f"the policy {arn} is attached, and AWS did not show it")
        return self.policies[arn]


def see(door: Door) -> Account:
    """Look at the whole account; Incomplete where the canary is not seen."""
    number = signed_in(door)["Account"]
    holders: list[Holder] = []
    policies: dict[str, Managed] = {}
    for page in pages(door):
        with reading():
            for kind, listed in (("user", "UserDetailList"), ("role", "RoleDetailList"), ("group", "GroupDetailList")):
                holders += [holder(kind, each) for each in page[listed]]
            policies |= {each["Arn"]: managed(each) for each in page["Policies"]}
    account = kept(number, holders, policies)
    require_canary(door, account)
    return account


def kept(number: str, holders: list[Holder], policies: Mapping[str, Managed]) -> Account:
    """Leave out the roles of AWS's services."""
    ours = sorted((each for each in holders if not each.linked), key=in_order)
    return Account(number, tuple(ours), policies, linked=len(holders) - len(ours))


def in_order(holder: Holder) -> tuple[str, str]:
    """The order in which holders are told."""
    return holder.kind, holder.id


def signed_in(door: Door) -> Mapping[str, str]:
    """Return who we are; ConfigInvalid where that is in another account than the one that was asked for."""
    with asking():
        found = door.sts.get_caller_identity()
    if door.settings.account not in {found["Account"], ANY}:
        raise ConfigInvalid(
            f"we sign in to the account {found['Account']} as {found['Arn']}, and not to {door.settings.account}"
        )
    return {"Account": found["Account"], "Arn": found["Arn"], "UserId": found["UserId"]}


def pages(door: Door) -> Iterator[Mapping[str, Any]]:
    """Yield what AWS tells, page by page; SchemaDrift where it goes round in a circle."""
    marker, where = "", dict[str, Any]()
    while True:
        with asking():
            page = door.iam.get_account_authorization_details(**where, MaxItems=A_PAGE)
        yield page
        if not page.get("IsTruncated"):
            return
        if page.get("Marker", "") in {"", marker}:
            raise SchemaDrift("AWS says that there is more, and not where")
        marker = page["Marker"]
        where = {"Marker": marker}


@contextmanager
def reading() -> Iterator[None]:
    """Say what is missing in an answer."""
    try:
        yield
    except (AttributeError, KeyError, TypeError) as error:
        raise SchemaDrift(f"the account's details lack what we look for: {error!r}") from error


def holder(kind: str, told: Mapping[str, Any]) -> Holder:
    """Read a user, a role or a group."""
    what = kind.title()
    listed = told.get(f"{what}PolicyList") or ()
    return Holder(
        kind=kind,
        id=told[f"{what}Id"],
        name=told[f"{what}Name"],
        arn=told["Arn"],
        path=told["Path"],
        created_at=told.get("CreateDate"),
        attached=tuple(sorted(each["PolicyArn"] for each in told.get("AttachedManagedPolicies") or ())),
        inline=tuple(
            sorted((Document(each["PolicyName"], document(each["PolicyDocument"])) for each in listed), key=by_name)
        ),
        groups=tuple(sorted(told.get("GroupList") or ())),
        boundary=(told.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn", ""),
        trust=document(told["AssumeRolePolicyDocument"]) if kind == names.ROLE else None,
        last_used_at=(told.get("RoleLastUsed") or {}).get("LastUsedDate"),
        tags={each["Key"]: each["Value"] for each in told.get("Tags") or ()},
    )


def by_name(document: Document) -> str:
    """The order of inline policies."""
    return document.name


def document(told: Any) -> Mapping[str, Any]:
    """Return a policy's text; SchemaDrift where it is none."""
    if not isinstance(told, Mapping):
        raise SchemaDrift(f"a policy's document is {type(told).__name__} and not an object")
    return told


def managed(told: Mapping[str, Any]) -> Managed:
    """Read a managed policy; an emulator may have no id for it, and its making tells one from the next then."""
    counting = [each for each in told["PolicyVersionList"] if each["IsDefaultVersion"]]
    if len(counting) != 1:
        raise SchemaDrift(f"{len(counting)} versions of the policy {told['Arn']} are the one that counts")
    return Managed(
        arn=told["Arn"],
        instance=told.get("PolicyId") or told["CreateDate"].isoformat(),
        name=told.get("PolicyName") or told["Arn"].rpartition("/")[2],
        document=document(counting[0]["Document"]),
        version=counting[0]["VersionId"],
        others=tuple(version(each) for each in told["PolicyVersionList"] if not each["IsDefaultVersion"]),
    )


def version(told: Mapping[str, Any]) -> Document:
    """Read one version of a managed policy."""
    return Document(told["VersionId"], document(told["Document"]))


def require_canary(door: Door, account: Account) -> str:
    """Raise Incomplete where the canary is not seen; say what was looked at."""
    canary = door.settings.canary
    if canary is None:
        return "none is configured"
    roles = {each.name: each for each in account.of_kind(names.ROLE)}
    if canary.role not in roles or canary.policy not in roles[canary.role].attached:
        raise Incomplete(
            f"the canary is missing: {canary.policy} is not seen on the role {canary.role}, "
            "so nothing that is not seen may be called absent"
        )
    return "seen"
