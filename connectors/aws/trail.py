"""
CloudTrail: what was called, by whom, on what, and whether it was let through.

Whoever acted is known by the id that IAM never gives twice: AIDA… is a user, AROA… a role, of which the session is one
taking on. A call names a resource where CloudTrail does, or where the request alone settles its ARN; else none, because
a wrong one would hide the use of a grant. A call that failed was let through, unless it failed for want of a right.
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html)
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from connectors.aws import names
from connectors.aws.called import rights
from connectors.aws.showing import LEAVES_OUT, shows
from connectors.errors import SchemaDrift
from connectors.logs import ALLOWED, DENIED, Cells, Entry, Log

PASSED_OVER = ("AwsServiceEvent", "AwsCloudTrailInsight")  # AWS's own doing, and sums: nobody's call
NEEDED = ("eventTime", "eventID", "eventSource", "eventName")
UNIQUE = re.compile(r"(?P<id>A[A-Z0-9]{15,}):(?P<session>.+)", re.DOTALL)
MACHINE = re.compile(r"i-[0-9a-f]{8,17}")
COPIES, COPIED = re.compile("CopyObject|UploadPartCopy"), "x-amz-copy-source"
OBJECTS = re.compile(r"s3:(?!.*bucket).*object.*")  # what is done to one, and never to its bucket
# By service: the parameter that may hold the ARN, and what makes one of a mere name, if that looks like this.
SETTLED: Mapping[str, tuple[str, str, str]] = {
    "kms": ("keyId", "key/", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}"),
    "lambda": ("functionName", "function:", r"[\w-]+"),
    "secretsmanager": ("secretId", "", ""),
    "sns": ("topicArn", "", ""),
    "states": ("stateMachineArn", "", ""),
    "sts": ("roleArn", "", ""),
}
REFUSED = frozenset(
    (
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "AuthorizationError",
        "AuthorizationErrorException",
        "ExpiredToken",
        "ExpiredTokenException",
        "Forbidden",
        "ForbiddenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "NotAuthorized",
        "NotAuthorizedException",
        "SignatureDoesNotMatch",
        "Unauthorized",
        "UnauthorizedAccess",
        "UnauthorizedException",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    )
)


def recognises(entry: Entry) -> bool:
    """Whether a record is one of CloudTrail."""
    return "userIdentity" in entry and all(name in entry for name in NEEDED)


def events(entry: Entry) -> Sequence[Cells]:
    """Return each right that the call of a record used. SchemaDrift where it says neither what nor who."""
    if entry.get("eventType") in PASSED_OVER:
        return ()
    for name in NEEDED:
        if not isinstance(entry.get(name), str):
            raise SchemaDrift(f"{name} is missing")
    account, session = actor(mapping(entry.get("userIdentity")))
    if not account:
        raise SchemaDrift("userIdentity names nobody")
    run, behalf = purpose(session, mapping(entry.get("userIdentity")))
    call = {
        "at": entry["eventTime"],
        "account": account,
        "run": run,
        "on_behalf_of": behalf,
        "outcome": DENIED if refused(entry) else ALLOWED,
    }
    return tuple(
        {**call, "event_id": entry["eventID"] + (f"#{number}" if number else ""), "action": action, "resource": what}
        for number, (action, what) in enumerate(used(entry))
    )


def used(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield each right that a call needed, and on what."""
    asked = mapping(entry.get("requestParameters"))
    copies = entry["eventSource"].startswith("s3.") and COPIES.fullmatch(entry["eventName"])
    for action in rights(entry["eventSource"], entry["eventName"], asked):
        yield action, resource({**entry, "resources": ()} if copies else entry, action)
    if copies:
        path, _, version = text(asked, COPIED).removeprefix("/").partition("?versionId=")
        arn = path if path.startswith("arn:") or not path else f"arn:{partition(entry)}:s3:::{unquote(path)}"
        yield ("s3:getobjectversion" if version else "s3:getobject"), arn


