"""What AWS holds besides a user's policies: roles, groups, inline policies, boundaries, trust and keys."""

import json

import pytest

from connectors.aws import counting, describing, holding
from connectors.base import (
    Credential,
    Effect,
    Entitlement,
    Grant,
    HolderKind,
    Outcome,
    Principal,
    Ref,
    State,
    read_all,
)
from connectors.errors import Conflict, NotFound, Refused, Unsupported
from tests.connectors.aws.account import KEY, NUMBER, QUEUES, allow, deny, document, sole, trusting


def texts(seen):
    return [path.text for path in seen.other_paths]


def test_a_role_acts_by_what_is_attached_until_it_is_taken_away_and_again_after(robot):
    arn, connector = f"arn:aws:iam::{NUMBER}:policy/queues", robot.connector()
    grant = robot.grant("worker", arn)
    key, token = robot.become(f"arn:aws:iam::{NUMBER}:role/worker", "robot")
    assert robot.can("sqs", "list_queues", key, token)
    before = connector.revoke(grant, idem_key=KEY).before
    assert not robot.can("sqs", "list_queues", key, token)
    assert connector.verify(grant).effective == State.ABSENT
    connector.restore(grant, json.loads(json.dumps(before)), idem_key=KEY)
    assert robot.can("sqs", "list_queues", key, token)
    assert connector.verify(grant).effective == State.PRESENT


def test_an_inline_policy_is_given_back_word_for_word(robot):
    connector = robot.connector()
    with robot.unguarded() as iam:
        iam.put_user_policy(
            UserName="robot", PolicyName="own", PolicyDocument=document(QUEUES, allow("sns:ListTopics"))
        )
    grant = robot.grant("robot", "user/robot/own")
    before = json.loads(json.dumps(connector.revoke(grant, idem_key=KEY).before))
    assert not robot.can("sqs", "list_queues", robot.keys["robot"])
    assert texts(connector.verify(grant)) == ["role worker, which it can assume, by policy queues (1 of 2 actions)"]
    connector.restore(grant, before, idem_key=KEY)
    assert robot.grant("robot", "user/robot/own") == grant
    with robot.unguarded() as iam:
        iam.put_user_policy(UserName="robot", PolicyName="own", PolicyDocument=document(allow("sqs:*")))
    with pytest.raises(Conflict, match="made again"):
        connector.revoke(grant, idem_key=KEY)


def test_a_membership_takes_all_that_comes_with_the_group(robot):
    connector = robot.connector()
    with robot.unguarded() as iam:
        iam.create_group(GroupName="agents")
        iam.put_group_policy(GroupName="agents", PolicyName="p", PolicyDocument=document(QUEUES, allow("sns:*")))
        iam.add_user_to_group(GroupName="agents", UserName="robot")
        iam.put_user_policy(UserName="robot", PolicyName="own", PolicyDocument=document(allow("sns:ListTopics")))
    grant = robot.grant("robot", "agents")
    before = connector.revoke(grant, idem_key=KEY).before
    assert not robot.can("sqs", "list_queues", robot.keys["robot"])
    seen = connector.verify(grant)
    assert (seen.direct, seen.effective) == (State.ABSENT, State.PRESENT)
    assert texts(seen) == [
        "inline policy own (1 of 2 actions)",
        "role worker, which it can assume, by policy queues (1 of 2 actions)",
    ]
    connector.restore(grant, before, idem_key=KEY)
    assert robot.can("sqs", "list_queues", robot.keys["robot"])


def test_a_membership_in_a_group_that_says_something_else_is_neither_taken_away_nor_given_back(robot):
    connector = robot.connector()
    with robot.unguarded() as iam:
        iam.create_group(GroupName="agents")
        iam.put_group_policy(GroupName="agents", PolicyName="p", PolicyDocument=document(QUEUES))
        iam.add_user_to_group(GroupName="agents", UserName="robot")
    grant = robot.grant("robot", "agents")
    before = json.loads(json.dumps(connector.revoke(grant, idem_key=KEY, dry_run=True).before))
    with robot.unguarded() as iam:
        iam.put_group_policy(GroupName="agents", PolicyName="p", PolicyDocument=document(allow("*")))
    with pytest.raises(Conflict, match="what comes with it was changed"):
        connector.revoke(grant, idem_key=KEY)
    with robot.unguarded() as iam:
        iam.remove_user_from_group(GroupName="agents", UserName="robot")
    with pytest.raises(Conflict, match="what comes with it was changed"):
        connector.restore(grant, before, idem_key=KEY)
    assert not robot.can("sqs", "list_queues", robot.keys["robot"])


