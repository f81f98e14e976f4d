"""
Our judgement against that of moto's server, on a few thousand generated requests; every difference has a reason.

moto reads a policy in a dialect of its own. `DIALECT` says a document in that dialect so that it means there what it
means to AWS; each entry is one thing that moto does not do as AWS documents it. Said so, moto must agree about all.

For moto a star reaches over the colons of an ARN, and for us it could. moto is asked twice: as it reads the documents,
and without the patterns that mean the resource only so. We say *could* where its answers differ, and nowhere else.
"""

import json
import random
import re
from collections import Counter
from copy import deepcopy
from fnmatch import fnmatchcase
from itertools import chain, compress, product

from moto.iam.access_control import IAMPolicy, PermissionResult

from connectors.aws.evaluating import Held, Outcome, judge
from connectors.aws.policies import Request, read

REQUESTS = 3000
ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "sqs:SendMessage", "iam:PassRole", "ec2:RunInstances")
RESOURCES = (
    "*",
    "arn:aws:s3:::invoices",
    "arn:aws:s3:::invoices/2026/1.pdf",
    "arn:aws:s3:::invoicesX2026",
    "arn:aws:sqs:eu-west-1:1:jobs",
    "arn:aws:iam::1:role/agents/support",
)
PATTERNS = {
    "Action": ("*", "s3:*", "s3:Get*", "s3:?etObject", "S3:GETOBJECT", "*:Send*", "iam:pass*", *ACTIONS),
    "Resource": (
        "*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::invoices.2026",
        "arn:aws:s3:::invoices/*",
        "arn:aws:*:jobs",
        "arn:aws:iam*support",
        "arn:aws:sqs:*:*:jobs",
        "arn:aws:iam::1:role/*",
        "arn:aws:iam::?:role/*",
        *RESOURCES[1:],
    ),
}
TRUE = {"StringEquals": {"aws:username": "agent"}}
FALSE = {"StringEquals": {"aws:username": "somebody"}}
CONTEXT = {"aws:username": ["agent"]}


def statement(chance):
    """One statement, with every oddity now and then."""
    made = {"Effect": chance.choices(["Allow", "Deny"], [4, 1])[0]}
    for element, patterns in PATTERNS.items():
        odd = chance.random() < 0.08
        made[f"Not{element}" if odd else element] = chance.sample(patterns, chance.randint(1, 2))
    if chance.random() < 0.1:
        made["Condition"] = chance.choice([TRUE, FALSE])
    return made


def as_moto(documents, action, resource):
    """What moto's server does with a request of somebody who has these policies."""
    said = [IAMPolicy(json.dumps(each)).is_action_permitted(action, resource) for each in documents]
    if PermissionResult.DENIED in said:
        return False
    return PermissionResult.PERMITTED in said


def as_we(documents, action, resource):
    own = [read(str(number), each) for number, each in enumerate(documents)]
    outcome = judge(Request(action, resource, CONTEXT), Held(own)).outcome
    return None if outcome == Outcome.COULD else outcome == Outcome.ALLOWED


def any_case(given):
    """AWS: "not case sensitive"; moto compares actions as they are written."""
    for name in given.keys() & {"Action", "NotAction"}:
        given[name] = [each.lower() for each in given[name]]
    return given


def one_letter(given):
    """A question mark is any one character, and a dot is a dot; moto hands both to a regular expression."""
    for name in given.keys() - {"Effect", "Condition"}:
        given[name] = [re.sub(r"\.", r"\\.", each).replace("?", ".") for each in given[name]]
    return given


def what_it_names(given):
    """moto takes a statement without Resource for one about everything, and for one that allows."""
    if "NotResource" in given:
        excepted = given.pop("NotResource")
        named = [each for each in RESOURCES if not any(meant(pattern, each) for pattern in excepted)]
        given["Resource"] = ["." if each == "*" else re.escape(each) for each in named] or ["-"]
    return given


def meant(pattern, resource):
    return re.match(f"^{pattern.replace('*', '.*')}$", resource)


def of_conditions(given):
    """A statement whose conditions do not hold says nothing; moto, which knows no values, lets it deny."""
    return None if given.pop("Condition", TRUE) == FALSE else given


DIALECT = (any_case, one_letter, what_it_names, of_conditions)


def said(documents, dialect):
    """The documents as moto has to be told."""
    documents = deepcopy(documents)
    for translate in dialect:
        for each in documents:
            each["Statement"] = [told for one in each["Statement"] if (told := translate(one)) is not None]
    return documents


def over_a_colon(pattern, resource):
    """Whether a pattern means a resource as a text, and not part by part."""
    parts = zip(pattern.split(":", 5), resource.split(":", 5), strict=False)
    return fnmatchcase(resource, pattern) and not all(fnmatchcase(part, wanted) for wanted, part in parts)


def readings(documents, resource):
    """The documents, with and without each pattern that means the resource only over a colon."""
    listed = resources(documents)
    far = [(at, n) for at, each in enumerate(listed) for n, one in enumerate(each) if over_a_colon(one, resource)]
    for left_out in product((True, False), repeat=len(far)):
        read = deepcopy(documents)
        for at, n in compress(far, left_out):
            resources(read)[at][n] = "-"
        yield read


def resources(documents):
    """The lists of resources that the statements name, or except."""
    statements = chain.from_iterable(each["Statement"] for each in documents)
    return [each["Resource" if "Resource" in each else "NotResource"] for each in statements]


def needed(documents, action, resource, ours):
    """The words of the dialect without which moto says something else."""
    for left_out in DIALECT:
        others = [each for each in DIALECT if each is not left_out]
        spoken = action if left_out is any_case else action.lower()
        if ours != as_moto(said(documents, others), spoken, resource):
            yield left_out.__name__


def test_moto_agrees_wherever_it_reads_a_policy_as_aws_does():
    chance = random.Random(19)  # noqa: S311 - the same every time
    agreed, reasons, unexplained = 0, Counter(), []
    for _ in range(REQUESTS):
        documents = [
            {"Version": "2012-10-17", "Statement": [statement(chance) for _ in range(chance.randint(1, 3))]}
            for _ in range(chance.randint(1, 2))
        ]
        action, resource = chance.choice(ACTIONS), chance.choice(RESOURCES)
        ours = as_we(documents, action, resource)
        answers = {as_moto(said(each, DIALECT), action.lower(), resource) for each in readings(documents, resource)}
        if {ours} != (answers if len(answers) == 1 else {None}):
            unexplained.append((documents, action, resource, ours))
        elif ours is None:
            reasons["over_a_colon"] += 1
        elif ours == as_moto(documents, action, resource):
            agreed += 1
        else:
            reasons.update(needed(documents, action, resource, ours))
    assert not unexplained, unexplained[0]
    assert agreed > REQUESTS * 0.8
    assert all(reasons[each.__name__] for each in (*DIALECT, over_a_colon)), reasons  # each difference is there


def test_the_generator_asks_about_all_that_there_is():
    chance = random.Random(19)  # noqa: S311 - the same every time
    made = [statement(chance) for _ in range(500)]
    assert set(chain.from_iterable(made)) >= {"Action", "NotAction", "Resource", "NotResource", "Condition"}
