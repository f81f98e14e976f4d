"""The configuration of an AWS connector, and what such a connector promises."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.base import Cap, Spec, UsageQuality
from connectors.errors import ConfigInvalid

SECRET = "secret_access_key"  # noqa: S105 - the name of a field
LONGEST = 3600  # seconds
ANY = "any"  # whichever account we come to: a look that nobody relies on later
ACCOUNT = re.compile(rf"[0-9]{{12}}|{ANY}")
OF_THE_MACHINE = {"operatorOnly": True}  # it signs in with what belongs to nobody who only fills in a form
NO_PLACE = {"decidesPlace": False}  # where the secret is sent does not depend on it

CONFIG_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["account"],
    "additionalProperties": False,
    "properties": {
        "account": {
            "type": "string",
            "title": "Account ID",
            "description": "12 digits: whoever we sign in as must belong there",
        },
        "access_key_id": {
            "type": "string",
            "title": "Access key ID",
            "description": "with its secret; or a profile, or what the machine that this runs on is given",
        },
        SECRET: {"type": "string", "writeOnly": True},
        "profile": {
            "type": "string",
            "description": "a name in the configuration files of AWS on this machine",
            **OF_THE_MACHINE,
        },
        "ambient": {
            "type": "boolean",
            "default": False,
            "title": "Sign in as this machine",
            "description": "with what it is given itself: the role of an instance or a task",
            **OF_THE_MACHINE,
        },
        "role_arn": {"type": "string", "title": "Role ARN", "description": "a role to assume first"},
        "external_id": {"type": "string", "title": "External ID", "description": "what that role wants to hear"},
        "region": {
            "type": "string",
            "default": "us-east-1",
            "description": "IAM is one for all regions of a partition",
        },
        "endpoint_url": {"type": "string", "title": "Endpoint", "description": "in the place of AWS's own"},
        "connect_timeout": {"type": "integer", "default": 10, "description": "seconds", **NO_PLACE},
        "read_timeout": {"type": "integer", "default": 60, "description": "seconds", **NO_PLACE},
        "canary": {
            "type": "object",
            "required": ["role", "policy"],
            "additionalProperties": False,
            "properties": {"role": {"type": "string"}, "policy": {"type": "string"}},
            "description": "a role, and the ARN of a policy that is always attached to it: "
            "a read that misses it proves nothing",
            **NO_PLACE,
        },
    },
}

LISTED = frozenset({Cap.ENTITLEMENTS, Cap.GRANTS, Cap.VERIFY_EFFECTIVE})
WRITTEN = LISTED | {Cap.REVOKE, Cap.RESTORE, Cap.FORECAST}
DISABLED = frozenset({Cap.PRINCIPALS, Cap.DISABLE_PRINCIPAL})

TO_LIST = (
    "iam:GetAccountAuthorizationDetails",
    "iam:ListAccessKeys",
    "iam:GetAccessKeyLastUsed",
    "iam:GetAccountSummary",
    "iam:GetLoginProfile",
)
TO_VERIFY = ("iam:GetPolicy", "iam:GetPolicyVersion")  # a policy that nobody has any longer

SPEC = Spec(
    name="AWS IAM",
    version="1",
    config_schema=CONFIG_SCHEMA,
    caps={
        "user": DISABLED,
        "role": DISABLED,
        "group": frozenset({Cap.PRINCIPALS}),
        "outside": frozenset({Cap.PRINCIPALS}),
        "policy": WRITTEN,
        "inline": WRITTEN,
        "membership": WRITTEN,
        "boundary": LISTED,
        "assume": LISTED,
        "access_key": frozenset({Cap.CREDENTIALS, Cap.USAGE, Cap.DISABLE_CREDENTIAL}),
    },
    usage_quality=UsageQuality.PER_CREDENTIAL,
    min_privileges=TO_LIST + TO_VERIFY,
    write_privileges=(
        "iam:AttachUserPolicy, iam:AttachRolePolicy, iam:AttachGroupPolicy and the same with Detach",
        "iam:PutUserPolicy, iam:PutRolePolicy, iam:PutGroupPolicy and the same with Delete",
        "iam:AddUserToGroup, iam:RemoveUserFromGroup",
        "iam:UpdateAccessKey, iam:DeleteAccessKey",
    ),
    rate_limit="AWS's own, per account; it is told as RateLimited",
)


@dataclass(frozen=True, slots=True)
class Canary:
    """A role's name, and the ARN of a policy that is attached to it, now and always."""

    role: str
    policy: str


@dataclass(frozen=True, slots=True)
class Settings:
    """A checked configuration, without the secret."""

    account: str
    access_key_id: str = ""
    profile: str = ""
    ambient: bool = False
    role_arn: str = ""
    external_id: str = ""
    region: str = "us-east-1"
    endpoint_url: str = ""
    connect_timeout: int = 10  # seconds
    read_timeout: int = 60  # seconds
    canary: Canary | None = None


def parse(config: Mapping[str, object]) -> Settings:
    """Check a configuration; raise ConfigInvalid naming the field that is wrong."""
    known = CONFIG_SCHEMA["properties"].keys() - {SECRET}
    if strange := sorted(config.keys() - known):
        raise ConfigInvalid(f"unknown in the configuration: {', '.join(strange)}")
    words = {name: text(config, name) for name in known - {"ambient", "canary", "connect_timeout", "read_timeout"}}
    ambient = config.get("ambient", False)
    if not ACCOUNT.fullmatch(words["account"]):
        raise ConfigInvalid("account must be the 12 digits of an AWS account")
    if not isinstance(ambient, bool):
        raise ConfigInvalid("ambient must be true or false")
    if sum(map(bool, (words["access_key_id"], words["profile"], ambient))) != 1:
        raise ConfigInvalid("access_key_id, profile and ambient are ways to sign in: give one of them")
    if words["external_id"] and not words["role_arn"]:
        raise ConfigInvalid("external_id is told to the role of role_arn, which is missing")
    return Settings(
        **words | {"region": words["region"] or "us-east-1"},
        ambient=ambient,
        connect_timeout=seconds(config, "connect_timeout", 10),
        read_timeout=seconds(config, "read_timeout", 60),
        canary=canary(config.get("canary")),
    )


def text(config: Mapping[str, object], name: str) -> str:
    """Return a word; an empty one where it is not given."""
    value = config.get(name, "")
    if not isinstance(value, str) or not value.isprintable():
        raise ConfigInvalid(f"{name} must be a text")
    return value.strip()


def seconds(config: Mapping[str, object], name: str, default: int) -> int:
    """Return a positive whole number."""
    value = config.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= LONGEST:
        raise ConfigInvalid(f"{name} must be a whole number from 1 to {LONGEST}")
    return value


def canary(value: object) -> Canary | None:
    """Return the canary, None where there is none."""
    if value is None:
        return None
    if not isinstance(value, Mapping) or value.keys() != {"role", "policy"} or not all(value.values()):
        raise ConfigInvalid("canary must have a role and a policy")
    return Canary(role=text(value, "role"), policy=text(value, "policy"))