def test_what_denies_or_bounds_closes_a_way_and_what_nobody_read_keeps_it_open(robot):
    grant, connector = robot.grant("worker", f"arn:aws:iam::{NUMBER}:policy/queues"), robot.connector()
    bound = robot.policy("bound", allow("sns:*"))
    unread = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    for shut, ways in (([], 1), ([deny("sqs:*", Condition=unread)], 1), ([deny("sqs:*")], 0)):
        with robot.unguarded() as iam:
            iam.put_role_policy(RoleName="worker", PolicyName="own", PolicyDocument=document(QUEUES, *shut))
        assert texts(connector.verify(grant)) == ["inline policy own"] * ways
    with robot.unguarded() as iam:
        iam.put_role_policy(RoleName="worker", PolicyName="own", PolicyDocument=document(QUEUES))
        iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=bound)
    assert not texts(connector.verify(grant))
    ceiling = robot.grant("worker", bound)
    assert (ceiling.effect, ceiling.revocable) == (Effect.CEILING, False)


def test_roles_are_assumed_in_chains_and_by_whoever_the_account_lets(robot):
    whole = f"arn:aws:iam::{NUMBER}:root"
    robot.role(
        "deputy", trusting(f"arn:aws:iam::{NUMBER}:role/worker"), attached=robot.policy("topics", allow("sns:*"))
    )
    robot.role("open", trusting(whole), attached=robot.policy("keys", allow("kms:*")))
    asked = robot.policy("asked", allow("sns:ListTopics"), allow("kms:ListKeys"))
    with robot.unguarded() as iam:
        iam.attach_user_policy(UserName="robot", PolicyArn=asked)
    grant, connector = robot.grant("robot", asked), robot.connector()
    (path,) = connector.verify(grant).other_paths
    assert path.text == "role deputy, which it can assume, by policy topics (1 of 2 actions)"
    assert [via.entitlement.id.rpartition("/")[2] for via in path.through] == ["worker", "deputy"]
    with robot.unguarded() as iam:
        iam.put_user_policy(UserName="robot", PolicyName="a", PolicyDocument=document(allow("sts:AssumeRole")))
    assert "role open, which it can assume, by policy keys (1 of 2 actions)" in texts(connector.verify(grant))


def test_trust_is_told_and_changed_by_a_person(robot):
    grant = robot.grant("robot", f"arn:aws:iam::{NUMBER}:role/worker")
    assert (grant.origin, grant.native["assumed"]) == ("statement 1", True)
    assert robot.connector().verify(grant).effective == State.PRESENT
    with pytest.raises(Unsupported, match="a person edits the policy"):
        robot.connector().revoke(grant, idem_key=KEY)
    robot.role("public", trusting("*"))
    robot.role("lambda", trusting())
    found = list(read_all(robot.connector(), "principals"))
    assert sole(found, Principal, "anybody").kind == HolderKind.EVERYONE
    service = sole(found, Principal, "service lambda.amazonaws.com").ref
    assert service == Ref("outside", "lambda.amazonaws.com")
    become = [each for each in read_all(robot.connector(), "grants") if each.entitlement.type == "assume"]
    assert {each.principal.type for each in become if each.untraced} == {"outside"}, "a trail calls them otherwise"
    assert {each.principal.type for each in become if not each.untraced} == {"user"}


