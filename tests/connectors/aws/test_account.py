"""What AWS holds besides a user's policies: roles, groups, inline policies, boundaries, trust and keys."""

import json

import pytest

from connectors import catalog
from connectors.aws import AWS, counting, describing, holding, ourselves, settings
from connectors.aws.sessions import Door
from connectors.base import (
    Cap,
    Credential,
    Effect,
    Entitlement,
    Grant,
    HolderKind,
    Outcome,
    Principal,
    Ref,
    Secret,
    State,
    read_all,
)
from connectors.errors import AuthFailed, ConfigInvalid, Conflict, NotFound, NotPermitted, Refused, Unsupported
from tests.connectors.aws.account import NUMBER, allow, deny, document, trusting

KEY = "the same act, tried again"
QUEUES = allow("sqs:ListQueues")
ALL = allow("*")


def texts(seen):
    return [path.text for path in seen.other_paths]


def sole(records, kind, name):
    return next(each for each in records if isinstance(each, kind) and each.name == name)


@pytest.fixture
def robot(aws):
    """A user with a key and nothing else, and a role that it may become."""
    aws.user("robot")
    aws.role("worker", trusting(f"arn:aws:iam::{NUMBER}:user/robot"), attached=aws.policy("queues", QUEUES))
    return aws


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
        iam.put_group_policy(GroupName="agents", PolicyName="p", PolicyDocument=document(ALL))
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


def test_a_reader_learns_what_it_may_not_write(aws):
    check = aws.connector().check()
    assert check.caps == catalog.spec_of("aws").caps
    assert check.system == f"the account {NUMBER}"
    reader = aws.connector(
        aws.user("reader", allow("iam:Get*", "iam:List*"), allow("iam:AddUserToGroup", "iam:RemoveUserFromGroup"))
    )
    check = reader.check()
    assert check.identity == "reader"
    assert Cap.REVOKE not in check.caps["policy"]
    assert Cap.REVOKE in check.caps["membership"]
    assert Cap.DISABLE_CREDENTIAL not in check.caps["access_key"]
    assert "access_key: lacks iam:UpdateAccessKey, iam:DeleteAccessKey" in check.warnings
    blind = aws.connector(aws.user("blind"))
    with pytest.raises(NotPermitted, match="GetAccountAuthorizationDetails"):
        blind.check()


def test_another_account_is_refused_before_anything_is_read(aws):
    with pytest.raises(ConfigInvalid, match="and not to 999999999999"):
        aws.connector(account="999999999999").read("grants")
    assert aws.connector(account="any").read("grants").items


def test_a_role_is_assumed_first_where_that_is_said(aws):
    aws.role(
        "auditor", trusting(f"arn:aws:iam::{NUMBER}:user/countersign"), attached=aws.policy("look", allow("iam:*"))
    )
    with aws.unguarded() as iam:
        iam.put_user_policy(UserName="countersign", PolicyName="own", PolicyDocument=document(allow("sts:AssumeRole")))
    through = aws.connector(role_arn=f"arn:aws:iam::{NUMBER}:role/auditor")
    assert through.check().identity == "auditor"


