from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.base import Action, Effect
from connectors.errors import AuthFailed, Transient
from governance import access, clock, syncing
from governance.errors import Conflict, NotAllowed
from governance.ledger import Actor
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
    Lease,
    Seen,
    StagedRecord,
    SyncRun,
    System,
)
from governance.syncing import reading
from tests.connectors import fake
from tests.factories import AgentFactory, ClaimFactory, PersonFactory, PolicyFactory, SystemFactory

pytestmark = pytest.mark.django_db
State = SyncRun.State


@pytest.fixture
def system() -> System:
    PolicyFactory()
    return SystemFactory()


@pytest.fixture
def air() -> fake.FakeSystem:
    return fake.airline()


@pytest.fixture
def synced(system: System, air: fake.FakeSystem) -> System:
    """A system whose first sync lies behind it."""
    assert syncing.sync(system, connector=air).state == State.COMPLETE
    return system


def acts_after(entry: int) -> list[str]:
    return list(Entry.objects.filter(id__gt=entry).order_by("id").values_list("act", flat=True))


def last_entry() -> int:
    return Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0


def held(name: str, of: str = "support") -> Grant:
    return Grant.objects.open().get(entitlement__name=name, account__name=of)


def test_a_first_sync_opens_what_is_there(system, air):
    air.left_out = {"catalogue": 12}
    run = syncing.sync(system, connector=air)
    assert run.state == State.COMPLETE
    assert run.counts["appeared"] == 8
    assert run.streams["entitlements"]["left_out"] == {"catalogue": 24}, "added up over two pages"
    assert run.streams["grants"] == {"cursor": None, "pages": 3, "rows": 8, "complete": True, "left_out": {}}
    assert (run.identity, run.connector_version, len(run.digest)) == ("reader", "1", 64)
    assert Account.objects.filter(system=system, seen="present").count() == 2
    assert EntitlementAction.objects.get(entitlement__name="tool_1").resource == "air.public.tool_1"
    grant = held("tool_1")
    assert (grant.seen, grant.intended, grant.returns_to) == (Seen.PRESENT, Intended.UNDECIDED, None)
    assert (grant.held_since_basis, grant.risk, grant.unit) == ("first_seen", 45, system.unit)
    assert not StagedRecord.objects.exists()
    system.refresh_from_db()
    assert system.first_synced_at == system.synced_at == grant.opened_at
    assert system.capabilities == {"function": ["grants", "revoke"]}


def test_a_first_sync_gives_provisional_leases_and_suspects_nothing(system, air):
    syncing.sync(system, connector=air)
    leases = Lease.objects.all()
    assert leases.count() == 8
    spans = {lease.ends_at - lease.starts_at for lease in leases}
    assert len(spans) > 4, "the ends are spread"
    assert all(timedelta(days=7) <= span <= timedelta(days=60) for span in spans), "60 days is medium's"
    assert {lease.grant.lease_ends_at for lease in leases.select_related("grant")} == {one.ends_at for one in leases}
    assert not Finding.objects.exists()
    assert GrantDue.objects.count() == 8


def test_short_lease_windows_of_a_policy_are_kept(air):
    seconds = dict.fromkeys(Band.values, 5)
    PolicyFactory(stored={"first_lease_seconds": seconds})
    syncing.sync(SystemFactory(), connector=air)
    spans = {lease.ends_at - lease.starts_at for lease in Lease.objects.all()}
    assert spans == {timedelta(seconds=5)}


def test_a_first_sync_tells_of_every_grant_and_then_of_itself(system, air):
    before = last_entry()
    run = syncing.sync(system, connector=air)
    assert acts_after(before) == ["grant.appeared"] * 8 + ["sync.completed"]
    completed = Entry.objects.newest_first()[0]
    assert completed.body["digest"] == run.digest
    assert completed.body["read"]["grants"]["rows"] == 8
    grant = held("tool_1")
    (entry,) = Entry.objects.about(kind="grant", key=grant.pk)
    assert entry.body["basis"] == "first_seen"
    assert "lease_ends_at" in entry.body
    assert {"kind": "sync_run", "id": str(run.pk)} in entry.subjects


def test_the_same_again_changes_nothing(synced, air):
    rows = list(Grant.objects.order_by("pk").values())
    before, digest = last_entry(), SyncRun.objects.get().digest
    run = syncing.sync(synced, connector=air)
    assert acts_after(before) == ["sync.completed"]
    assert list(Grant.objects.order_by("pk").values()) == rows
    assert run.digest == digest
    assert not any(run.counts.values())


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
    assert (finding.severity, finding.unit) == (Band.MEDIUM, grant.unit)
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
    assert Finding.objects.get(grant=grant).check_name == "returned"
    assert syncing.sync(synced, connector=air).counts["returned"] == 0


def test_a_grant_that_waits_for_its_restore_is_not_closed(synced, air):
    grant = held("tool_1")
    Grant.objects.filter(pk=grant.pk).update(intended=Intended.HELD, seen=Seen.ABSENT)
    air.grants.remove(fake.grant(air.principals[0], air.entitlements[1]))
    assert syncing.sync(synced, connector=air).counts["closed"] == 0
    assert held("tool_1") == grant


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


def test_an_incomplete_read_marks_nothing(synced, air):
    air.grants.clear()
    air.truncated = {"grants"}
    run = syncing.sync(synced, connector=air)
    assert run.state == State.FAILED
    assert "Incomplete" in run.trouble
    assert Grant.objects.open().count() == 8
    assert not StagedRecord.objects.exists()
    synced.refresh_from_db()
    assert synced.attempts == 1
    assert "Incomplete" in synced.trouble


