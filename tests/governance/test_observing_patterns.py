"""Actions that are patterns: which uses they mean, whose grants these speak for, and what a sync makes of them."""

from datetime import timedelta

import pytest

from connectors.base import Action
from governance import clock, observing, syncing
from governance.models import ActionUse, EntitlementAction, GrantDue, GrantUse, Parameters
from governance.observing import Cover
from tests.factories import AccountFactory, AgentFactory, ClaimFactory, EntitlementFactory, GrantFactory
from tests.governance.usage import DAY, event, import_events

pytestmark = pytest.mark.django_db

BUCKET = "arn:aws:s3:::invoices"


@pytest.fixture
def account(source):
    return AccountFactory(system=source.system, native_id="AROATFQR7NSCWCZMFXMXZ", name="reader")


def held(account, *patterns, wild=True):
    """A grant of what these patterns mean."""
    entitlement = EntitlementFactory(system=account.system, native_type="policy", action="")
    for action, resource in patterns:
        entitlement.actions.create(action=action, resource=resource, wild=wild)
    return GrantFactory(account=account, entitlement=entitlement)


def did(account, action, resource, **said):
    return event(account=account.native_id, action=action, resource=resource, **said)


def uses():
    return {each.grant_id: (each.uses, each.shared) for each in GrantUse.objects.all()}


@pytest.mark.parametrize(
    ("pattern", "action", "resource", "meant"),
    [
        (("s3:get*", "*"), "s3:GetObject", f"{BUCKET}/1.pdf", True),
        (("*", "*"), "s3:GetObject", f"{BUCKET}/1.pdf", True),
        (("s3:getobject", f"{BUCKET}/*"), "s3:GetObject", f"{BUCKET}/2026/1.pdf", True),
        (("s3:getobject", f"{BUCKET}/?.pdf"), "s3:GetObject", f"{BUCKET}/1.pdf", True),
        (("s3:getobject", f"{BUCKET}/?.pdf"), "s3:GetObject", f"{BUCKET}/10.pdf", False),
        (("s3:put*", "*"), "s3:GetObject", f"{BUCKET}/1.pdf", False),
        (("s3:get*", f"{BUCKET}_2/*"), "s3:GetObject", f"{BUCKET}-2/1.pdf", False),
        (("s3:get*", f"{BUCKET}%"), "s3:GetObject", f"{BUCKET}/1.pdf", False),
        (("s3:get*", rf"{BUCKET}\*"), "s3:GetObject", rf"{BUCKET}\1", True),
        (("s3:get*", f"{BUCKET}/(a|b).*"), "s3:GetObject", f"{BUCKET}/(a|b).1", True),
    ],
)
def test_a_pattern_means(source, account, pattern, action, resource, meant):
    grant = held(account, pattern)
    imported = import_events(source, did(account, action, resource))
    assert (grant.pk in uses()) is meant
    assert imported.covered is meant, "where nothing is understood nobody is covered"


def test_a_star_that_is_no_pattern_is_a_star(source, account):
    grant = held(account, ("s3:getobject", "*"), wild=False)
    import_events(source, did(account, "s3:GetObject", BUCKET))
    assert uses() == {}
    import_events(source, did(account, "s3:GetObject", "*"))
    assert uses() == {grant.pk: (1, False)}


def test_a_use_is_every_grants_that_could_have_allowed_it_and_said_to_be_shared(source, account):
    everything = held(account, ("*", "*"))
    several = held(account, ("s3:get*", "*"), ("s3:*", f"{BUCKET}/*"), ("s3:getobject", f"{BUCKET}/*"))
    exact = held(account, ("s3:getobject", f"{BUCKET}/1.pdf"), wild=False)
    elsewhere = held(account, ("s3:*", "arn:aws:s3:::wages/*"))
    stranger = held(AccountFactory(system=source.system), ("*", "*"))
    import_events(source, did(account, "s3:GetObject", f"{BUCKET}/1.pdf"))
    assert uses() == {everything.pk: (1, True), several.pk: (1, True), exact.pk: (1, True)}
    import_events(source, did(account, "ec2:RunInstances", "i-1"))
    assert uses()[everything.pk] == (2, False), "it alone could have allowed this"
    assert {elsewhere.pk, stranger.pk}.isdisjoint(uses())