@pytest.fixture(params=["role_arn", "profile"])
def through(request, aws, tmp_path, monkeypatch):
    """A connector that acts as the role "auditor", which the user "countersign" assumes; and a group of that one's."""
    role = aws.role("auditor", trusting(f"arn:aws:iam::{NUMBER}:user/countersign"), attached=aws.policy("all", ALL))
    with aws.unguarded() as iam:
        iam.put_user_policy(UserName="countersign", PolicyName="own", PolicyDocument=document(allow("sts:*")))
        iam.create_group(GroupName="tools")
        iam.put_group_policy(GroupName="tools", PolicyName="p", PolicyDocument=document(QUEUES))
        iam.add_user_to_group(GroupName="tools", UserName="countersign")
    if request.param == "role_arn":
        return aws.connector(role_arn=role)
    key, secret = aws.keys["countersign"]
    base = f"[base]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\nendpoint_url = {aws.url}\n"
    (tmp_path / "keys").write_text(base)
    (tmp_path / "config").write_text(
        f"[profile audit]\nrole_arn = {role}\nsource_profile = base\nregion = us-east-1\nendpoint_url = {aws.url}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    return AWS({"account": NUMBER, "profile": "audit", "endpoint_url": aws.url})


def test_neither_who_acts_nor_who_came_to_that_is_touched(through, aws):
    principals = {each.name: each for each in read_all(through, "principals") if isinstance(each, Principal)}
    ours = [principals[name].ref for name in ("auditor", "countersign")]
    check = through.check()
    assert (check.identity, list(check.ours)) == ("auditor", ours)
    for each in ours:
        with pytest.raises(Refused, match="is who this connector signs in as"):
            through.disable_principal(each, idem_key=KEY)
    key = Ref("access_key", aws.keys["countersign"][0])
    for shut in (through.disable_credential, through.remove_credential):
        with pytest.raises(Refused, match="the one that this connector signs in with: give it another"):
            shut(key, idem_key=KEY)
    held = [each for each in read_all(through, "grants") if isinstance(each, Grant)]
    for grant in (each for each in held if each.entitlement.type in {"policy", "inline", "membership"}):
        with pytest.raises(Refused, match=r"is (the group of countersign, )?who this connector signs in as"):
            through.revoke(grant, idem_key=KEY)
    assert len(held) > len(ours)
    second = aws.another_key("countersign")
    assert through.disable_credential(second, idem_key=KEY).outcome == Outcome.DONE, "that is not the one in use"


PROFILES = """
[profile machine]
role_arn = arn:aws:iam::123456789012:role/a
credential_source = Environment
[profile by_machine]
role_arn = arn:aws:iam::123456789012:role/b
source_profile = machine
[profile program]
credential_process = /bin/false
[profile by_program]
role_arn = arn:aws:iam::123456789012:role/b
source_profile = program
[profile keys]
aws_access_key_id = AKIA
aws_secret_access_key = secret
[profile by_keys]
role_arn = arn:aws:iam::123456789012:role/b
source_profile = keys
"""


def test_whom_a_machine_or_a_program_signs_in_is_not_found_out_however_far_behind_us(tmp_path, monkeypatch):
    (tmp_path / "config").write_text(PROFILES)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    profiles = ("machine", "by_machine", "program", "by_program", "keys", "by_keys")
    doors = {name: Door(settings.parse({"account": NUMBER, "profile": name}), None) for name in profiles}
    assert [name for name, door in doors.items() if not ourselves.hidden(door)] == ["keys", "by_keys"]


def test_whoever_has_a_password_is_a_person(robot):
    robot.person("rosa")
    kinds = {
        each.name: each.kind for each in read_all(robot.connector(), "principals", 2) if isinstance(each, Principal)
    }
    assert (kinds["rosa"], kinds["robot"]) == (HolderKind.HUMAN, HolderKind.LOGIN)
    reader = robot.connector(robot.user("reader", allow("iam:GetAccount*", "sts:GetCallerIdentity")))
    assert sole(read_all(reader, "principals"), Principal, "rosa").kind == HolderKind.LOGIN
    (warning,) = [each for each in reader.check().warnings if each.startswith("user: lacks iam:GetLoginProfile")]
    assert warning.endswith("is not told as a person")


def test_who_bears_our_name_next_is_not_us(robot):
    connector = robot.connector()
    with robot.unguarded() as iam:
        iam.update_user(UserName="countersign", NewUserName="retired")
        iam.update_user(UserName="robot", NewUserName="countersign")
    robots = sole(read_all(connector, "principals"), Principal, "countersign")
    assert connector.check().identity == "retired"
    assert connector.disable_principal(robots.ref, idem_key=KEY).outcome == Outcome.DONE


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "account"),
        ({"account": "12"}, "12 digits"),
        ({"account": NUMBER}, "give one of them"),
        ({"account": NUMBER, "ambient": "yes"}, "ambient"),
        ({"account": NUMBER, "region": 7}, "region"),
        ({"account": NUMBER, "profile": "a", "access_key_id": "b"}, "give one of them"),
        ({"account": NUMBER, "ambient": True, "external_id": "a"}, "role_arn"),
        ({"account": NUMBER, "ambient": True, "read_timeout": 0}, "read_timeout"),
        ({"account": NUMBER, "ambient": True, "canary": {"role": "a"}}, "canary"),
        ({"account": NUMBER, "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_configuration_is_named(config, message):
    with pytest.raises(ConfigInvalid, match=message):
        catalog.connect("aws", config, {})


def test_half_a_key_and_a_profile_that_is_not_there_are_named():
    half = catalog.connect("aws", {"account": NUMBER, "access_key_id": "AKIA"}, {"secret_access_key": Secret("")})
    with pytest.raises(ConfigInvalid, match="secret access key"):
        half.check()
    with pytest.raises(ConfigInvalid, match="nowhere"):
        catalog.connect("aws", {"account": NUMBER, "profile": "nowhere"}, {}).check()


def test_an_account_has_a_url():
    found = catalog.address("aws://prod?region=eu-central-1")
    assert found.config == {"account": "any", "profile": "prod", "region": "eu-central-1"}
    assert (found.name, found.shown) == ("the account of prod", "aws://prod?region=eu-central-1")
    assert not catalog.address("aws://").name, "AWS says which account it is"
    for wrong in ("aws://prod/path", "aws://prod?colour=red", "aws://me:word@prod"):
        with pytest.raises(ConfigInvalid):
            catalog.address(wrong)


def test_a_key_that_aws_does_not_know_is_not_told(aws):
    with pytest.raises(AuthFailed) as caught:
        aws.connector(("AKIANOBODYKNOWSTHIS0", "a word of nobody")).check()
    assert "a word of nobody" not in str(caught.value)
