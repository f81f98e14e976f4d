"""What a sync finds otherwise than before: what appeared, is gone, came back, or has changed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.base import Action, Effect, Shown
from governance import clock, syncing
from governance.models import (
    Account,
    Band,
    Entitlement,
    EntitlementAction,
    Entry,
    Finding,
    Grant,
    GrantDue,
    Intended,
    Seen,
    SyncRun,
)
from tests.connectors import fake
from tests.factories import AgentFactory, ClaimFactory
from tests.governance.traces import acts_after, held, last_entry

pytestmark = pytest.mark.django_db
State = SyncRun.State


def test_what_appears_later_has_no_lease_and_is_suspected_at_once(synced, air):
    new = fake.function("refund_all")
    air.entitlements.append(new)
    air.grants.append(fake.grant(air.principals[0], new))
    GrantDue.objects.all().delete()
    ClaimFactory(account=held("tool_1").account)
    run = syncing.sync(synced, connector=air)
    assert (run.counts["appeared"], run.counts["closed"]) == (1, 0)
    grant = held("refund_all")
    assert grant.lease_ends_at is None
    assert not grant.leases.exists()
    finding = Finding.objects.get()
    assert (finding.check_name, finding.grant, finding.state) == ("appeared", grant, "open")
    assert (finding.severity, finding.unit) == (Band.HIGH, grant.unit), "it moves money, by its name"
    assert Entry.objects.about(kind="finding", key=finding.pk).get().act == "finding.raised"
    due = set(GrantDue.objects.values_list("grant", flat=True))
    assert due == set(Grant.objects.filter(account=grant.account).values_list("pk", flat=True)), (
        "the agent's others too"
    )


def test_a_deny_is_a_fact_and_no_question(synced, air):
    air.grants.append(fake.grant(air.principals[0], air.entitlements[0], origin="guard", effect=Effect.DENY))
    assert syncing.sync(synced, connector=air).counts["appeared"] == 1
    assert not Finding.objects.exists()


def test_what_is_gone_is_closed_and_its_findings_cleared(synced, air):
    grant = held("tool_1")
    finding = Finding.objects.create(
        check_name="never_used", grant=grant, unit=grant.unit, severity="low", raised_at=clock.now()
    )
    air.grants.remove(fake.grant(air.principals[0], air.entitlements[1]))
    run = syncing.sync(synced, connector=air)
    assert run.counts["closed"] == 1
    grant.refresh_from_db()
    finding.refresh_from_db()
    assert (grant.seen, grant.closed_at is not None, grant.intended) == ("absent", True, "undecided")
    assert finding.state == "cleared"
    assert not GrantDue.objects.filter(grant=grant).exists()
    closed = Entry.objects.about(kind="grant", key=grant.pk).get(act="grant.closed")
    assert closed.body == {"because": "removed outside"}


def test_what_people_decided_to_end_says_so(synced, air):
    grant = held("tool_1")
    Grant.objects.filter(pk=grant.pk).update(intended=Intended.GONE)
    air.grants.remove(fake.grant(air.principals[0], air.entitlements[1]))
    syncing.sync(synced, connector=air)
    closed = Entry.objects.about(kind="grant", key=grant.pk).get(act="grant.closed")
    assert closed.body == {"because": "removed as decided"}


def test_what_comes_back_is_a_new_grant_without_a_lease(synced, air):
    old, record = held("tool_1"), fake.grant(air.principals[0], air.entitlements[1])
    air.grants.remove(record)
    syncing.sync(synced, connector=air)
    air.grants.append(record)
    run = syncing.sync(synced, connector=air)
    assert (run.counts["returned"], run.counts["appeared"]) == (1, 0)
    new = held("tool_1")
    assert (new.returns_to, new.lease_ends_at, new.seen) == (old, None, "present")
    finding = Finding.objects.get(grant=new)
    assert finding.check_name == "returned"
    assert "closed_at" in finding.facts
    assert Entry.objects.about(kind="grant", key=new.pk).filter(act="grant.returned").exists()


def test_another_instance_of_the_same_is_another_grant(synced, air):
    old = held("tool_1")
    air.change(fake.grant(air.principals[0], air.entitlements[1]), instance="another OID")
    run = syncing.sync(synced, connector=air)
    assert (run.counts["returned"], run.counts["closed"]) == (1, 1)
    new = held("tool_1")
    assert (new.returns_to, new.instance, new.lease_ends_at) == (old, "another OID", None)
    assert Finding.objects.get().check_name == "returned"
    closed = Entry.objects.about(kind="grant", key=old.pk).get(act="grant.closed")
    assert closed.body == {"because": "replaced by another instance"}


def test_an_instance_that_becomes_known_is_no_new_grant(synced, air):
    Grant.objects.update(instance="")
    assert syncing.sync(synced, connector=air).counts["returned"] == 0
    assert held("tool_1").instance == "oid of tool_1"


def test_a_suspended_grant_stays_open_while_it_is_absent(synced, air):
    grant = held("tool_1")
    Grant.objects.filter(pk=grant.pk).update(intended=Intended.SUSPENDED)
    air.grants.remove(fake.grant(air.principals[0], air.entitlements[1]))
    before = last_entry()
    syncing.sync(synced, connector=air)
    grant.refresh_from_db()
    assert (grant.seen, grant.closed_at) == ("absent", None)
    assert acts_after(before) == ["sync.completed"]


def test_a_suspended_grant_that_somebody_gives_back_outside_is_suspected(synced, air):
    grant = held("tool_1")
    Grant.objects.filter(pk=grant.pk).update(intended=Intended.SUSPENDED, seen=Seen.ABSENT)
    run = syncing.sync(synced, connector=air)
    grant.refresh_from_db()
    assert (grant.seen, grant.intended, run.counts["returned"]) == ("present", "suspended", 1)
    assert grant.resumed_at == grant.seen_at
    assert Finding.objects.get(grant=grant).check_name == "returned"
    assert syncing.sync(synced, connector=air).counts["returned"] == 0


def test_a_grant_that_waits_for_its_restore_is_not_closed(synced, air):
    grant = held("tool_1")
    Grant.objects.filter(pk=grant.pk).update(intended=Intended.HELD, seen=Seen.ABSENT)
    air.grants.remove(fake.grant(air.principals[0], air.entitlements[1]))
    assert syncing.sync(synced, connector=air).counts["closed"] == 0
    assert held("tool_1") == grant


def test_what_is_not_suspended_any_more_and_still_not_there_was_removed_outside(synced, air):
    grant = held("tool_1")
    Grant.objects.filter(pk=grant.pk).update(intended=Intended.UNDECIDED, seen=Seen.ABSENT)
    assert Grant.objects.filter(pk=grant.pk).doubt() == 1
    air.grants.remove(fake.grant(air.principals[0], air.entitlements[1]))
    assert syncing.sync(synced, connector=air).counts["closed"] == 1
    grant.refresh_from_db()
    assert (grant.seen, grant.closed_at is None) == (Seen.ABSENT, False)
    assert Entry.objects.about(kind="grant", key=grant.pk).get(act="grant.closed").body["because"] == "removed outside"


@pytest.mark.parametrize("closed", [True, False])
def test_what_a_look_saw_after_the_reading_began_stands(synced, air, closed):
    grant = held("tool_1")
    began = clock.now()
    look = {"seen": Seen.ABSENT, "seen_at": began + timedelta(seconds=1), "intended": Intended.SUSPENDED}
    if closed:
        look |= {"closed_at": began + timedelta(seconds=1), "intended": Intended.GONE}
    Grant.objects.filter(pk=grant.pk).update(**look)
    run = syncing.sync(synced, connector=air, at=began)
    assert (run.counts["returned"], run.counts["appeared"], run.counts["closed"]) == (0, 0, 0)
    grant.refresh_from_db()
    assert grant.seen == Seen.ABSENT
    assert not Finding.objects.exists()


def test_a_changed_body_is_suspected_of_every_holder(synced, air):
    air.redefine(air.entitlements[1], definition_digest="2" * 64)
    run = syncing.sync(synced, connector=air)
    assert run.counts["changed"] == 2
    finding = Finding.objects.get(grant=held("tool_1", "billing"))
    assert finding.check_name == "changed"
    assert finding.facts["changed"] == ["definition"]
    redefined = Entitlement.objects.exclude(redefined_at=None)
    assert [each.pk for each in redefined] == [finding.grant.entitlement_id], "the others are what they were"
    assert finding.facts["before"] == {"definition": "1" * 64}
    assert finding.facts["after"] == {"definition": "2" * 64}
    assert Entitlement.objects.get(name="tool_1").definition_digest == "2" * 64
    entry = Entry.objects.about(kind="grant", key=finding.grant_id).get(act="grant.changed")
    assert entry.body["after"] == {"definition": "2" * 64}


def test_a_second_change_is_asked_about_again(synced, air):
    air.redefine(air.entitlements[1], definition_digest="2" * 64)
    syncing.sync(synced, connector=air)
    Finding.objects.update(state="answered")
    air.redefine(air.entitlements[1], definition_digest="3" * 64)
    syncing.sync(synced, connector=air)
    finding = Finding.objects.uncleared().get(grant=held("tool_1"))
    assert (finding.state, finding.facts["before"]) == ("open", {"definition": "2" * 64})


def test_a_changed_condition_is_suspected(synced, air):
    air.change(air.grants[1], condition="only on Mondays")
    run = syncing.sync(synced, connector=air)
    assert (run.counts["changed"], run.counts["returned"]) == (1, 0)
    finding = Finding.objects.get()
    assert (finding.check_name, finding.facts["after"]) == ("changed", {"condition": "only on Mondays"})
    assert held("tool_1").condition == "only on Mondays"


def test_what_only_restoring_needs_changes_in_silence(synced, air):
    air.change(air.grants[1], native={"inherit": False}, version="7", revocable=False)
    before = last_entry()
    syncing.sync(synced, connector=air)
    grant = held("tool_1")
    assert (grant.native, grant.version, grant.revocable) == ({"inherit": False}, "7", False)
    assert acts_after(before) == ["sync.completed"]


def test_a_grant_that_can_newly_be_passed_on_is_suspected(synced, air):
    air.change(air.grants[1], native={"grantable": True})
    run = syncing.sync(synced, connector=air)
    assert run.counts["changed"] == 1
    finding = Finding.objects.get()
    assert (finding.grant, finding.facts["changed"]) == (held("tool_1"), ["the right to pass it on"])
    assert Entry.objects.about(kind="grant", key=finding.grant_id).get(act="grant.changed").body["after"] == {
        "the right to pass it on": "yes"
    }
    assert syncing.sync(synced, connector=air).counts["changed"] == 0


def test_that_it_cannot_be_passed_on_any_more_is_nothing_to_ask_about(synced, air):
    Grant.objects.update(native={"grantable": True})
    air.change(air.grants[1], native={"grantable": False})
    assert syncing.sync(synced, connector=air).counts["changed"] == 0
    assert held("tool_1").native == {"grantable": False}
    assert not Finding.objects.exists()


def test_a_date_that_the_system_tells_counts_and_a_stated_one_stands(system, air):
    long_ago = clock.now() - timedelta(days=400)
    air.change(air.grants[1], held_since=long_ago)
    syncing.sync(system, connector=air)
    assert (held("tool_1").held_since, held("tool_1").held_since_basis) == (long_ago, "source")
    stated = long_ago - timedelta(days=5)
    Grant.objects.update(held_since=stated, held_since_basis="stated")
    syncing.sync(system, connector=air)
    assert (held("tool_1").held_since, held("tool_1").held_since_basis) == (stated, "stated")


def test_actions_are_kept_in_step(synced, air):
    air.redefine(air.entitlements[1], actions=[Action("call", "air.public.tool_1")])
    syncing.sync(synced, connector=air)
    actions = EntitlementAction.objects.filter(entitlement__name="tool_1")
    assert [(each.action, each.resource) for each in actions] == [("call", "air.public.tool_1")]
    assert EntitlementAction.objects.count() == 4


def test_of_what_an_entitlement_allows_something_else_its_grants_are_looked_at_again(synced, air):
    GrantDue.objects.all().delete()
    told = air.entitlements[1].actions
    air.redefine(air.entitlements[1], actions=[replace(each, shown=Shown.IF_SET) for each in told])
    air.redefine(air.entitlements[2], actions=[*air.entitlements[2].actions, Action("call", "air.public.tool_2")])
    syncing.sync(synced, connector=air)
    held_by_all = Grant.objects.filter(entitlement__name__in=["tool_1", "tool_2"])
    assert set(GrantDue.objects.values_list("grant", flat=True)) == set(held_by_all.values_list("pk", flat=True))
    GrantDue.objects.all().delete()
    syncing.sync(synced, connector=air)
    assert not GrantDue.objects.exists()


def test_an_account_that_vanishes_is_absent_and_never_deleted(synced, air):
    gone = air.principals.pop()
    air.grants = [each for each in air.grants if each.principal != gone.ref]
    syncing.sync(synced, connector=air)
    assert Account.objects.get(name="billing").seen == "absent"
    assert Grant.objects.open().filter(account__name="billing").count() == 0
    assert SyncRun.objects.filter(state=State.COMPLETE).count() == 2


def test_a_renamed_account_is_the_same_account(synced, air):
    account = Account.objects.get(name="billing")
    air.principals[1] = replace(air.principals[1], name="invoices", enabled=False)
    syncing.sync(synced, connector=air)
    account.refresh_from_db()
    assert (account.name, account.enabled) == ("invoices", False)


def test_the_unit_is_the_only_agents_or_the_systems(synced, air):
    account = Account.objects.get(name="support")
    first = AgentFactory()
    ClaimFactory(account=account, agent=first)
    syncing.sync(synced, connector=air)
    assert held("tool_1").unit == first.unit
    ClaimFactory(account=account)
    syncing.sync(synced, connector=air)
    assert held("tool_1").unit == synced.unit
