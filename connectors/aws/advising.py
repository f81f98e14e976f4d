"""What is known of AWS, for a person to read: what a policy means, and what a reading could not see."""

import json

from connectors.advising import Reading, Unseen
from connectors.aws import flags, names
from connectors.aws.settings import TO_LIST
from connectors.base import Check, Entitlement

UNSEEN = (
    Unseen(
        "Policies of resources",
        "Buckets, keys, queues and functions have policies of their own, which can allow more, or deny. They were not "
        "read: what is told here is what IAM says.",
    ),
    Unseen(
        "Policies of the organisation, and of sessions",
        "They only ever take away. What is allowed here may be denied there.",
    ),
    Unseen(
        "The inside of other accounts and identity providers",
        "Where a role trusts them, who stands behind the name is decided there, and not known here.",
    ),
    Unseen(
        "Roles that trust this whole account",
        "Who in it has a policy that lets it become such a role is told of the role, and not again of each of them.",
    ),
    Unseen(
        "Conditions",
        "What hangs on a condition is told as possible: the request that would fulfil it was not seen.",
    ),
)
RULES = {
    "service_linked_role": "roles that AWS's services make and change for themselves",
    "aws_policy_that_nobody_has": "policies that AWS publishes and nobody here has",
    "suspension": "the policy by which Countersign shuts a principal out",
}


def meaning(entitlement: Entitlement) -> str:
    """Say what a policy's actions are known to let one do, and of a role that becoming it is more than holding it."""
    if entitlement.ref.type == names.ASSUME:
        return "Whoever assumes the role can do all that its policies allow."
    counted = entitlement.attrs.get("flags", {})
    told = [f"{flags.WORDS[flag]} ({number} of its actions)" for flag, number in counted.items()]
    return f"It {', '.join(told)}." if told else ""


def about(check: Check) -> Reading:
    """Say what is to be known of a reading with this credential."""
    return Reading(
        unseen=UNSEEN,
        proofs=(
            "Every call was one that reads: Get… and List… of IAM, and GetCallerIdentity.",
            f"We signed in as {check.identity}.",
        ),
        privileges=json.dumps(needed(), indent=2),
        catalogues={
            names.POLICY: "GetAccountAuthorizationDetails",
            names.INLINE: "GetAccountAuthorizationDetails",
            names.MEMBERSHIP: "GetAccountAuthorizationDetails",
            names.BOUNDARY: "GetAccountAuthorizationDetails",
            names.ASSUME: "GetAccountAuthorizationDetails, the roles' trust policies",
            "credentials": "ListAccessKeys, GetAccessKeyLastUsed",
        },
        log="AWSLogs/ACCOUNT/CloudTrail/",
        rules=RULES,
    )


def needed() -> dict[str, object]:
    """Return the policy that a reader needs, and no more."""
    statement = {"Effect": "Allow", "Action": list(TO_LIST), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}
