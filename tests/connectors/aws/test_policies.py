"""Managed policies: those that AWS publishes are listed only while somebody has them, and any can be rewritten."""

import json
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws
from moto.iam import models
from moto.iam.aws_managed_policies import aws_managed_policies_data

from connectors.aws import AWS
from connectors.aws.accounts import managed
from connectors.base import Cap, Entitlement, Grant, Outcome, State, read_all
from connectors.errors import Conflict, NotPermitted, SchemaDrift
from tests.connectors.aws.account import KEY, NUMBER, QUEUES, allow, deny, document, trusting


@pytest.fixture
def robot(aws):
    """A user whom two roles trust: `worker`, by a policy that AWS publishes, and `clerk`, by one of the account."""
    aws.user("robot")
    trust = trusting(f"arn:aws:iam::{NUMBER}:user/robot")
    aws.role("worker", trust, attached=aws.published("QueuesReadOnly", QUEUES))
    aws.role("clerk", trust, attached=aws.policy("queues", QUEUES))
    return aws


PUBLISHED, OWN = "arn:aws:iam::aws:policy/QueuesReadOnly", f"arn:aws:iam::{NUMBER}:policy/queues"


def held(aws, policy):
    return aws.grant("worker" if policy == PUBLISHED else "clerk", policy)


def works(aws, role):
    key, token = aws.become(f"arn:aws:iam::{NUMBER}:role/{role}", "robot")
    return aws.can("sqs", "list_queues", key, token)


@pytest.mark.parametrize("service", [False, True], ids=["nobody else has it", "only a service of AWS has it"])
def test_what_aws_publishes_is_proven_gone_and_given_back(robot, service):
    connector, grant = robot.connector(), held(robot, PUBLISHED)
    if service:
        robot.role("AWSServiceRoleForQueues", trusting(), attached=PUBLISHED, path="/aws-service-role/queues/")
    before = json.loads(json.dumps(connector.revoke(grant, idem_key=KEY).before))
    assert not works(robot, "worker")
    seen = connector.verify(grant)
    assert (seen.direct, seen.effective, seen.other_paths) == (State.ABSENT, State.ABSENT, ())
    listed = connector.read("entitlements")
    assert PUBLISHED not in {each.ref.id for each in listed.items if isinstance(each, Entitlement)}
    assert listed.left_out == ({"aws_policy_that_nobody_has": 1} if service else {})
    connector.restore(grant, before, idem_key=KEY)
    assert works(robot, "worker")
    assert held(robot, PUBLISHED) == grant
    assert connector.verify(grant).direct == State.PRESENT


def test_what_says_something_else_is_neither_taken_nor_given_back(robot):
    connector, grant = robot.connector(), held(robot, OWN)
    before = json.loads(json.dumps(connector.revoke(grant, idem_key=KEY).before))
    robot.rewrite(OWN, allow("*"))
    with pytest.raises(Conflict, match="its text was changed"):
        connector.restore(grant, before, idem_key=KEY)
    assert not works(robot, "clerk")
    assert connector.verify(grant).effective == State.ABSENT
    with robot.unguarded() as iam:
        iam.attach_role_policy(RoleName="clerk", PolicyArn=OWN)
    for call in (
        lambda: connector.revoke(grant, idem_key=KEY),
        lambda: connector.restore(grant, before, idem_key=KEY),
    ):
        with pytest.raises(Conflict, match="its text was changed"):
            call()
    assert connector.verify(grant).direct == State.PRESENT  # it is attached, whatever it says
    robot.rewrite(OWN, QUEUES)
    assert connector.revoke(grant, idem_key=KEY).before == before  # a text is what it says, not its version


def test_what_was_taken_away_is_what_it_said_then(robot):
    connector, grant = robot.connector(), held(robot, PUBLISHED)
    connector.revoke(grant, idem_key=KEY)
    robot.rewrite(PUBLISHED, allow("sns:ListTopics"))
    with pytest.raises(Conflict, match="its text was changed"):
        connector.restore(grant, {}, idem_key=KEY)
    for written, others in ((QUEUES, ["inline policy own"]), (allow("sns:*"), [])):
        with robot.unguarded() as iam:
            iam.put_role_policy(RoleName="worker", PolicyName="own", PolicyDocument=document(written))
        seen = connector.verify(grant)
        assert ([path.text for path in seen.other_paths], seen.effective) == (
            others,
            State.PRESENT if others else State.ABSENT,
        )
    with robot.unguarded() as iam:
        iam.delete_policy_version(PolicyArn=PUBLISHED, VersionId=grant.native["version"])
    assert connector.verify(grant).effective == State.UNKNOWN


def test_so_it_is_with_a_policy_that_moto_has_of_aws_and_always_lists(monkeypatch):
    name, arn = "AmazonS3ReadOnlyAccess", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    one = json.dumps({name: json.loads(aws_managed_policies_data)[name]})
    monkeypatch.setattr(models, "aws_managed_policies_data", one)
    for variable, value in {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "AWS_ACCESS_KEY_ID": "a"}.items():
        monkeypatch.setenv(variable, value)
    with mock_aws():
        iam = boto3.client("iam")
        iam.create_role(RoleName="bot", AssumeRolePolicyDocument=trusting())
        iam.attach_role_policy(RoleName="bot", PolicyArn=arn)
        connector = AWS({"account": "any", "ambient": True})
        (grant,) = [
            each for each in read_all(connector, "grants") if isinstance(each, Grant) and each.entitlement.id == arn
        ]
        before = connector.revoke(grant, idem_key=KEY).before
        seen = connector.verify(grant)
        assert (seen.direct, seen.effective) == (State.ABSENT, State.ABSENT)
        assert connector.read("entitlements").left_out == {"aws_policy_that_nobody_has": 1}
        assert connector.restore(grant, before, idem_key=KEY).outcome == Outcome.DONE
        assert connector.verify(grant).direct == State.PRESENT


def test_who_may_not_ask_for_a_policy_takes_none_away_and_calls_none_gone(robot):
    grant = held(robot, PUBLISHED)
    robot.connector().revoke(grant, idem_key=KEY)
    half = robot.connector(robot.user("half", allow("iam:*"), deny("iam:GetPolicy", "iam:GetPolicyVersion")))
    check = half.check()
    assert Cap.REVOKE not in check.caps["policy"]
    assert "policy: lacks iam:GetPolicy, iam:GetPolicyVersion" in check.warnings
    with pytest.raises(NotPermitted, match="GetPolicy"):
        half.verify(grant)
    assert list(read_all(half, "grants"))  # it may list


def test_a_policy_of_which_no_version_counts_is_named():
    made = datetime.now(UTC)
    with pytest.raises(SchemaDrift, match=f"0 versions of the policy {OWN}"):
        managed({"Arn": OWN, "CreateDate": made, "PolicyVersionList": []})
