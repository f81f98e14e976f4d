"""What was made again under a grant's name, before anybody looked: the grant is gone, and the access is not."""

import json
from dataclasses import replace

import pytest

from connectors.aws import describing, verifying
from connectors.aws.accounts import Document, Holder, Managed, kept
from tests.connectors.aws.account import NUMBER, allow, deny, document, trusting

OBJECTS, QUEUES = allow("s3:GetObject"), allow("sqs:SendMessage")
ARN = f"arn:aws:iam::{NUMBER}:policy/objects"
BOT = Holder("user", "AIDABOT", "bot", f"arn:aws:iam::{NUMBER}:user/bot", "/", None)
READERS = Holder("group", "AGPA1", "readers", f"arn:aws:iam::{NUMBER}:group/readers", "/", None)
WORKER = Holder("role", "AROA1", "worker", f"arn:aws:iam::{NUMBER}:role/worker", "/", None)
AGAIN = ", which was made again under its name"


def text(*statements):
    return json.loads(document(*statements))


def written(*statements):
    return replace(BOT, inline=(Document("own", text(*statements)),))


def attached(instance):
    return replace(BOT, attached=(ARN,)), {ARN: Managed(ARN, instance, "objects", text(OBJECTS))}


def joined(number):
    return replace(BOT, groups=("readers",)), replace(READERS, id=number, inline=written(OBJECTS).inline)


def trusted(number):
    return replace(WORKER, id=number, trust=json.loads(trusting(BOT.arn)))


@pytest.mark.parametrize(
    ("before", "after", "kind", "ways"),
    [
        (([written(OBJECTS)], {}), ([written(OBJECTS | {"Sid": "x"})], {}), "inline", [f"inline policy own{AGAIN}"]),
        (
            ([written(OBJECTS, QUEUES)], {}),
            ([written(QUEUES)], {}),
            "inline",
            [f"inline policy own{AGAIN} (1 of 2 actions)"],
        ),
        (([written(OBJECTS)], {}), ([written(deny("s3:*"))], {}), "inline", []),
        (([written(OBJECTS)], {}), ([written(QUEUES)], {}), "inline", []),
        (
            ([attached("ANPA1")[0]], attached("ANPA1")[1]),
            ([attached("ANPA2")[0]], attached("ANPA2")[1]),
            "policy",
            [f"policy objects{AGAIN}"],
        ),
        (
            ([*joined("AGPA1")], {}),
            ([*joined("AGPA2")], {}),
            "membership",
            [f"inline policy own of the group readers{AGAIN}"],
        ),
        (
            ([BOT, trusted("AROA1")], {}),
            ([BOT, trusted("AROA2")], {}),
            "assume",
            [f"the trust policy of worker names bot{AGAIN}"],
        ),
        (([written(OBJECTS)], {}), ([BOT], {}), "inline", []),
    ],
)
def test_what_was_made_again_is_a_way_as_far_as_it_allows_the_same(before, after, kind, ways):
    held = (each for each in describing.grants(kept(NUMBER, *before)) if each.principal == BOT.ref)
    grant = next(each for each in held if each.entitlement.type == kind)
    found = verifying.look(kept(NUMBER, *after), grant)
    assert not found.direct
    assert [each.text for each in verifying.other_paths(found)] == ways
    assert not list(verifying.other_paths(verifying.look(kept(NUMBER, *before), grant)))


def test_what_a_group_allowed_that_was_deleted_nobody_knows_whoever_has_its_name():
    user, group = joined("AGPA1")
    grant = next(each for each in describing.grants(kept(NUMBER, [user, group], {})) if each.principal == BOT.ref)
    for now, known in (group, True), (replace(group, id="AGPA2"), False):
        assert verifying.known(verifying.look(kept(NUMBER, [BOT, now], {}), grant)) is known
