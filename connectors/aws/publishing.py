"""
A managed policy that a look at the account does not show whole.

`GetAccountAuthorizationDetails` tells a policy that AWS publishes only while somebody has it, and need not tell what a
policy said before it was changed. What was taken away is proven, and given back, by just these.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.aws import names
from connectors.aws.accounts import Account, Managed, managed, reading, version
from connectors.aws.sessions import Door, asking
from connectors.base import Grant
from connectors.errors import NotFound


def completed(door: Door, account: Account, grant: Grant) -> Account:
    """Return the account with the policy that a grant is of, and what that said when the grant was listed."""
    if grant.entitlement.type not in {names.POLICY, names.BOUNDARY}:
        return account
    arn = grant.entitlement.id
    found = account.policies.get(arn) or published(door, arn)
    if found is None:
        return account
    if found.saying(grant.native.get("digest", "")) is None:
        found = with_version(door, found, grant.native.get("version", ""))
    return replace(account, policies={**account.policies, arn: found})


def published(door: Door, arn: str) -> Managed | None:
    """Ask for a policy that nobody has; None where there is none."""
    try:
        with asking():
            told = door.iam.get_policy(PolicyArn=arn)["Policy"]
    except NotFound:
        return None
    with reading():
        return managed({**told, "PolicyVersionList": [asked(door, arn, told["DefaultVersionId"])]})


def with_version(door: Door, policy: Managed, name: str) -> Managed:
    """Return a policy with one more of its versions, where that is still there."""
    if not name:
        return policy
    try:
        told = asked(door, policy.arn, name)
    except NotFound:
        return policy
    with reading():
        return replace(policy, others=(*policy.others, version(told)))


def asked(door: Door, arn: str, name: str) -> Mapping[str, Any]:
    """Ask for one version."""
    with asking():
        return {**door.iam.get_policy_version(PolicyArn=arn, VersionId=name)["PolicyVersion"]}
