"""
What IAM calls a call: `s3:ListObjects` is the action `s3:listbucket`.

Most calls are called like their action, and their service like its endpoint; these are not. An API's version that
stands at the end of a call's name is left off. (https://docs.aws.amazon.com/service-authorization/latest/reference/)
"""

import re
from collections.abc import Mapping

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
    "runtime.lex": "lex",
    "runtime.sagemaker": "sagemaker",
    "servicecatalog-appregistry": "servicecatalog",
    "tagging": "tag",
}

ACTIONS: Mapping[str, str] = {
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
    "s3:putbucketencryption": "s3:putencryptionconfiguration",
    "s3:putbucketlifecycle": "s3:putlifecycleconfiguration",
    "s3:putbucketlifecycleconfiguration": "s3:putlifecycleconfiguration",
    "s3:putbucketreplication": "s3:putreplicationconfiguration",
    "s3:uploadpart": "s3:putobject",
    "s3:uploadpartcopy": "s3:putobject",
}


def action_of(source: str, name: str) -> str:
    """Return the action that a call needs, in lower case."""
    endpoint = source.removesuffix(".amazonaws.com").lower()
    action = f"{SERVICES.get(endpoint, endpoint)}:{DATED.sub('', name).lower()}"
    return ACTIONS.get(action, action)
