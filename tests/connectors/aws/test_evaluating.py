"""What policies add up to: as AWS says in its documentation, case by case."""

import json

import pytest

from connectors.aws.conditions import Condition
from connectors.aws.evaluating import Held, Outcome, judge
from connectors.aws.matching import means_action, means_resource
from connectors.aws.policies import Request, read
from connectors.errors import SchemaDrift

BUCKET, KEY = "arn:aws:s3:::invoices", "arn:aws:s3:::invoices/2026/1.pdf"


def statement(effect="Allow", action="s3:GetObject", resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource} | more


def policy(*statements, name="p"):
    return read(name, json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def outcome(*policies, action="s3:GetObject", resource=KEY, context=None, **more):
    return judge(Request(action, resource, context or {}), Held(policies, **more)).outcome


@pytest.mark.parametrize(
    ("pattern", "action", "meant"),
    [
        ("*", "s3:GetObject", True),
        ("s3:*", "s3:GetObject", True),
        ("S3:getobject", "s3:GetObject", True),
        ("s3:Get*", "s3:PutObject", False),
        ("s3:?etObject", "s3:GetObject", True),
        ("s3:GetObject", "s3:GetObjectAcl", False),
        ("s3:Get.bject", "s3:GetObject", False),
    ],
)
def test_an_action_is_meant_in_any_case(pattern, action, meant):
    assert means_action(pattern, action) is meant


@pytest.mark.parametrize(
    ("pattern", "arn", "meant"),
    [
        ("*", "*", True),
        ("*", KEY, True),
        (BUCKET, KEY, False),
        (f"{BUCKET}/*", KEY, True),
        ("arn:aws:s3:::*", KEY, True),
        ("arn:aws:s3:::INVOICES/*", KEY, False),
        ("arn:aws:s3:::invoices/*", "*", False),
        ("arn:aws:sqs:*:1:q", "arn:aws:sqs:eu-west-1:1:q", True),
        ("arn:aws:sqs:*:q", "arn:aws:sqs:eu-west-1:1:q", None),
        ("arn:aws:sqs:*:r", "arn:aws:sqs:eu-west-1:1:q", False),
        ("arn:aws:*", "arn:aws:sqs:eu-west-1:1:q", True),
        ("arn:aws:sqs", "arn:aws:sqs:eu-west-1:1:q", False),
        ("arn:aws:iam::1:role/*", "arn:aws:iam::1:role/a/b:c", True),
        ("arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::bot/1", True),
        ("arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::bots/1", False),
        ("arn:aws:s3:::${aws:principaltag/team}/*", KEY, None),
        ("arn:aws:s3:::${aws:principaltag/team}/*", BUCKET, False),
        ("arn:aws:sqs:*:${aws:username}", "arn:aws:sqs:eu-west-1:1:bot", None),
        ("arn:aws:s3:::${aws:principaltag/unit, 'invoices'}/*", KEY, True),
        ("arn:aws:s3:::${aws:sourceidentity}/*", KEY, False),
        ("arn:aws:s3:::in${*}/*", "arn:aws:s3:::in*/1", True),
        ("arn:aws:s3:::in${*}/*", KEY, False),
    ],
)
def test_a_resource_is_surely_meant_part_by_part(pattern, arn, meant):
    said = {"aws:username": ["bot"], "aws:principaltag/unit": None, "aws:sourceidentity": None}
    assert means_resource(pattern, arn, said) is meant


CONTEXT = {
    "aws:username": ["bot"],
    "aws:principaltag/name": ["Bot"],
    "aws:sourceip": ["10.1.2.3"],
    "aws:currenttime": ["2026-11-29T12:00:00Z"],
    "aws:multifactorauthage": None,
    "aws:tagkeys": ["team", "cost"],
    "aws:sourcearn": ["arn:aws:sns:eu-west-1:1:topic"],
    "s3:max-keys": ["10"],
    "aws:securetransport": ["true"],
}


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "holds"),
    [
        ("StringEquals", "aws:username", ["bot", "other"], True),
        ("StringEquals", "AWS:UserName", ["BOT"], False),
        ("StringEqualsIgnoreCase", "aws:username", ["BOT"], True),
        ("StringEqualsIgnoreCase", "aws:username", ["${aws:PrincipalTag/name}"], True),
        ("StringEquals", "aws:username", ["${aws:PrincipalTag/name}"], False),
        ("StringEquals", "aws:username", ["b*"], False),
        ("StringLike", "aws:username", ["b*"], True),
        ("StringNotEquals", "aws:username", ["other", "bot"], False),
        ("StringNotLike", "aws:username", ["x*"], True),
        ("StringEquals", "aws:username", ["${aws:username}"], True),
        ("StringEquals", "aws:username", ["${aws:nobody-read-this}"], None),
        ("StringEquals", "aws:username", ["ro${aws:nobody-read-this}"], False),
        ("StringEquals", "aws:nobody-read-this", ["x"], None),
        ("StringNotEquals", "aws:nobody-read-this", ["x"], None),
        ("StringEqualsIfExists", "aws:nobody-read-this", ["x"], None),
        ("StringEquals", "aws:multifactorauthage", ["x"], False),
        ("StringNotEquals", "aws:multifactorauthage", ["x"], True),
        ("StringEqualsIfExists", "aws:multifactorauthage", ["x"], True),
        ("NumericLessThan", "aws:multifactorauthage", ["3600"], False),
        ("Null", "aws:multifactorauthage", ["true"], True),
        ("Null", "aws:username", ["true"], False),
        ("NumericLessThanEquals", "s3:max-keys", ["10"], True),
        ("NumericGreaterThan", "s3:max-keys", ["9.5"], True),
        ("NumericEquals", "s3:max-keys", ["ten"], False),
        ("DateGreaterThan", "aws:currenttime", ["2026-01-01T00:00:00Z"], True),
        ("DateLessThan", "aws:currenttime", ["1700000000"], False),
        ("Bool", "aws:securetransport", ["True"], True),
        ("IpAddress", "aws:sourceip", ["10.0.0.0/8"], True),
        ("NotIpAddress", "aws:sourceip", ["10.0.0.0/8"], False),
        ("IpAddress", "aws:sourceip", ["everywhere"], False),
        ("ArnLike", "aws:sourcearn", ["arn:aws:sns:*:1:*"], True),
        ("ArnNotLike", "aws:sourcearn", ["arn:aws:sns:*:1:*"], False),
        ("ArnLike", "aws:sourcearn", ["arn:aws:sns:*:topic"], False),
        ("ForAllValues:StringEquals", "aws:tagkeys", ["team", "cost", "more"], True),
        ("ForAllValues:StringEquals", "aws:tagkeys", ["team"], False),
        ("ForAllValues:StringEquals", "aws:multifactorauthage", ["x"], True),
        ("ForAnyValue:StringEquals", "aws:tagkeys", ["team"], True),
        ("ForAnyValue:StringEquals", "aws:multifactorauthage", ["x"], False),
        ("ForAnyValue:StringNotEquals", "aws:tagkeys", ["team"], True),
        ("StringResembles", "aws:username", ["bot"], None),
    ],
)
def test_a_condition_holds_or_does_not_or_nobody_knows(operator, key, wanted, holds):
    assert Condition(operator, key, tuple(wanted)).holds(CONTEXT) is holds


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


