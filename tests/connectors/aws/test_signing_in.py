"""As whom we are in AWS, what that may, and how it is configured."""

import pytest

from connectors import catalog
from connectors.aws import AWS, ourselves, settings
from connectors.aws.sessions import Door
from connectors.base import (
    Cap,
    Grant,
    HolderKind,
    Outcome,
    Principal,
    Ref,
    Secret,
    read_all,
)
from connectors.errors import AuthFailed, ConfigInvalid, NotPermitted, Refused
from tests.connectors.aws.account import KEY, NUMBER, QUEUES, allow, document, sole, trusting


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
    role = aws.role(
        "auditor", trusting(f"arn:aws:iam::{NUMBER}:user/countersign"), attached=aws.policy("all", allow("*"))
    )
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
