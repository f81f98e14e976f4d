"""`manage.py state_held_since`: what a person may state, and what contradicts what is known."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.models import Entry, Grant, GrantDue
from tests.factories import AccountFactory, EntitlementFactory, GrantFactory, SystemFactory
from tests.governance.commands import run, written

pytestmark = pytest.mark.django_db

HEADER = "system,account,entitlement,origin,date"
NOW = datetime.now(UTC)
LONG_AGO = f"{NOW - timedelta(days=40):%Y-%m-%d}"


@pytest.fixture
def grant():
    system = SystemFactory(slug="air")
    account = AccountFactory(system=system, name="bot")
    return GrantFactory(
        account=account, entitlement=EntitlementFactory(system=system, name="pay", native_id="air.pay()")
    )


@pytest.mark.parametrize("entitlement", ["pay", "air.pay()"])
def test_a_date_is_stated_ledgered_and_makes_the_grant_due(tmp_path, grant, entitlement):
    was = grant.held_since
    code, _ = run("state_held_since", written(tmp_path, HEADER, f"air,bot,{entitlement},owner,{LONG_AGO}"))
    assert code == 0
    grant.refresh_from_db()
    assert (grant.held_since_basis, f"{grant.held_since:%Y-%m-%d}") == ("stated", LONG_AGO)
    entry = Entry.objects.get(act="held_since.stated")
    assert entry.subjects == [{"kind": "grant", "id": str(grant.pk)}]
    assert entry.body["was"].startswith(f"{was:%Y-%m-%d}")
    assert GrantDue.objects.filter(grant=grant).exists()


def test_the_same_statement_again_writes_nothing(tmp_path, grant):
    path = written(tmp_path, HEADER, f"air,bot,pay,,{LONG_AGO}")
    run("state_held_since", path)
    run("state_held_since", path)
    assert Entry.objects.count() == 1


def test_two_grantors_need_the_origin(tmp_path, grant):
    GrantFactory(account=grant.account, entitlement=grant.entitlement, origin="other")
    code, said = run("state_held_since", written(tmp_path, HEADER, f"air,bot,pay,,{LONG_AGO}"))
    assert code == 1
    assert "line 2: origin is needed: 'pay' is granted to 'bot' by 'other', 'owner'" in said
    assert run("state_held_since", written(tmp_path, HEADER, f"air,bot,pay,other,{LONG_AGO}"))[0] == 0


def test_what_contradicts_is_refused_by_line(tmp_path, grant):
    GrantFactory(
        account=grant.account,
        entitlement=EntitlementFactory(system=grant.account.system, name="known"),
        held_since_basis=Grant.Basis.SOURCE,
    )
    gone = GrantFactory(
        account=grant.account,
        entitlement=EntitlementFactory(system=grant.account.system, name="back"),
        closed_at=NOW - timedelta(days=5),
    )
    GrantFactory(account=grant.account, entitlement=gone.entitlement, returns_to=gone, opened_at=NOW)
    code, said = run(
        "state_held_since",
        written(
            tmp_path,
            HEADER,
            f"air,bot,known,,{LONG_AGO}",
            f"air,bot,back,,{LONG_AGO}",
            f"air,bot,pay,,{NOW:%Y-%m-%d}",
            f"air,bot,pay,nobody,{LONG_AGO}",
            f"air,bot,sing,,{LONG_AGO}",
            f"air,{grant.account.native_id},pay,,long ago",
            f"air,bot,{grant.entitlement.native_id},,2026-01-01T10:00",
        ),
    )
    assert code == 1
    for told in (
        "line 2: date: the system itself says",
        "line 3: date",
        "before it was gone",
        "line 4: date",
        "is after we saw it",
        "line 5: entitlement 'pay' is not granted to 'bot' by 'nobody'",
        "line 6: entitlement 'sing' is not in air",
        "line 7: date 'long ago' is no date",
        "line 8: date '2026-01-01T10:00' has no time zone",
    ):
        assert told in said


def test_a_dry_run_changes_nothing(tmp_path, grant):
    assert run("state_held_since", written(tmp_path, HEADER, f"air,bot,pay,,{LONG_AGO}"), dry_run=True)[0] == 0
    grant.refresh_from_db()
    assert grant.held_since_basis == "first_seen"
