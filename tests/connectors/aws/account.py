"""An agent in an AWS account, and ways to look at it that are not the connector's."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from config.embedded import cloud
from connectors.aws import AWS
from connectors.base import Grant, Ref, Secret, read_all

NUMBER = "123456789012"
QUICK = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)
DENIED = "is not authorized to perform"


def document(*statements: dict[str, Any]) -> str:
    """A policy's text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, resource: Any = "*", **more: Any) -> dict[str, Any]:
    """One statement that allows."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource} | more


QUEUES = allow("sqs:ListQueues")
KEY = "the same act, tried again"


def deny(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    """One statement that denies."""
    return allow(*actions, resource=resource, **more) | {"Effect": "Deny"}


def trusting(*arns: str, **more: Any) -> str:
    """A trust policy that names whoever may become the role."""
    principal = {"AWS": list(arns)} if arns else {"Service": "lambda.amazonaws.com"}
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"} | more)


@dataclass
class Cloud:
    """One account; whatever a test adds is gone with the next one."""

    url: str
    root: Any = None
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)  # by user

    def client(self, service: str, key: tuple[str, str] = ("nobody", "nothing"), token: str = "") -> Any:
        """Somebody's client."""
        make: Any = boto3.client  # by the name of the service
        return make(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=key[0],
            aws_secret_access_key=key[1],
            aws_session_token=token or None,
            config=QUICK,
        )

    @contextmanager
    def unguarded(self) -> Iterator[Any]:
        """Whoever built the account: nobody looks at policies meanwhile."""
        cloud.enforce(self.url, on=False)
        yield self.root
        cloud.enforce(self.url, on=True)

    def user(self, name: str, *statements: dict[str, Any]) -> tuple[str, str]:
        """Make a user with a key, and with these statements inline; return the key."""
        with self.unguarded() as iam:
            iam.create_user(UserName=name)
            if statements:
                iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
            made = iam.create_access_key(UserName=name)["AccessKey"]
        self.keys[name] = made["AccessKeyId"], made["SecretAccessKey"]
        return self.keys[name]

    def person(self, name: str, *statements: dict[str, Any]) -> None:
        """Make a user who has a password for the console besides."""
        self.user(name, *statements)
        with self.unguarded() as iam:
            iam.create_login_profile(UserName=name, Password="Correct-Horse-7")

    def another_key(self, user: str) -> Ref:
        """Give a user a second key."""
        with self.unguarded() as iam:
            return Ref("access_key", iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"])

    def policy(self, name: str, *statements: dict[str, Any]) -> str:
        """Make a managed policy; return its ARN."""
        with self.unguarded() as iam:
            made: str = iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))["Policy"]["Arn"]
        return made

    def published(self, name: str, *statements: dict[str, Any]) -> str:
        """Let AWS publish a policy; return its ARN."""
        arn = f"arn:aws:iam::aws:policy/{name}"
        cloud.publish(self.url, arn, json.loads(document(*statements)))
        return arn

    def rewrite(self, policy: str, *statements: dict[str, Any]) -> None:
        """Let a managed policy say something else from now on."""
        with self.unguarded() as iam:
            iam.create_policy_version(PolicyArn=policy, PolicyDocument=document(*statements), SetAsDefault=True)

    def role(self, name: str, trust: str, *, attached: str = "", path: str = "/") -> str:
        """Make a role; return its ARN."""
        with self.unguarded() as iam:
            made: str = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
            if attached:
                iam.attach_role_policy(RoleName=name, PolicyArn=attached)
        return made

    def become(self, arn: str, user: str) -> tuple[tuple[str, str], str]:
        """Assume a role as a user whom it trusts; moto wants a policy of the user besides, and AWS does not."""
        with self.unguarded():
            sts = self.client("sts", self.keys[user])
            given = sts.assume_role(RoleArn=arn, RoleSessionName="run-1")["Credentials"]
        return (given["AccessKeyId"], given["SecretAccessKey"]), given["SessionToken"]

    def can(self, service: str, verb: str, key: tuple[str, str], token: str = "", **told: Any) -> bool:
        """Sign in as the agent itself and try."""
        try:
            getattr(self.client(service, key, token), verb)(**told)
        except ClientError as error:
            if DENIED in str(error):
                return False
            raise
        return True

    def connector(self, key: tuple[str, str] | None = None, **changes: Any) -> AWS:
        """A connector that signs in with this key, or as the administrator."""
        number, secret = key or self.keys["countersign"]
        config = {"account": NUMBER, "access_key_id": number, "endpoint_url": self.url}
        return AWS(config | changes, Secret(secret))

    def grant(self, holder: str, entitlement: str) -> Grant:
        """The one grant of a holder, as it is listed."""
        found = [each for each in read_all(self.connector(), "grants") if isinstance(each, Grant)]
        return next(each for each in found if (each.native["holder"], each.entitlement.id) == (holder, entitlement))


@contextmanager
def emptied(url: str) -> Iterator[Cloud]:
    """An account with Countersign's own user in it, and policies enforced."""
    cloud.clear(url)
    made = Cloud(url)
    made.root = made.client("iam")
    made.user("countersign", allow("iam:*", "sts:GetCallerIdentity"))
    yield made


def sole(records, kind, name):
    """The record of this kind that has this name."""
    return next(each for each in records if isinstance(each, kind) and each.name == name)