def test_policies_are_told_with_what_they_allow_and_what_that_means(aws):
    aws.role(
        "worker",
        trusting(),
        attached=aws.policy(
            "wide",
            allow("S3:Get*", resource="arn:aws:s3:::${aws:username}/*"),
            {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::a"},
            allow("iam:PassRole", "secretsmanager:GetSecretValue"),
            deny("sqs:*"),
        ),
    )
    found = sole(read_all(aws.connector(), "entitlements"), Entitlement, "wide")
    assert [(each.action, each.resource, each.wild) for each in found.actions] == [
        ("s3:get*", "arn:aws:s3:::*/*", True),
        ("*:*", "*", True),
        ("secretsmanager:getsecretvalue", "*", True),
    ]
    get, every, secret = (each.means for each in found.actions)
    assert (get > 1, every > 400, secret) == (True, True, 1), "of the published ones, each once"
    assert found.privileged
    assert found.attrs["flags"]["escalation"] >= 1
    assert {tag.name for tag in found.tags} == {"sensitive_access", "escalates", "sends_out"}
    assert "can get itself more rights" in aws.connector().meaning(found)


def test_a_right_that_only_other_calls_use_is_nothing_of_which_use_could_be_seen():
    made = describing.of_policy(Ref("policy", "p"), "p", "p", json.loads(document(allow("iam:PassRole"))))
    assert not made.actions
    assert made.privileged


def test_each_action_counts_once_whatever_means_it():
    assert counting.counts(["s3:*", "s3:getobject", "s3:get*", "nobody:knows*"]) == {
        "s3:getobject": 1,
        "s3:*": len(counting.known()["s3"]) - 1,
        "s3:get*": 0,
        "nobody:knows*": 1,
    }


def test_a_document_of_very_many_pairs_is_told_of_all_resources():
    many = allow(*(f"s3:A{n}" for n in range(100)), resource=[f"arn:aws:s3:::{n}" for n in range(100)])
    made = describing.of_policy(Ref("policy", "p"), "p", "p", json.loads(document(many)))
    assert {each.resource for each in made.actions} == {"*"}
    assert len(made.actions) == 100


def test_keys_are_listed_with_their_age_and_last_use(robot):
    connector, key = robot.connector(), Ref("access_key", robot.keys["robot"][0])
    robot.can("sts", "get_caller_identity", robot.keys["robot"])
    (listed,) = [each for each in read_all(connector, "credentials", 1) if each.ref == key]
    assert isinstance(listed, Credential)
    assert (listed.active, listed.kind) == (True, "access_key")
    assert listed.created_at
    assert listed.last_used_at


def test_a_key_is_shut_opened_and_removed(robot):
    connector, key = robot.connector(), Ref("access_key", robot.keys["robot"][0])
    assert connector.credential_enabled(key)
    with pytest.raises(Refused, match="disable it first"):
        connector.remove_credential(key, idem_key=KEY)
    assert connector.disable_credential(key, idem_key=KEY).outcome == Outcome.DONE
    assert connector.disable_credential(key, idem_key=KEY).outcome == Outcome.ALREADY
    assert not connector.credential_enabled(key)
    connector.enable_credential(key, idem_key=KEY)
    assert connector.credential_enabled(key)
    connector.disable_credential(key, idem_key=KEY)
    assert connector.remove_credential(key, idem_key=KEY).outcome == Outcome.DONE
    assert connector.remove_credential(key, idem_key=KEY).outcome == Outcome.ALREADY
    with pytest.raises(NotFound, match="is gone"):
        connector.credential_enabled(key)


def test_a_principal_is_shut_out_at_once_and_let_in_again(robot):
    connector = robot.connector()
    role = sole(read_all(connector, "principals"), Principal, "worker")
    key, token = robot.become(f"arn:aws:iam::{NUMBER}:role/worker", "robot")
    assert role.enabled
    connector.disable_principal(role.ref, idem_key=KEY)
    assert not robot.can("sqs", "list_queues", key, token)
    shown = connector.verify_principal(role.ref)
    assert (shown.direct, shown.effective, shown.unread) == (State.ABSENT, State.ABSENT, "")
    user = sole(read_all(connector, "principals"), Principal, "robot")
    assert connector.verify_principal(user.ref).unread == holding.GOES_ON, "in the session that it has in the role"
    listed = {each.native["holder"]: each for each in read_all(connector, "grants") if isinstance(each, Grant)}
    assert listed["worker"].entitlement.type == "policy"  # being shut out is a state, and nothing that is held
    assert connector.read("grants").left_out == {"suspension": 1}
    connector.enable_principal(role.ref, idem_key=KEY)
    assert robot.can("sqs", "list_queues", key, token)
    ours = sole(read_all(connector, "principals"), Principal, "countersign")
    with pytest.raises(Refused, match="signs in as"):
        connector.disable_principal(ours.ref, idem_key=KEY)