def actor(identity: Entry) -> tuple[str, str]:
    """
    Return who acted, and as which session of theirs.

    A session is its role's, or its user's. AWS itself, another account and a stranger are called what they are called:
    no account of ours is. Root has no id of its own, but an ARN.
    """
    if identity.get("type") == "Root":
        return text(identity, "arn"), ""
    named = text(identity, "principalId")
    found = UNIQUE.fullmatch(named)
    issuer = text(mapping(mapping(identity.get("sessionContext")).get("sessionIssuer")), "principalId")
    session = found["session"] if found else ""
    if issuer or found:
        return issuer or (found["id"] if found else ""), session
    others = (text(identity, name) for name in ("arn", "invokedBy", "userName", "accountId"))
    return named or next(filter(None, others), ""), ""


def purpose(session: str, identity: Entry) -> tuple[str, str]:
    """
    Return in which run, and on whose behalf.

    Whoever takes a role on names the session: after a person, or else after what is done. A machine names it after
    itself, which says nothing of either.
    """
    stated = text(mapping(identity.get("sessionContext")), "sourceIdentity")
    person = stated or text(mapping(identity.get("onBehalfOf")), "userId")
    if "@" in session:
        return "", person or session
    return "" if MACHINE.fullmatch(session) else session, person


def refused(entry: Entry) -> bool:
    """Whether the caller had no right to it. What was throttled, wrong or not there counts as let through."""
    signed_in = mapping(entry.get("responseElements")).get("ConsoleLogin")
    return text(entry, "errorCode").rpartition(".")[2] in REFUSED or signed_in == "Failure"


def resource(entry: Entry, action: str) -> str:
    """
    Return the ARN of what it was done to; nothing where there are several, or none is certain.

    Of an object and its bucket the object is meant. A role's or a user's name is no ARN: its path is missing.
    """
    listed = entry.get("resources")
    named = {text(mapping(each), "ARN") for each in (listed if isinstance(listed, list) else ())} - {""}
    longest = max(named, key=len, default="")
    if not all(longest.startswith(each) for each in named):
        return ""
    found = longest or asked_for(entry, mapping(entry.get("requestParameters")))
    return "" if found.startswith("arn:") and OBJECTS.fullmatch(action) and "/" not in found else found


def asked_for(entry: Entry, asked: Entry) -> str:
    """Return the ARN that a request settles by itself; nothing where it does not."""
    service = entry["eventSource"].partition(".")[0]
    if service == "s3" and (bucket := text(asked, "bucketName")):
        return "/".join(filter(None, (f"arn:{partition(entry)}:s3:::{bucket}", text(asked, "key"))))
    parameter, kind, form = SETTLED.get(service, ("", "", ""))
    value = text(asked, parameter)
    if value.startswith("arn:"):
        return value
    where = f"arn:{partition(entry)}:{service}:{text(entry, 'awsRegion')}:{text(entry, 'recipientAccountId')}"
    return f"{where}:{kind}{value}" if kind and re.fullmatch(form, value) else ""


def partition(entry: Entry) -> str:
    """Return which of AWS's clouds a call was made in."""
    region = text(entry, "awsRegion")
    return next((f"aws-{each}" for each in ("cn", "us-gov") if region.startswith(f"{each}-")), "aws")


def objection(records: Iterable[bytes]) -> str:
    """Say why a delivery shows nobody's use."""
    return "" if any(True for _ in records) else "it holds no record"


def mapping(found: Any) -> Mapping[str, Any]:
    """Return what should be an object; an empty one where it is none."""
    return found if isinstance(found, Mapping) else {}


def text(found: Mapping[str, Any], name: str) -> str:
    """Return what should be a text; an empty one where it is none."""
    value = found.get(name)
    return value if isinstance(value, str) else ""


LOG = Log("CloudTrail", recognises, events, objection, shows, LEAVES_OUT, frozenset((names.USER, names.ROLE)))
