"""Who may become a role, in each of AWS's partitions, and what stays possible by that."""

import json

import pytest

from connectors.aws import describing, verifying
from connectors.aws.accounts import Document, Holder, kept
from connectors.aws.trusting import of
from connectors.base import Ref
from tests.connectors.aws.account import NUMBER, allow, document, trusting

READS = allow("s3:GetObject")
BECOMES = allow("sts:AssumeRole")


def role(name, *statements, trust, partition="aws"):
    arn = f"arn:{partition}:iam::{NUMBER}:role/agents/{name}"
    inline = (Document("own", json.loads(document(*statements))),)
    return Holder("role", f"AROA{name}", name, arn, "/agents/", None, inline=inline, trust=json.loads(trust))


def still_possible(trust, partition="aws"):
    """By which ways an agent that may read and assume could read without its own policy."""
    agent = role("agent", READS, trust=trusting(), partition=partition)
    beside = (*agent.inline, Document("becomes", json.loads(document(BECOMES))))
    agent = Holder("role", agent.id, agent.name, agent.arn, agent.path, None, inline=beside, trust=agent.trust)
    account = kept(NUMBER, [agent, role("other", READS, trust=trust, partition=partition)], {})
    grant = next(each for each in describing.grants(account) if each.entitlement.id == "role/agent/own")
    return [each.text for each in verifying.other_paths(verifying.look(account, grant))]


@pytest.mark.parametrize(
    ("partition", "named"),
    [
        ("aws", f"arn:aws:iam::{NUMBER}:root"),
        ("aws-cn", f"arn:aws-cn:iam::{NUMBER}:root"),
        ("aws-us-gov", f"arn:aws-us-gov:iam::{NUMBER}:root"),
        ("aws-us-gov", NUMBER),
        ("aws", f"arn:aws:sts::{NUMBER}:assumed-role/agent/task"),
        ("aws-cn", f"arn:aws-cn:sts::{NUMBER}:assumed-role/agent/task"),
    ],
)
def test_a_role_that_the_agent_can_become_keeps_a_way_open(partition, named):
    assert still_possible(trusting(named), partition) == ["role other, which it can assume, by inline policy own"]


@pytest.mark.parametrize(
    "named",
    [
        "arn:aws:iam::999999999999:root",
        f"arn:aws:sts::{NUMBER}:assumed-role/stranger/task",
        "arn:aws:sts::999999999999:assumed-role/agent/task",
        f"arn:aws:sts::{NUMBER}:federated-user/agent",
    ],
)
def test_what_others_can_become_keeps_none(named):
    assert not still_possible(trusting(named))


def test_each_session_of_a_role_is_an_entry_of_its_own_and_the_condition_names_it():
    sessions = [f"arn:aws:sts::{NUMBER}:assumed-role/agent/{name}" for name in ("task", "run")]
    tests = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "StringEquals": {"sts:ExternalId": "x"}}
    agent = role("agent", READS, trust=trusting())
    other = role("other", READS, trust=trusting(*sessions, agent.arn, Condition=tests))
    found = list(of(other, kept(NUMBER, [agent, other], {})))
    assert {(each.ref, each.name) for each in found} == {(Ref("role", "AROAagent"), "agent")}
    assert [each.origin for each in found] == ["statement 1, session task", "statement 1, session run", "statement 1"]
    first, _, whole = (json.loads(each.condition) for each in found)
    assert first == tests | {"StringEquals": {"sts:ExternalId": "x", "aws:userid": "AROAagent:task"}}
    assert whole == tests