@pytest.mark.parametrize(
    ("statements", "becomes"),
    [
        ([], Outcome.NOT_ALLOWED),
        ([statement()], Outcome.ALLOWED),
        ([statement(action=["s3:List*", "s3:Get*"])], Outcome.ALLOWED),
        ([statement(resource=BUCKET)], Outcome.NOT_ALLOWED),
        ([statement(), statement("Deny", "s3:*")], Outcome.DENIED),
        ([statement("Deny", "s3:*"), statement("Allow", "*")], Outcome.DENIED),
        ([statement(), statement("Deny", resource=BUCKET)], Outcome.ALLOWED),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], Outcome.ALLOWED),
        ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], Outcome.NOT_ALLOWED),
        ([{"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/*"}], Outcome.NOT_ALLOWED),
        ([statement(), {"Effect": "Deny", "Action": "*", "NotResource": f"{BUCKET}/*"}], Outcome.ALLOWED),
        ([statement(Condition=MFA)], Outcome.COULD),
        ([statement(), statement("Deny", Condition=MFA)], Outcome.COULD),
        ([statement(Condition=MFA), statement("Deny")], Outcome.DENIED),
        ([statement(Condition=MFA), statement()], Outcome.ALLOWED),
        ([statement("Deny", Condition=MFA)], Outcome.NOT_ALLOWED),
        ([statement(resource="arn:aws:*:invoices/*")], Outcome.COULD),
        ([statement(), statement("Deny", resource="arn:aws:*:invoices/*")], Outcome.COULD),
    ],
)
def test_what_denies_goes_first_and_what_was_not_read_leaves_it_open(statements, becomes):
    assert outcome(policy(*statements)) == becomes


@pytest.mark.parametrize(
    ("own", "boundary", "becomes"),
    [
        ([statement()], [statement(action="s3:*")], Outcome.ALLOWED),
        ([statement()], [statement(action="sqs:*")], Outcome.NOT_ALLOWED),
        ([], [statement(action="s3:*")], Outcome.NOT_ALLOWED),
        ([statement()], [statement(), statement("Deny")], Outcome.DENIED),
        ([statement()], [statement(resource="arn:aws:*:invoices/*")], Outcome.COULD),
    ],
)
def test_a_boundary_allows_nothing_by_itself(own, boundary, becomes):
    assert outcome(policy(*own), boundary=policy(*boundary)) == becomes


def test_who_says_so_is_told():
    found = judge(
        Request("s3:GetObject", KEY, {}),
        Held([policy(statement(Sid="read"), statement(action="sqs:*"), name="ReadAll"), policy(statement("Deny"))]),
    )
    assert [(name, each.sid) for name, each in found.allowing] == [("ReadAll", "read")]
    assert [name for name, _ in found.denying] == ["p"]


def test_a_single_statement_and_values_without_quotes_can_be_read():
    single = statement(Condition={"Bool": {"aws:SecureTransport": True}, "NumericLessThan": {"s3:max-keys": 20}})
    found = read("p", {"Statement": single})
    assert outcome(found, context=CONTEXT) == Outcome.ALLOWED


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "Expecting"),
        ("[]", "p is no document"),
        ({"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}, "statement 1 has the effect 'allow'"),
        ({"Statement": [statement(NotAction="x")]}, "statement 1 needs either Action or NotAction"),
        ({"Statement": [{"Effect": "Allow", "Action": "*"}]}, "statement 1 needs either Resource or NotResource"),
        ({"Statement": [statement(action={"x": 1})]}, "is no text and no list of texts"),
        ({"Statement": [statement(Principal={"AWS": "arn:aws:iam::1:role/other"})]}, "statement 1 names principals"),
    ],
)
def test_a_document_that_cannot_be_read_is_no_empty_one(document, says):
    with pytest.raises(SchemaDrift, match=says):
        read("p", document)
