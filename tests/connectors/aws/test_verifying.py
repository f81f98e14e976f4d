"""What was made again under a grant's name, before anybody looked: the grant is gone, and the access is not."""

import json
from dataclasses import replace

import pytest

from connectors.aws import describing, holding, verifying
from connectors.aws.accounts import SUSPENDED, Document, Holder, Managed, kept
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


def test_of_a_membership_it_is_asked_what_came_with_it_and_not_what_the_group_gives_now():
    user, group = joined("AGPA1")
    grant = next(each for each in describing.grants(kept(NUMBER, [user, group], {})) if each.principal == BOT.ref)
    other = replace(group, inline=written(QUEUES).inline)
    for holders, known, ways in (
        ([BOT, group], True, []),
        ([BOT, replace(group, id="AGPA2")], True, []),
        ([BOT, other], False, []),
        ([BOT], False, []),
        ([written(OBJECTS), replace(group, inline=())], True, ["inline policy own"]),
    ):
        found = verifying.look(kept(NUMBER, holders, {}), grant)
        assert (verifying.known(found), [each.text for each in verifying.other_paths(found)]) == (known, ways)
    digests = {
        each.definition_digest
        for now in (group, other)
        for each in describing.entitlements(kept(NUMBER, [now], {}))
        if each.ref == grant.entitlement
    }
    assert len(digests) == 2, "what else comes with it is drift"


def test_who_is_shut_out_has_the_ways_that_it_has_when_it_is_let_in_again():
    holder, policies = attached("ANPA1")
    grant = next(each for each in describing.grants(kept(NUMBER, [holder], policies)) if each.principal == BOT.ref)
    own = written(OBJECTS).inline
    for more in (), (SUSPENDED,):
        bot, worker = (replace(each, inline=(*own, *more)) for each in (BOT, trusted("AROA1")))
        found = verifying.look(kept(NUMBER, [bot, worker], policies), grant)
        assert not found.direct
        assert [each.text for each in verifying.other_paths(found)] == [
            "inline policy own",
            "role worker, which it can assume, by inline policy own",
        ]


def test_a_session_in_a_role_goes_on_whoever_is_shut_out_or_loses_its_way_into_it():
    anybody = replace(WORKER, trust=json.loads(trusting(f"arn:aws:iam::{NUMBER}:root")))
    for statement, goes_on in (allow("sts:AssumeRole"), True), (allow("*"), True), (OBJECTS, False):
        account = kept(NUMBER, [written(statement), anybody], {})
        grant = next(each for each in describing.grants(account) if each.principal == BOT.ref)
        for now in account, kept(NUMBER, [BOT, anybody], {}):
            assert (holding.GOES_ON in verifying.unread(verifying.look(now, grant))) is goes_on
        shut = replace(written(statement), inline=(*written(statement).inline, SUSPENDED))
        assert holding.takes_on(account, holding.able(account, shut)) is goes_on
    named = kept(NUMBER, [BOT, trusted("AROA1")], {})
    assert holding.takes_on(named, holding.able(named, BOT)), "a role may trust it by its name"
    (trust,) = describing.grants(named)
    nobody = replace(WORKER, trust=json.loads(trusting()))
    assert holding.GOES_ON in verifying.unread(verifying.look(kept(NUMBER, [BOT, nobody], {}), trust))


def test_a_path_makes_no_user_one_of_aws():
    path = "/aws-service-role/x/"
    account = kept(NUMBER, [replace(BOT, path=path), replace(WORKER, path=path)], {})
    assert (account.holders, account.linked) == ((replace(BOT, path=path),), 1)
