"""What denies stays: nothing is taken away by us that would open more than it shuts, and no name hides a right."""

import json

import pytest

from connectors.aws import mending
from connectors.base import Effect, Outcome, Principal, State, read_all
from connectors.errors import Conflict, Refused, Unsupported
from tests.connectors.aws.account import allow, deny, document

KEY, OURS = "the same act, tried again", "CountersignSuspended"
QUEUES, SHUT, TOPICS = allow("sqs:ListQueues"), deny("sqs:ListQueues"), allow("sns:ListTopics")


@pytest.fixture
def bot(aws):
    """A user that is in a group, and may list queues."""
    aws.user("bot", QUEUES)
    with aws.unguarded() as iam:
        iam.create_group(GroupName="restricted")
        iam.add_user_to_group(GroupName="restricted", UserName="bot")
    return aws


def lists(aws):
    return aws.can("sqs", "list_queues", aws.keys["bot"])


def put(aws, name, *statements):
    with aws.unguarded() as iam:
        iam.put_user_policy(UserName="bot", PolicyName=name, PolicyDocument=document(*statements))


def of_the_group(aws, *statements):
    with aws.unguarded() as iam:
        iam.put_group_policy(GroupName="restricted", PolicyName="p", PolicyDocument=document(*statements))
    return aws.grant("bot", "restricted")


def listed(aws) -> Principal:
    found = (each for each in read_all(aws.connector(), "principals") if isinstance(each, Principal))
    return next(each for each in found if each.name == "bot")


@pytest.mark.parametrize("how", ["attached", "inline", "membership"])
def test_what_also_denies_is_not_taken_away_by_us(bot, how):
    if how == "attached":
        arn = bot.policy("mixed", TOPICS, SHUT)
        with bot.unguarded() as iam:
            iam.attach_user_policy(UserName="bot", PolicyArn=arn)
        grant = bot.grant("bot", arn)
    elif how == "inline":
        put(bot, "mixed", TOPICS, SHUT)
        grant = bot.grant("bot", "user/bot/mixed")
    else:
        grant = of_the_group(bot, TOPICS, SHUT)
    assert (grant.effect, grant.revocable) == (Effect.ALLOW, False)
    for dry_run in (True, False):
        with pytest.raises(Unsupported, match="also denies sqs:ListQueues: without it that may be possible"):
            bot.connector().revoke(grant, idem_key=KEY, dry_run=dry_run)
    assert not lists(bot)
    assert bot.connector().verify(grant).direct == State.PRESENT
    remedy = mending.take_away(grant)
    assert remedy is not None
    assert "put-user-policy --user-name bot --policy-name kept-denials" in remedy.text.splitlines()[1]
    assert "What denies has to stay." in remedy.effect


def test_a_group_that_only_denies_gives_nothing_and_one_that_came_to_deny_is_left(bot):
    empty = bot.grant("bot", "restricted")
    assert (empty.effect, empty.revocable) == (Effect.ALLOW, True)
    only = of_the_group(bot, {"Effect": "Deny", "NotAction": ["sns:*", "s3:*"], "Resource": "*"})
    assert (only.effect, only.revocable) == (Effect.DENY, False)
    assert only.by_hand.startswith("The group restricted also denies all but sns:*, s3:*: ")
    assert mending.take_away(only) is None
    with pytest.raises(Conflict, match="restricted is not what it was"):
        bot.connector().revoke(empty, idem_key=KEY)  # as it was listed before
    assert not lists(bot)


@pytest.fixture
def namesake(bot):
    """The grant of a policy that somebody else wrote under our name, and that alone lets the bot list queues."""
    put(bot, "own", TOPICS)
    put(bot, OURS, QUEUES)
    return bot.grant("bot", f"user/bot/{OURS}")


def test_another_text_under_our_name_is_a_grant_and_not_ours_to_delete(bot, namesake):
    assert (namesake.effect, namesake.revocable) == (Effect.ALLOW, True)
    assert listed(bot).enabled
    assert bot.connector().read("grants").left_out == {}
    with pytest.raises(Refused, match="not ours to delete"):
        bot.connector().enable_principal(listed(bot).ref, idem_key=KEY)
    assert lists(bot)


def test_another_text_under_our_name_saves_nobody_and_does_not_come_back_over_ours(bot, namesake):
    connector, ref = bot.connector(), listed(bot).ref
    shut = connector.disable_principal(ref, idem_key=KEY)
    assert shut.outcome == Outcome.DONE
    assert json.loads(shut.before["written_over"]) == namesake.native["document"]
    assert not lists(bot)
    assert not bot.can("sns", "list_topics", bot.keys["bot"])
    assert connector.verify_principal(ref).direct == State.ABSENT
    assert connector.disable_principal(ref, idem_key=KEY).outcome == Outcome.ALREADY
    back = {"holder": "bot", "instance": namesake.instance, "document": shut.before["written_over"]}
    with pytest.raises(Refused, match="let it in first"):
        connector.restore(namesake, back, idem_key=KEY)
    assert connector.revoke(namesake, idem_key=KEY).outcome == Outcome.ALREADY
    assert connector.verify_principal(ref).direct == State.ABSENT, (
        "what is gone already is not looked for under that name"
    )


def test_a_group_is_not_shut_out_so_that_our_very_text_is_a_denial_of_its_own(bot):
    connector = bot.connector()
    connector.disable_principal(listed(bot).ref, idem_key=KEY)
    with bot.unguarded() as iam:
        text = iam.get_user_policy(UserName="bot", PolicyName=OURS)["PolicyDocument"]
        iam.put_group_policy(GroupName="restricted", PolicyName=OURS, PolicyDocument=json.dumps(text))
    connector.enable_principal(listed(bot).ref, idem_key=KEY)
    assert not lists(bot)
    assert bot.grant("restricted", f"group/restricted/{OURS}").effect == Effect.DENY
    assert bot.grant("bot", "restricted").effect == Effect.DENY
    assert connector.read("grants").left_out == {}