def test_of_what_allows_much_it_is_kept_which_of_its_actions_are_used(source, account):
    source.mapping = {"put_invoice": {"action": "s3:PutObject", "resource": f"{BUCKET}/1.pdf"}}
    source.save()
    wide = held(account, ("s3:get*", "*"), ("s3:putobject", "*"))
    held(account, ("s3:getobject", f"{BUCKET}/1.pdf"), wild=False)  # allows one alone
    read = did(account, "s3:GetObject", f"{BUCKET}/1.pdf", at=DAY)
    import_events(source, read, did(account, "put_invoice", ""), did(account, "s3:PutObject", BUCKET, outcome="denied"))
    import_events(source, did(account, "s3:GetObject", f"{BUCKET}/2.pdf"))
    kept = ActionUse.objects.values_list("grant", "action").order_by("action")
    assert list(kept) == [(wide.pk, "s3:getobject"), (wide.pk, "s3:putobject")]
    first = ActionUse.objects.get(action="s3:getobject")
    assert first.last_used_at > DAY
    assert first.witnessed_at == first.last_used_at, "the system's log says so"


def test_the_first_use_in_a_long_time_makes_it_due_and_later_ones_do_not(source, account):
    wide = held(account, ("s3:*", "*"), ("ec2:*", "*"))
    hour = Cover(clock.now() - timedelta(hours=1), clock.now())

    def made_due():
        GrantDue.objects.all().delete()
        import_events(source, did(account, "s3:GetObject", BUCKET, at=hour.starts_at.isoformat()), interval=hour)
        return GrantDue.objects.filter(grant=wide).exists()

    import_events(source, interval=hour)
    assert [made_due(), made_due()] == [True, False]
    ActionUse.objects.update(last_used_at=clock.now() - timedelta(seconds=Parameters().over_scoped_seconds))
    assert made_due()


def test_what_came_before_its_patterns_are_known_is_found_later(source, account):
    import_events(source, did(account, "s3:GetObject", BUCKET))
    grant = held(account, ("s3:*", "*"))
    assert uses() == {}
    observing.attribute_late(at=clock.now())
    assert uses() == {grant.pk: (1, False)}


def test_the_replay_and_the_card_know_patterns(source, account):
    agent = ClaimFactory(account=account).agent
    grant = held(account, ("s3:get*", f"{BUCKET}/*"))
    runs = [
        {"run": f"r{number}", "agent": agent.name, "started": DAY.isoformat(), "ended": f"{DAY:%Y-%m-%d}T12:00:00Z"}
        for number in (1, 2, 3)
    ]
    done = [did(account, "s3:GetObject", f"{BUCKET}/1.pdf", run="r1"), did(account, "s3:ListBucket", BUCKET, run="r3")]
    import_events(source, *done, did(account, "s3:GetObject", f"{BUCKET}/2.pdf", run="r2"), runs=runs)
    replay = observing.stopped_runs(grant, agent)
    assert (replay.stopped, replay.of, replay.shared) == (2, 3, 0)
    assert "2 times in 30 days" in observing.describe_use(grant=grant, agent=agent).lines["Last used"]
    held(account, ("s3:*", f"{BUCKET}/1*"))
    replay = observing.stopped_runs(grant, agent)
    assert (replay.stopped, replay.shared) == (1, 1)


def test_a_tool_that_nobody_mapped_is_no_action_of_a_pattern_with_a_colon(source, account):
    agent = AgentFactory()
    ClaimFactory(account=account, agent=agent)
    held(account, ("*:*", "*"))
    import_events(source, event(agent=agent.name, action="search_the_web"))
    assert uses() == {}


def test_a_sync_keeps_patterns_and_sees_that_one_became_a_name(synced, air):
    for wild in (True, False):
        told = [Action("S3:Get*", "*", wild, means=1 + wild), Action("s3:get*", "*", wild)]
        air.redefine(air.entitlements[1], actions=told)
        syncing.sync(synced, connector=air)
        act = EntitlementAction.objects.get(entitlement__name="tool_1")
        assert (act.action, act.resource, act.wild, act.means) == ("s3:get*", "*", wild, 1 + wild)
