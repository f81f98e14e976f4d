"""AWS keeps the contract, over a policy that an agent's user has; the agent itself is the judge."""

from dataclasses import dataclass

import pytest

from connectors.aws import AWS
from connectors.base import Grant
from tests.connectors.aws.account import Cloud, allow, document
from tests.connectors.contract import Contract

ANSWERS = allow("sqs:ListQueues")


@dataclass(frozen=True)
class Account:
    """The agent's user, with `policy` attached."""

    aws: Cloud
    policy: str
    key: tuple[str, str]
    kind = "aws"
    wrong_word = "an intruder's word"

    def connector(self) -> AWS:
        return self.aws.connector()

    def intruder(self) -> AWS:
        return self.aws.connector((self.aws.keys["countersign"][0], self.wrong_word))

    def lost(self) -> AWS:
        return self.aws.connector(endpoint_url="http://127.0.0.1:9")

    def blinded(self) -> AWS:
        return self.aws.connector(canary={"role": "nobody", "policy": self.policy})

    def grant(self) -> Grant:
        return self.aws.grant("agent", self.policy)

    def stored(self) -> bool:
        with self.aws.unguarded() as iam:
            listed = iam.list_attached_user_policies(UserName="agent")["AttachedPolicies"]
        return self.policy in {each["PolicyArn"] for each in listed}

    def works(self) -> bool:
        return self.aws.can("sqs", "list_queues", self.key)

    def open_other_way(self) -> None:
        with self.aws.unguarded() as iam:
            iam.create_group(GroupName="agents")
            iam.put_group_policy(GroupName="agents", PolicyName="queues", PolicyDocument=document(ANSWERS))
            iam.add_user_to_group(GroupName="agents", UserName="agent")

    def make_again(self) -> None:
        with self.aws.unguarded() as iam:
            iam.detach_user_policy(UserName="agent", PolicyArn=self.policy)
            iam.delete_policy(PolicyArn=self.policy)
            iam.create_policy(PolicyName="queues", PolicyDocument=document(allow("sqs:*")))
            iam.attach_user_policy(UserName="agent", PolicyArn=self.policy)


class TestContract(Contract):
    @pytest.fixture
    def peer(self, aws) -> Account:
        key = aws.user("agent")
        policy = aws.policy("queues", ANSWERS)
        with aws.unguarded() as iam:
            iam.attach_user_policy(UserName="agent", PolicyArn=policy)
        return Account(aws, policy, key)
