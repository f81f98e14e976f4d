"""What is known of an account that no agent claims."""

from datetime import UTC, date, datetime, timedelta

import pytest

from governance import claiming
from governance.models import Account, Agent, Grant, UsageDay
from tests.factories import AccountFactory, GrantFactory, PersonFactory, SourceFactory, SystemFactory

pytestmark = pytest.mark.django_db
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)


def lines(account):
    return claiming.of_one(Account.objects.select_related("system").get(pk=account.pk)).lines


def test_what_weighs_most_is_named_with_its_risk():
    account = AccountFactory()
    for name, risk in (("read", 30), ("superuser", 90), ("own", 70), ("run", 45), ("see", 15)):
        GrantFactory(account=account, entitlement__name=name, risk=risk)
    GrantFactory(account=account, entitlement__name="gone", risk=99, seen="absent")
    assert lines(account)["Riskiest grants"] == "superuser (critical), own (high), run (medium) and 2 more grants"
    assert claiming.of_one(account).power.band == "critical"


def test_what_an_account_may_by_itself_weighs_too():
    abilities = [{"name": "CREATEROLE", "says": "it may make roles", "risk": 75}]
    account = AccountFactory(abilities=abilities, own_risk=75)
    assert lines(account)["Riskiest grants"] == "CREATEROLE (high)"
    for risk in (90, 70, 45):
        GrantFactory(account=account, entitlement__name=f"thing {risk}", risk=risk)
    told = "thing 90 (critical), CREATEROLE (high), thing 70 (high) and 1 more grant"
    assert lines(account)["Riskiest grants"] == told


def test_what_holds_nothing_says_so():
    account = AccountFactory()
    assert lines(account)["Riskiest grants"] == "Nothing that we know of"
    assert lines(account)["Could be"] == "No agent that we know of suggests itself"
    assert lines(account)["Owner hint"] == "None: the system has no remark on it"


def used(account, called, day):
    system = {"system": account.system, "native_account": called}
    UsageDay.objects.create(**system, action="execute", resource="refund", day=day, allowed=1)


@pytest.mark.parametrize("called", ["native_id", "name"])
def test_the_last_use_is_told_by_whichever_name(called):
    account = AccountFactory()
    used(account, getattr(account, called), date(2026, 11, 3))
    used(account, getattr(account, called), date(2026, 11, 2))
    used(AccountFactory(), getattr(account, called), date(2026, 11, 9))
    assert lines(account)["Last used"] == "3 Nov 2026"


def test_without_a_log_its_use_is_not_observable():
    account = AccountFactory(system__name="Airline")
    SourceFactory(system=account.system, provenance="agent").coverage.create(
        system=account.system, starts_at=NOVEMBER, ends_at=NOVEMBER + timedelta(days=1)
    )
    assert lines(account)["Last used"] == "Not observable: no log of Airline is read"


def test_with_a_log_it_is_said_what_the_log_told_of():
    account = AccountFactory(system__name="Airline")
    SourceFactory(system=account.system).coverage.create(
        system=account.system, starts_at=NOVEMBER, ends_at=NOVEMBER + timedelta(days=9)
    )
    assert lines(account)["Last used"] == "Never seen; the log of Airline told of 1 Nov 2026 to 10 Nov 2026"


def test_gaps_in_a_log_are_told():
    account = AccountFactory(system__name="Airline")
    source = SourceFactory(system=account.system)
    for day, days in ((0, 1), (1, 2), (2, 3), (20, 1)):  # the first three meet or overlap
        start = NOVEMBER + timedelta(days=day)
        source.coverage.create(system=account.system, starts_at=start, ends_at=start + timedelta(days=days))
    gaps = "1 Nov 2026 to 6 Nov 2026; and 21 Nov 2026 to 22 Nov 2026; not observable in between"
    assert lines(account)["Last used"] == f"Never seen; the log of Airline told of {gaps}"
    for day in (40, 60):
        start = NOVEMBER + timedelta(days=day)
        source.coverage.create(system=account.system, starts_at=start, ends_at=start + timedelta(days=1))
    assert lines(account)["Last used"].endswith(
        "31 Dec 2026 to 1 Jan 2027; 1 earlier time besides; not observable in between"
    )


@pytest.mark.parametrize(
    ("enabled", "words"), [(True, "may sign in"), (False, "is shut"), (None, "may sign in, as far as the system says")]
)
def test_whether_it_may_sign_in_is_said(enabled, words):
    account = AccountFactory(system__name="Airline", enabled=enabled)
    assert lines(account)["Is"] == f"Log-in of Airline; {words}"


def test_a_thousand_accounts_take_as_many_queries_as_one(django_assert_max_num_queries):
    system = SystemFactory()
    Agent.objects.bulk_create(
        Agent(name=f"worker-{number}", unit=system.unit, registered_at=NOVEMBER) for number in range(200)
    )
    PersonFactory(name="Rosa Reyes")
    accounts = Account.objects.bulk_create(
        Account(
            system=system,
            native_type="role",
            native_id=str(number),
            kind="login",
            name=f"svc_worker_{number % 400}_{number // 400}",
            enabled=True,
            owner_hints=[f"Nightly work number {number}, ask Rosa Reyes about it"],
        )
        for number in range(1000)
    )
    entitlement = GrantFactory(account=accounts[0]).entitlement
    Grant.objects.bulk_create(
        Grant(
            account=account,
            entitlement=entitlement,
            held_since=NOVEMBER,
            opened_at=NOVEMBER,
            unit=system.unit,
            risk=60,
            origin="x",
        )
        for account in accounts
    )
    with django_assert_max_num_queries(9):
        found = list(claiming.known(accounts))
    assert len(found) == 1000
    assert [person.name for person in found[7].people] == ["Rosa Reyes"]
    assert found[7].suggestions[0].agent == "worker-7"