def test_grants_of_nobody_known_are_an_incomplete_read(synced, air):
    air.principals.pop()
    run = syncing.sync(synced, connector=air)
    assert (run.state, run.trouble[:18]) == (State.FAILED, "Incomplete: 4 gran")
    assert Account.objects.get(name="billing").seen == "present"


def test_a_shrunken_read_is_held_and_takes_nothing_over(system):
    air = fake.airline(functions=10)
    syncing.sync(system, connector=air)
    del air.grants[3:9]
    run = syncing.sync(system, connector=air)
    assert run.state == State.HELD
    assert run.counts["grants"] == {"missing": 6, "present": 20}
    assert Grant.objects.open().count() == 20
    assert Entry.objects.about(kind="sync_run", key=run.pk).get().act == "sync.held"
    assert syncing.sync(system, connector=air) == run, "nothing is read while it waits"


def test_a_small_fall_is_believed(system):
    air = fake.airline(functions=10)
    syncing.sync(system, connector=air)
    del air.grants[3:8]
    assert syncing.sync(system, connector=air).state == State.COMPLETE


@pytest.fixture
def held_run(system: System) -> SyncRun:
    air = fake.airline(functions=10)
    syncing.sync(system, connector=air)
    del air.grants[3:9]
    return syncing.sync(system, connector=air)


def test_the_systems_owner_accepts_a_held_read(system, held_run):
    run = syncing.accept(held_run, by=system.owner)
    assert (run.state, run.accepted_by, run.counts["closed"]) == (State.COMPLETE, system.owner, 6)
    assert Grant.objects.open().count() == 14
    accepted = Entry.objects.about(kind="sync_run", key=run.pk).get(act="sync.accepted")
    assert accepted.actor_id == str(system.owner.pk)
    with pytest.raises(Conflict):
        syncing.accept(held_run, by=system.owner)


def test_a_governor_discards_a_held_read(system, held_run):
    governor = PersonFactory()
    access.permit(who=governor, unit=system.unit, right=access.Right.GOVERN, actor=Actor.step("test"))
    run = syncing.discard(held_run, by=governor)
    assert run.state == State.DISCARDED
    assert Grant.objects.open().count() == 20
    assert not StagedRecord.objects.exists()
    assert Entry.objects.about(kind="sync_run", key=run.pk).filter(act="sync.discarded").exists()


def test_nobody_else_decides_about_a_held_read(held_run):
    with pytest.raises(NotAllowed):
        syncing.accept(held_run, by=PersonFactory())
    with pytest.raises(NotAllowed):
        syncing.discard(held_run, by=PersonFactory())


def test_a_run_goes_on_after_the_last_page_that_was_kept(system, air):
    air.trouble = {("grants", 1): Transient("reset")}
    with pytest.raises(Transient):
        syncing.sync(system, connector=air)
    run = SyncRun.objects.get()
    assert (run.state, run.streams["grants"]["cursor"], run.streams["grants"]["rows"]) == (State.READING, "1", 3)
    assert not Grant.objects.exists()
    air.reads.clear()
    assert syncing.sync(system, connector=air) == run
    assert air.reads == [("grants", "1"), ("grants", "2")]
    assert Grant.objects.open().count() == 8


def test_what_waiting_cannot_cure_ends_the_run(system, air):
    air.trouble = {("entitlements", 0): AuthFailed("the password is wrong")}
    run = syncing.sync(system, connector=air)
    assert (run.state, run.trouble) == (State.FAILED, "AuthFailed: the password is wrong")


def test_a_run_that_was_broken_off_long_ago_begins_anew(system, air):
    air.trouble = {("grants", 1): Transient("reset")}
    with pytest.raises(Transient):
        syncing.sync(system, connector=air, at=clock.now() - timedelta(days=2))
    assert syncing.sync(system, connector=air).state == State.COMPLETE
    assert list(SyncRun.objects.order_by("pk").values_list("state", flat=True)) == ["failed", "complete"]


def test_a_cursor_that_does_not_move_on_ends_the_run(system, air):
    class Stuck(fake.FakeSystem):
        def read(self, stream, cursor=None, limit=500):
            return replace(super().read(stream, None), next="0")

    run = syncing.sync(system, connector=Stuck(air.principals, air.entitlements, air.grants))
    assert "SchemaDrift" in run.trouble


def test_a_second_worker_on_the_same_run_loses(system, air):
    run = SyncRun.objects.create(system=system, started_at=clock.now())
    stale = SyncRun.objects.get(pk=run.pk)
    page = air.read("principals")
    reading.keep(run, system, "principals", page)
    with pytest.raises(Conflict):
        reading.keep(stale, system, "principals", page)


def test_a_worker_whose_lease_was_taken_writes_nothing(system, air):
    run = SyncRun.objects.create(system=system, started_at=clock.now())
    System.objects.filter(pk=system.pk).update(fence=7)
    with pytest.raises(Conflict):
        reading.keep(run, system, "principals", air.read("principals"))
    assert not StagedRecord.objects.exists()


def test_what_is_shown_twice_is_taken_once(system, air):
    air.grants += air.grants[:2]
    assert syncing.sync(system, connector=air).counts["appeared"] == 8


def test_the_next_sync_is_due_when_policy_says(synced):
    synced.refresh_from_db()
    assert timedelta(minutes=59) < synced.next_at - clock.now() <= timedelta(hours=1)
    assert (synced.leased_until, synced.attempts, synced.trouble) == (None, 0, "")


def test_a_system_that_cannot_be_connected_keeps_its_trouble(system):
    System.objects.update(config={"hosts": []})
    assert syncing.sync_due() == 1
    assert SyncRun.objects.get().state == State.FAILED
