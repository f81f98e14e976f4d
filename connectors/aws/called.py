"""
What rights a call needs, as IAM calls them: `s3:ListObjects` is the action `s3:listbucket`.

Most calls are called like their action, and their service like its endpoint; these are not. An API's version that
stands at the end of a call's name is left off. Where a call may have needed one right or another, and its record does
not say which, it counts for all: what was perhaps used is not called unused.
(https://docs.aws.amazon.com/service-authorization/latest/reference/)
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

DATED = re.compile(r"\d{4}_?\d{2}_?\d{2}(v\d+)?$")  # GetFunction20150331v2

SERVICES: Mapping[str, str] = {
    "api.ecr-public": "ecr-public",
    "api.pricing": "pricing",
    "api.sagemaker": "sagemaker",
    "cloudhsmv2": "cloudhsm",
    "email": "ses",
    "entitlement.marketplace": "aws-marketplace",
    "metering.marketplace": "aws-marketplace",
    "models.lex": "lex",
    "monitoring": "cloudwatch",
    "rdsdata": "rds-data",
    "rdsdataapi": "rds-data",
    "runtime.lex": "lex",
    "runtime.sagemaker": "sagemaker",
    "servicecatalog-appregistry": "servicecatalog",
    "tagging": "tag",
}

ACTIONS: Mapping[str, str] = {
    "dynamodb:transactgetitems": "dynamodb:getitem",
    "bedrock:converse": "bedrock:invokemodel",
    "bedrock:conversestream": "bedrock:invokemodelwithresponsestream",
    "lambda:invoke": "lambda:invokefunction",
    "lambda:invokeasync": "lambda:invokefunction",
    "s3:completemultipartupload": "s3:putobject",
    "s3:copyobject": "s3:putobject",
    "s3:createmultipartupload": "s3:putobject",
    "s3:deletebucketcors": "s3:putbucketcors",
    "s3:deletebucketencryption": "s3:putencryptionconfiguration",
    "s3:deletebucketlifecycle": "s3:putlifecycleconfiguration",
    "s3:deletebucketreplication": "s3:putreplicationconfiguration",
    "s3:deletebuckettagging": "s3:putbuckettagging",
    "s3:deleteobjects": "s3:deleteobject",
    "s3:deletepublicaccessblock": "s3:putbucketpublicaccessblock",
    "s3:getbucketencryption": "s3:getencryptionconfiguration",
    "s3:getbucketlifecycle": "s3:getlifecycleconfiguration",
    "s3:getbucketlifecycleconfiguration": "s3:getlifecycleconfiguration",
    "s3:getbucketreplication": "s3:getreplicationconfiguration",
    "s3:headbucket": "s3:listbucket",
    "s3:headobject": "s3:getobject",
    "s3:listbuckets": "s3:listallmybuckets",
    "s3:listmultipartuploads": "s3:listbucketmultipartuploads",
    "s3:listobjects": "s3:listbucket",
    "s3:listobjectsv2": "s3:listbucket",
    "s3:listobjectversions": "s3:listbucketversions",
    "s3:listparts": "s3:listmultipartuploadparts",
    "s3:selectobjectcontent": "s3:getobject",
    "s3:putbucketencryption": "s3:putencryptionconfiguration",
    "s3:putbucketlifecycle": "s3:putlifecycleconfiguration",
    "s3:putbucketlifecycleconfiguration": "s3:putlifecycleconfiguration",
    "s3:putbucketreplication": "s3:putreplicationconfiguration",
    "s3:uploadpart": "s3:putobject",
    "s3:uploadpartcopy": "s3:putobject",
}


ALSO: Mapping[str, tuple[str, ...]] = {"s3:getobjectattributes": ("s3:getobject",)}
OF_A_VERSION = re.compile(r"s3:(get|put|delete)object(acl|attributes|tagging|torrent|)")

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/understanding-ddb-log-entries.html
ITEMS: Mapping[str, str] = {
    "put": "dynamodb:putitem",
    "update": "dynamodb:updateitem",
    "delete": "dynamodb:deleteitem",
    "conditioncheck": "dynamodb:conditioncheckitem",
}
STATEMENTS: Mapping[str, str] = {each: f"dynamodb:partiql{each}" for each in ("select", "insert", "update", "delete")}
WRITTEN = frozenset(f"dynamodb:{each}" for each in ("executestatement", "batchexecutestatement", "executetransaction"))

# API Gateway's actions are the methods by which its calls are made; these begin otherwise than their method does.
METHODS: Mapping[str, tuple[str, ...]] = {
    "create": ("post",),
    "delete": ("delete",),
    "disable": ("delete",),
    "export": ("get",),
    "flush": ("delete",),
    "generate": ("post",),
    "get": ("get",),
    "import": ("post", "put"),
    "list": ("get",),
    "preview": ("post",),
    "publish": ("post",),
    "put": ("put",),
    "reimport": ("put",),
    "reject": ("post",),
    "reset": ("delete",),
    "tag": ("post", "put"),
    "test": ("post",),
    "untag": ("delete",),
    "update": ("patch",),
}
EVERY_METHOD = ("delete", "get", "patch", "post", "put")


def rights(source: str, name: str, asked: Mapping[str, Any]) -> Sequence[str]:
    """Return the actions that a call needs, in lower case, by what it asked for; the first is what it is for."""
    action = action_of(source, name)
    if action.startswith("apigateway:"):
        first = re.match("[A-Z][a-z]+", name)
        methods = METHODS.get(first[0].lower() if first else "", EVERY_METHOD)
        return [f"apigateway:{each}" for each in methods]
    if action == "dynamodb:transactwriteitems":
        return meant(ITEMS, words(asked, "operation"))
    if action in WRITTEN:
        return meant(STATEMENTS, words(asked, "statement"))
    found = (action, *ALSO.get(action, ()))
    return [of_a_version(each) for each in found] if asked.get("versionId") else found


def words(asked: Mapping[str, Any], name: str) -> Iterator[str]:
    """Yield the first word of what a request to DynamoDB says once, or of each of its items."""
    listed = asked.get("requestItems")
    for each in [asked, *(listed if isinstance(listed, list) else ())]:
        told = each.get(name) if isinstance(each, Mapping) else None
        if isinstance(told, str):
            yield (told.split() or [""])[0].lower()


def meant(actions: Mapping[str, str], found: Iterator[str]) -> list[str]:
    """Return what words mean, in the actions' order; all of them where one is unknown, or there is none."""
    every = set(found)
    known = every and every <= actions.keys()
    return [action for word, action in actions.items() if word in every or not known]


def of_a_version(action: str) -> str:
    """Return the right to do something to one version of an object: that is another one."""
    found = OF_A_VERSION.fullmatch(action)
    return f"s3:{found[1]}objectversion{found[2]}" if found else action


def action_of(source: str, name: str) -> str:
    """Return the action that a call needs, in lower case."""
    endpoint = source.removesuffix(".amazonaws.com").lower()
    action = f"{SERVICES.get(endpoint, endpoint)}:{DATED.sub('', name).lower()}"
    return ACTIONS.get(action, action)
