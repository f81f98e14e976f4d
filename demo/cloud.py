"""
The airline's AWS account: six agents that work as roles, with the policies that AWS publishes for such agents.

It is filled by boto3 as its administrator would, without a word to Countersign; then policies are enforced, and
Countersign signs in with a key of its own.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from config.embedded import cloud

NUMBER = cloud.ACCOUNT
POLICIES = Path(__file__).parent / "data/aws_managed_policies"
YEAR = 400  # days since the account was set up
# agent: (purpose, the beginnings of the names of the policies that its role has)
AGENTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "devops-agent": ("Looks into alarms", ("AIDevOps", "AIOps", "AWSServiceRoleForAIDevOps", "CloudWatchAgent")),
    "migration-agent": (
        "Moves servers into the cloud",
        ("AWSAgentless", "AWSApplication", "AWSElastic", "AWSTransform", "AmazonInspector2"),
    ),
    "registry-agent": ("Keeps the register of agents", ("AgentRegistry", "BedrockAgentCore", "AWSBedrockAgentCore")),
    "concierge": ("Answers loyalty members", ("AmazonBedrock", "AmazonDataZone")),
    "studio-agent": ("Builds other agents", ("SageMakerStudio",)),
    "security-agent": ("Reads findings", ("AWSSecurityAgent", "SecurityAgent", "FinOpsAgent", "WellArchitected")),
}
BOUNDARY = "AmazonBedrockStudioPermissionsBoundary"  # of studio-agent: it bounds, and gives nothing
RUNNER, FORGOTTEN, OURS = "agent-runner", "nightly-export", "countersign"
READER = ("iam:*", "sts:GetCallerIdentity")
EXPORTS = ("s3:GetObject", "s3:ListBucket", "rds:DescribeDBInstances")


@dataclass(frozen=True, slots=True)
class Keys:
    """Two keys that the demo uses: of Countersign, and of what runs the agents."""

    ours: tuple[str, str]
    runner: tuple[str, str]


def published() -> list[dict[str, Any]]:
    """The policies that AWS publishes for agents, each with its name, its ARN and its document."""
    return [json.loads(path.read_text()) for path in sorted(POLICIES.glob("*.json"))]


def policies() -> dict[str, dict[str, Any]]:
    """The policies' documents, by their names."""
    return {each["name"]: each["document"] for each in published()}


def held_by(agent: str) -> list[str]:
    """The names of the policies that an agent's role has."""
    begun = AGENTS[agent][1]
    return [name for name in policies() if name.startswith(begun) and name != BOUNDARY]


def client(url: str, service: str, key: tuple[str, str] = ("nobody", "nothing"), token: str = "") -> Any:
    """Somebody's client."""
    make: Any = boto3.client  # by the name of the service
    return make(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        aws_session_token=token or None,
    )


def fill(url: str) -> Keys:
    """Make the account as it has grown, and enforce its policies from then on."""
    iam = client(url, "iam")
    runner, ours = user(iam, RUNNER, "sts:AssumeRole", "iam:GetRole"), user(iam, OURS, *READER)
    user(iam, FORGOTTEN, *EXPORTS)
    arns = {each["name"]: each["arn"] for each in published()}
    for each in published():
        cloud.publish(url, each["arn"], each["document"])
    for agent in AGENTS:
        bound = {"PermissionsBoundary": arns[BOUNDARY]} if agent == "studio-agent" else {}
        iam.create_role(RoleName=agent, AssumeRolePolicyDocument=trust(), **bound)
        for name in held_by(agent):
            iam.attach_role_policy(RoleName=agent, PolicyArn=arns[name])
    cloud.age(url, days=YEAR)
    cloud.enforce(url, on=True)
    return Keys(ours, runner)


def user(iam: Any, name: str, *actions: str) -> tuple[str, str]:
    """A user that may do this, and its key."""
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=written(statement))
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def trust() -> str:
    """Who may become an agent's role: what runs them."""
    runner = f"arn:aws:iam::{NUMBER}:user/{RUNNER}"
    return written({"Effect": "Allow", "Principal": {"AWS": runner}, "Action": "sts:AssumeRole"})


def written(statement: dict[str, Any]) -> str:
    """A document of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role_ids(url: str, key: tuple[str, str]) -> dict[str, str]:
    """The ids of the agents' roles, as the account has them."""
    iam = client(url, "iam", key)
    return {agent: iam.get_role(RoleName=agent)["Role"]["RoleId"] for agent in AGENTS}


def can(url: str, agent: str, runner: tuple[str, str], service: str, verb: str, **told: str) -> bool:
    """Become an agent's role and try; AWS says whether it may."""
    arn = f"arn:aws:iam::{NUMBER}:role/{agent}"
    given = client(url, "sts", runner).assume_role(RoleArn=arn, RoleSessionName="asked")["Credentials"]
    key = given["AccessKeyId"], given["SecretAccessKey"]
    try:
        getattr(client(url, service, key, given["SessionToken"]), verb)(**told)
    except ClientError as error:
        if "is not authorized to perform" in str(error):
            return False
        raise
    return True


def allowed(document: dict[str, Any]) -> Iterator[str]:
    """Yield the actions that a policy names one by one, in their order."""
    listed = document["Statement"]
    for statement in listed if isinstance(listed, list) else [listed]:
        actions = statement.get("Action", [])
        if statement["Effect"] == "Allow":
            yield from (each for each in ([actions] if isinstance(actions, str) else actions) if "*" not in each)
