"""What CloudTrail's records tell of, as AWS documents them; recorded ones are in test_import_logs."""

import pytest

from connectors.aws.called import action_of
from connectors.aws.trail import LOG
from connectors.base import Action
from connectors.errors import SchemaDrift

ROLE, USER = "AROATFQR7NSCWCZMFXMXZ", "AIDATFQR7NSC5AU2ZV3IE"
ROOT = "arn:aws:iam::123456789012:root"
OBJECT, BUCKET = "arn:aws:s3:::invoices/2026/1.pdf", "arn:aws:s3:::invoices"


def record(**said):
    return {
        "eventID": "e1",
        "eventTime": "2026-11-01T09:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "eventType": "AwsApiCall",
        "awsRegion": "eu-central-1",
        "recipientAccountId": "123456789012",
        "userIdentity": {"type": "IAMUser", "principalId": USER, "userName": "rosa"},
    } | said


def told(**said):
    (event,) = LOG.events(record(**said))
    return event


def session(name, **said):
    issuer = {"type": "Role", "principalId": ROLE, "userName": "agent"}
    return {
        "type": "AssumedRole",
        "principalId": f"{ROLE}:{name}",
        "sessionContext": {"sessionIssuer": issuer} | said,
    }


@pytest.mark.parametrize(
    ("identity", "account", "run", "behalf"),
    [
        ({"type": "IAMUser", "principalId": USER, "userName": "rosa"}, USER, "", ""),
        (session("booking-run-17"), ROLE, "booking-run-17", ""),
        (session("rosa@example.org"), ROLE, "", "rosa@example.org"),
        (session("run-1", sourceIdentity="rosa"), ROLE, "run-1", "rosa"),
        (session("i-0dbc91f429e48eeed"), ROLE, "", ""),
        ({"type": "AssumedRole", "principalId": f"{ROLE}:run-1"}, ROLE, "run-1", ""),
        ({"type": "Root", "principalId": "123456789012", "arn": ROOT}, ROOT, "", ""),
        ({"type": "AWSService", "invokedBy": "rds.amazonaws.com"}, "rds.amazonaws.com", "", ""),
        ({"type": "AWSAccount", "principalId": f"{ROLE}:theirs", "accountId": "210987654321"}, ROLE, "theirs", ""),
        ({"type": "SAMLUser", "principalId": "abc=:rosa", "userName": "rosa"}, "abc=:rosa", "", ""),
        ({"type": "FederatedUser", "principalId": "123:web"}
         | {"sessionContext": {"sessionIssuer": {"type": "IAMUser", "principalId": USER}}}, USER, "", ""),
    ],
)  # fmt: skip
def test_who_acted_and_in_which_run(identity, account, run, behalf):
    event = told(userIdentity=identity)
    assert (event["account"], event["run"], event["on_behalf_of"]) == (account, run, behalf)


@pytest.mark.parametrize(
    ("source", "name", "action"),
    [
        ("s3.amazonaws.com", "GetObject", "s3:getobject"),
        ("s3.amazonaws.com", "ListObjectsV2", "s3:listbucket"),
        ("lambda.amazonaws.com", "GetFunction20150331v2", "lambda:getfunction"),
        ("lambda.amazonaws.com", "Invoke", "lambda:invokefunction"),
        ("cloudfront.amazonaws.com", "GetDistribution2020_05_31", "cloudfront:getdistribution"),
        ("monitoring.amazonaws.com", "PutMetricData", "cloudwatch:putmetricdata"),
        ("bedrock.amazonaws.com", "Converse", "bedrock:invokemodel"),
    ],
)
def test_a_call_is_called_as_iam_calls_it(source, name, action):
    assert action_of(source, name) == action


@pytest.mark.parametrize(
    ("said", "resource"),
    [
        ({"resources": [{"ARN": BUCKET, "type": "AWS::S3::Bucket"}, {"ARN": OBJECT}]}, OBJECT),
        ({"requestParameters": {"bucketName": "invoices", "key": "2026/1.pdf"}}, OBJECT),
        ({"eventName": "GetBucketAcl", "requestParameters": {"bucketName": "invoices"}}, BUCKET),
        ({"eventName": "DeleteObjects", "requestParameters": {"bucketName": "invoices"}}, ""),
        ({"resources": [{"ARN": "arn:aws:ec2:::a"}, {"ARN": "arn:aws:ssm:::b"}]}, ""),
        ({"resources": [None, "strange"], "requestParameters": None}, ""),
        (
            {"eventSource": "lambda.amazonaws.com", "requestParameters": {"functionName": "pay"}},
            "arn:aws:lambda:eu-central-1:123456789012:function:pay",
        ),
        ({"eventSource": "kms.amazonaws.com", "requestParameters": {"keyId": "alias/pay"}}, ""),
        ({"eventSource": "iam.amazonaws.com", "requestParameters": {"roleName": "agent"}}, ""),
        ({"eventSource": "iam.amazonaws.com", "requestParameters": {"policyArn": "arn:aws:iam::aws:policy/P"}}, ""),
        ({"awsRegion": "cn-north-1", "requestParameters": {"bucketName": "b", "key": "k"}}, "arn:aws-cn:s3:::b/k"),
    ],
)
def test_a_resource_is_named_only_where_it_is_certain(said, resource):
    assert told(**said)["resource"] == resource


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ({}, "allowed"),
        ({"errorCode": "AccessDenied"}, "denied"),
        ({"errorCode": "Client.UnauthorizedOperation"}, "denied"),
        ({"errorCode": "NoSuchBucketPolicy"}, "allowed"),
        ({"errorCode": "ThrottlingException"}, "allowed"),
        ({"eventType": "AwsConsoleSignIn", "responseElements": {"ConsoleLogin": "Failure"}}, "denied"),
    ],
)
def test_what_failed_for_want_of_a_right_was_denied(said, outcome):
    assert told(**said)["outcome"] == outcome


def test_what_is_no_call_is_passed_over_and_what_says_nothing_is_refused():
    assert LOG.events(record(eventType="AwsServiceEvent")) == ()
    for said in ({"eventID": None}, {"userIdentity": None}, {"userIdentity": {"type": "Unknown"}}):
        with pytest.raises(SchemaDrift, match=r"missing|names nobody"):
            LOG.events(record(**said))
    assert not LOG.recognises({"at": "2026-11-01T09:00:00Z", "account": "bot"})


@pytest.mark.parametrize(
    ("action", "shown"),
    [
        ("ec2:runinstances", True),
        ("ec2:*", True),
        ("sts:assumerole", True),
        ("iam:passrole", False),
        ("iam:*", False),
        ("ec2:create*", False),
        ("s3:getobject", False),
        ("*:*", False),
        ("e*:*", False),
    ],
)
def test_a_right_is_shown_only_where_every_trail_shows_its_use(action, shown):
    assert LOG.shows(Action(action, "*", wild=True), {"ec2:describevpcs"}) is shown
    assert not LOG.shows(Action(action, "*", wild=True), {"ec2:runinstances", "s3:getobject"}), "reading is left out"
