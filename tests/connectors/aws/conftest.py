"""One server for the whole run, the account anew for each test, and an agent in it."""

from collections.abc import Iterator

import pytest

from tests.connectors.aws import account


@pytest.fixture
def aws(cloud_url: str) -> Iterator[account.Cloud]:
    with account.emptied(cloud_url) as made:
        yield made


@pytest.fixture
def robot(aws: account.Cloud) -> account.Cloud:
    """A user with a key and nothing else, and a role that it may become."""
    aws.user("robot")
    queues = aws.policy("queues", account.allow("sqs:ListQueues"))
    aws.role("worker", account.trusting(f"arn:aws:iam::{account.NUMBER}:user/robot"), attached=queues)
    return aws
