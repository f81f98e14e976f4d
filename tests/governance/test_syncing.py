"""A sync from its start to its end: the first one, what it does not believe, and how it goes on after trouble."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.base import Ref
from connectors.errors import AuthFailed, Transient
from governance import access, clock, syncing
from governance.errors import Conflict, NotAllowed
from governance.ledger import Actor
from governance.models import (
    Account,
    Band,
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
from tests.factories import PersonFactory, PolicyFactory, SystemFactory
from tests.governance.traces import acts_after, held, last_entry

pytestmark = pytest.mark.django_db
State = SyncRun.State


def test_a_first_sync_opens_what_is_there(system, air):
    air.left_out, air.ours = {"catalogue": 12}, [Ref("role", "oid-support"), Ref("role", "oid-base")]
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
    assert system.ours == ["role:oid-base", "role:oid-support"]


def test_a_first_sync_gives_provisional_leases_and_suspects_nothing(system, air):
    syncing.sync(system, connector=air)
    system.refresh_from_db()
    assert system.ours == ["nobody"], "it has told"
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


def test_a_copy_that_may_be_behind_is_not_read(system, air):
    air.lagging = True
    run = syncing.sync(system, connector=air)
    assert (run.state, run.trouble.partition(":")[0], air.reads) == (State.FAILED, "Incomplete", [])


def test_a_run_that_was_broken_off_long_ago_begins_anew(system, air):
    air.trouble = {("grants", 1): Transient("reset")}
    with pytest.raises(Transient):
        syncing.sync(system, connector=air, at=clock.now() - timedelta(days=2))
    assert syncing.sync(system, connector=air).state == State.COMPLETE
    assert list(SyncRun.objects.order_by("pk").values_list("state", flat=True)) == ["failed", "complete"]


@pytest.fixture
def broken_off(system, air) -> SyncRun:
    """A read that has some grants, and is to go on."""
    air.trouble = {("grants", 1): Transient("reset")}
    with pytest.raises(Transient):
        syncing.sync(system, connector=air)
    return SyncRun.objects.get()


def test_a_read_does_not_go_on_where_the_system_is_reached_otherwise(system, air, broken_off):
    system.config = {**system.config, "host": "another"}
    system.save(update_fields=["config"])
    air.reads.clear()
    assert syncing.sync(system, connector=air).state == State.COMPLETE
    broken_off.refresh_from_db()
    assert (broken_off.state, "configuration was changed" in broken_off.trouble) == (State.FAILED, True)
    assert air.reads[0] == ("principals", None)


def test_a_held_read_is_not_taken_over_where_the_system_is_reached_otherwise(system, air, held_run):
    System.objects.filter(pk=system.pk).update(config={"host": "another"})
    with pytest.raises(Conflict, match="configuration was changed"):
        syncing.accept(held_run, by=system.owner)
    system.refresh_from_db()
    assert syncing.sync(system, connector=air) != held_run
    held_run.refresh_from_db()
    assert held_run.state == State.FAILED


def test_a_read_during_which_the_configuration_changes_is_not_taken_over(system, air):
    class Moved(fake.FakeSystem):
        def read(self, stream, cursor=None, limit=500):
            System.objects.filter(pk=system.pk).update(config={"host": "another"})
            return super().read(stream, cursor, limit)

    with pytest.raises(Conflict, match="configuration was changed"):
        syncing.sync(system, connector=Moved(air.principals, air.entitlements, air.grants))
    assert not Grant.objects.exists()


@pytest.mark.parametrize("change", [{"lagging": True}, {"identity": "somebody else"}])
def test_a_read_does_not_go_on_by_another_log_in_or_on_a_copy(system, air, broken_off, change):
    for name, value in change.items():
        setattr(air, name, value)
    run = syncing.sync(system, connector=air)
    assert (run, run.state, run.trouble.partition(":")[0]) == (broken_off, State.FAILED, "Incomplete")
    assert not Grant.objects.exists()


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
