"""What CloudTrail's records tell of, as AWS documents them; recorded ones are in test_import_logs."""

import botocore.session
import pytest

from connectors.aws import showing
from connectors.aws.called import action_of, rights
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


def request(*items, **said):
    return {"requestItems": list(items)} | said


S3, DYNAMO = {"eventSource": "s3.amazonaws.com"}, {"eventSource": "dynamodb.amazonaws.com"}
TABLE = {"resources": [{"ARN": "arn:aws:dynamodb:us-west-2:123456789012:table/Music"}]}
ITEMS = [{"operation": each} for each in ("Put", "Update", "Delete", "ConditionCheck")]
COPY = {"bucketName": "invoices", "key": "2026/1.pdf", "x-amz-copy-source": "/drafts/a%2Fb%20c.pdf"}


@pytest.mark.parametrize(
    ("name", "said", "actions"),
    [
        ("CopyObject", {"requestParameters": COPY}, ["s3:putobject", "s3:getobject"]),
        ("UploadPartCopy", {"requestParameters": COPY}, ["s3:putobject", "s3:getobject"]),
        ("SelectObjectContent", {}, ["s3:getobject"]),
        ("GetObject", {"requestParameters": {"versionId": "v"}}, ["s3:getobjectversion"]),
        ("DeleteObjectTagging", {"requestParameters": {"versionId": "v"}}, ["s3:deleteobjectversiontagging"]),
        ("GetObjectAttributes", {}, ["s3:getobjectattributes", "s3:getobject"]),
        ("TransactGetItems", DYNAMO, ["dynamodb:getitem"]),
        (
            "TransactWriteItems",
            DYNAMO | {"requestParameters": request(*ITEMS)},
            ["dynamodb:putitem", "dynamodb:updateitem", "dynamodb:deleteitem", "dynamodb:conditioncheckitem"],
        ),
        (
            "TransactWriteItems",
            DYNAMO | {"requestParameters": request(ITEMS[0], ITEMS[0], ITEMS[2])},
            ["dynamodb:putitem", "dynamodb:deleteitem"],
        ),
        ("ExecuteStatement", DYNAMO | {"requestParameters": {"statement": "select *"}}, ["dynamodb:partiqlselect"]),
        (
            "BatchExecuteStatement",
            DYNAMO | {"requestParameters": request({"statement": "UPDATE M SET"}, {"statement": "INSERT INTO M"})},
            ["dynamodb:partiqlinsert", "dynamodb:partiqlupdate"],
        ),
        (
            "ExecuteTransaction",
            DYNAMO,
            [f"dynamodb:partiql{each}" for each in ("select", "insert", "update", "delete")],
        ),
        ("ExecuteStatement", {"eventSource": "rdsdataapi.amazonaws.com"}, ["rds-data:executestatement"]),
        ("GetRestApis", {"eventSource": "apigateway.amazonaws.com"}, ["apigateway:get"]),
    ],
)  # fmt: skip
def test_each_right_that_a_call_needs_counts_as_used(name, said, actions):
    events = LOG.events(record(eventName=name, **{**S3, **TABLE, **said}))
    assert [each["action"] for each in events] == actions
    assert len({each["event_id"] for each in events}) == len(events)
    assert events[0]["event_id"] == "e1"


def test_what_is_copied_is_read_where_it_was_and_written_where_it_is():
    listed = [{"ARN": "arn:aws:s3:::drafts"}, {"ARN": OBJECT}, {"ARN": BUCKET}]
    written, read = LOG.events(record(eventName="CopyObject", requestParameters=COPY, resources=listed))
    assert (written["resource"], read["resource"]) == (OBJECT, "arn:aws:s3:::drafts/a/b c.pdf")
    version = COPY | {"x-amz-copy-source": "drafts/a?versionId=v1"}
    _, read = LOG.events(record(eventName="CopyObject", requestParameters=version, errorCode="AccessDenied"))
    assert (read["action"], read["resource"]) == ("s3:getobjectversion", "arn:aws:s3:::drafts/a")
    assert read["outcome"] == "denied"
    _, unknown = LOG.events(record(eventName="CopyObject", requestParameters={}))
    assert unknown["resource"] == "", "it may have been any"


@pytest.mark.parametrize("service", ["apigateway", "apigatewayv2"])
def test_api_gateways_calls_are_the_methods_by_which_the_vendors_client_makes_them(service):
    model = botocore.session.get_session().get_service_model(service)
    for name in model.operation_names:
        method = model.operation_model(name).http["method"].lower()
        assert f"apigateway:{method}" in rights("apigateway.amazonaws.com", name, {}), name
    assert len(rights("apigateway.amazonaws.com", "BrandNewCall", {})) == len(("get", "post", "put", "patch", "delete"))


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


@pytest.mark.parametrize(
    ("shown", "actions"),
    [
        ("always", ["ec2:runinstances", "iam:attach*", "rds:createdbinstance"]),
        ("if_set", ["ec2:describe*", "ec2:*", "sts:assumerole", "iam:passrole", "s3:getobject", "es:describedomain"]),
        ("if_set", ["*:*"]),
        ("never", ["es:eshttpget", "es:*", "rds-db:connect", "kafka-cluster:read*", "execute-api:invoke", "e*:*"]),
    ],
)
def test_what_a_trail_shows_is_said_of_each_right(shown, actions):
    assert {action: str(showing.shown(action)) for action in actions} == dict.fromkeys(actions, shown)
