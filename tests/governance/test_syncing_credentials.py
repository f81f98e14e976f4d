"""Credentials that a read shows: taken over, missed, and left alone where a look knows more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.base import Cap, Ref
from connectors.base import Credential as Shown
from governance import clock, syncing
from governance.models import AgentDue, Credential, Finding, SyncRun
from tests.connectors.fake import FakeSystem
from tests.factories import ClaimFactory

pytestmark = pytest.mark.django_db
LISTS = frozenset({Cap.CREDENTIALS, Cap.USAGE})


def key(air: FakeSystem, number: int, holder: int = 0, **more) -> Shown:
    return Shown(Ref("access_key", f"AKIA{number}"), air.principals[holder].ref, "access_key", active=True, **more)


@pytest.fixture
def keyed(air: FakeSystem) -> FakeSystem:
    """Its two log-ins have two keys each."""
    made = clock.now() - timedelta(days=100)
    air.lists = {"access_key": LISTS}
    air.credentials = [key(air, number, number % 2, created_at=made) for number in range(4)]
    return air


@pytest.fixture
def listed(system, keyed):
    """They have been read once."""
    assert syncing.sync(system, connector=keyed).state == SyncRun.State.COMPLETE
    return system


def named(number: int) -> Credential:
    return Credential.objects.select_related("account").get(native_id=f"AKIA{number}")


def test_what_a_read_shows_is_taken_over(listed, keyed):
    run = SyncRun.objects.get()
    assert (run.counts["credentials_appeared"], run.counts["credentials_absent"]) == (4, 0)
    assert run.streams["credentials"] == {"cursor": None, "pages": 2, "rows": 4, "complete": True, "left_out": {}}
    one = named(1)
    assert (one.account.name, one.kind, one.active, one.seen, one.intended) == (
        "billing",
        "access_key",
        True,
        "present",
        "undecided",
    )
    assert (one.created_at, one.last_used_at, one.tracked) == (keyed.credentials[1].created_at, None, True)
    assert one.read_at == run.started_at


def test_no_last_use_says_nothing_where_use_is_not_tracked(system, keyed):
    keyed.lists = {"access_key": frozenset({Cap.CREDENTIALS})}
    keyed.credentials[0] = replace(keyed.credentials[0], last_used_at=clock.now())
    syncing.sync(system, connector=keyed)
    assert (named(0).tracked, named(1).tracked) == (True, False)


def test_the_next_read_brings_it_up_to_date(listed, keyed):
    used = clock.now()
    keyed.credentials[1:3] = [replace(keyed.credentials[1], active=False, last_used_at=used)]
    run = syncing.sync(listed, connector=keyed)
    assert (run.counts["credentials_appeared"], run.counts["credentials_absent"]) == (0, 1)
    assert (named(1).active, named(1).last_used_at) == (False, used)
    assert (named(2).seen, named(3).seen) == ("absent", "present")


@pytest.mark.parametrize("how", ["truncated", "not listed", "of nobody"])
def test_an_incomplete_read_marks_nothing_absent(listed, keyed, how):
    keyed.credentials.pop()
    match how:
        case "truncated":
            keyed.truncated = {"credentials"}
        case "not listed":
            keyed.lists = {}
        case _:
            keyed.credentials[0] = replace(keyed.credentials[0], principal=Ref("role", "nobody"))
    run = syncing.sync(listed, connector=keyed)
    assert (run.state == SyncRun.State.COMPLETE) == (how == "not listed")
    assert "credentials_absent" not in run.counts
    assert set(Credential.objects.values_list("seen", flat=True)) == {"present"}


def test_a_read_that_misses_too_many_is_held(system, keyed):
    keyed.credentials = [key(keyed, number) for number in range(10)]
    syncing.sync(system, connector=keyed)
    del keyed.credentials[2:]
    run = syncing.sync(system, connector=keyed)
    assert (run.state, run.counts["credentials"]) == (SyncRun.State.HELD, {"missing": 8, "present": 10})
    assert Credential.objects.filter(seen="present").count() == 10


def test_what_a_look_has_changed_since_the_read_began_stands(listed, keyed):
    Credential.objects.filter(native_id="AKIA0").update(active=False, seen_at=clock.now() + timedelta(minutes=1))
    gone = Credential.objects.filter(native_id="AKIA1")
    gone.update(seen="absent", seen_at=clock.now() + timedelta(minutes=1))
    syncing.sync(listed, connector=keyed)
    assert (named(0).active, named(1).seen) == (False, "absent")


def test_what_comes_goes_or_is_shut_makes_the_agents_of_its_account_due_and_a_use_does_not(listed, keyed):
    agents = [ClaimFactory(account=named(number).account).agent.pk for number in (0, 1)]
    keyed.credentials[0] = replace(keyed.credentials[0], last_used_at=clock.now())
    assert synced_anew(listed, keyed) == set()
    keyed.credentials[0] = replace(keyed.credentials[0], active=False)
    assert synced_anew(listed, keyed) == {agents[0]}
    gone = keyed.credentials.pop()
    assert synced_anew(listed, keyed) == {agents[1]}
    keyed.credentials.append(replace(gone, ref=Ref("access_key", "AKIA9")))
    assert synced_anew(listed, keyed) == {agents[1]}


def synced_anew(system, connector) -> set[int]:
    """Which agents that makes due."""
    AgentDue.objects.all().delete()
    syncing.sync(system, connector=connector)
    return set(AgentDue.objects.values_list("agent_id", flat=True))


def test_what_was_shut_as_decided_and_can_be_used_again_is_suspected_until_it_is_shut(listed, keyed):
    Credential.objects.update(active=False, intended="gone")
    Credential.objects.filter(native_id="AKIA3").update(intended="undecided")
    keyed.credentials[1] = replace(keyed.credentials[1], active=False)
    syncing.sync(listed, connector=keyed)
    found = Finding.objects.filter(check_name="enabled_again")
    assert sorted(found.values_list("credential__native_id", "state")) == [("AKIA0", "open"), ("AKIA2", "open")]
    keyed.credentials[0] = replace(keyed.credentials[0], active=False)
    syncing.sync(listed, connector=keyed)
    assert sorted(found.values_list("credential__native_id", "state")) == [("AKIA0", "cleared"), ("AKIA2", "open")]
