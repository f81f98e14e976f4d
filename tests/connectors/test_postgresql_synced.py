"""What the connector reads, taken over by syncing: the two understand each other."""

import pytest

from governance import checking, claiming, clock, connecting, reaching, syncing
from governance.models import Account, Entitlement, Finding, Grant, SyncRun, System
from governance.policy.subjects import accounts, unclaimed
from tests.connectors.company import REFUND, Company
from tests.factories import AccountFactory, PersonFactory, PolicyFactory, SystemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def system(airline: Company):
    PolicyFactory()
    return SystemFactory()


def test_a_cluster_is_taken_over_and_stays_as_it_is(airline, system):
    run = syncing.sync(system, connector=airline.connector())
    assert run.state == SyncRun.State.COMPLETE, run.trouble
    grant = Grant.objects.get(entitlement__native_id=REFUND, account__name="agent")
    assert (grant.seen, grant.effect, grant.revocable) == ("present", "allow", True)
    assert grant.instance
    assert Account.objects.get(kind="everyone").native_id == "0"
    assert len(Entitlement.objects.get(native_id=REFUND).definition_digest) == 64
    again = syncing.sync(system, connector=airline.connector())
    assert not any(again.counts.values())
    assert again.digest == run.digest


def test_a_revoked_grant_is_closed_and_comes_back_as_another(airline, system):
    syncing.sync(system, connector=airline.connector())
    airline.do("REVOKE EXECUTE ON FUNCTION air.refund_payment FROM agent", airline.database)
    assert syncing.sync(system, connector=airline.connector()).counts["closed"] == 1
    airline.do("SET ROLE air_owner; GRANT EXECUTE ON FUNCTION air.refund_payment TO agent", airline.database)
    assert syncing.sync(system, connector=airline.connector()).counts["returned"] == 1
    assert Finding.objects.get().check_name == "returned"


def test_a_row_is_enough_to_verify_and_to_revoke(airline, system):
    syncing.sync(system, connector=airline.connector())
    row = Grant.objects.get(entitlement__native_id=REFUND, account__name="agent")
    grant = connecting.as_held(row)
    connector = airline.connector()
    assert connector.verify(grant).direct == "present"
    connector.revoke(grant, idem_key="1")
    assert connector.verify(grant).direct == "absent"


def test_what_may_sign_in_and_is_nobodys_is_found(airline, system):
    rosa = PersonFactory(name="Rosa Reyes")
    airline.do("COMMENT ON ROLE dba_two IS 'second administrator, ask Rosa Reyes'; GRANT air_owner TO dba_two")
    airline.do("ALTER ROLE other_agent CREATEROLE BYPASSRLS; CREATE ROLE clerk LOGIN")
    syncing.sync(system, connector=airline.connector())
    ours = SyncRun.objects.get().identity
    nobodys = {account.name: account for account in unclaimed(accounts())}
    assert {"agent", "other_agent", "dba_two"} <= nobodys.keys()
    assert not {ours, "PUBLIC", "air_owner", "airline_agents"} & nobodys.keys()
    assert claiming.named_in(nobodys["dba_two"]) == [rosa]
    maker = nobodys["other_agent"]
    assert [each["name"] for each in maker.abilities] == ["CREATEROLE", "BYPASSRLS"]
    assert maker.own_risk == maker.abilities[0]["risk"] == (75 if airline.version >= 16_0000 else 95)
    checking.check_accounts()
    assert Finding.objects.get(account=maker).facts["holds"] == "CREATEROLE"
    checking.check_accounts()
    found = Finding.objects.filter(check_name="unclaimed").values_list("account__name", flat=True)
    assert {"dba_two", "agent"} <= set(found), "one has a schema of its own, the other moves money, by its tool's name"
    assert "clerk" not in found


def test_our_number_in_one_system_is_nothing_in_another(airline, system):
    syncing.sync(system, connector=airline.connector())
    ours = Account.objects.get(system=system, name=SyncRun.objects.get().identity)
    other = AccountFactory(name=ours.name, native_type=ours.native_type, native_id=ours.native_id)
    assert other in accounts()
    assert ours not in accounts()


def test_what_an_account_reaches_is_what_it_can_do(airline, system):
    options = airline.version >= 160_000
    inherit, becomes = (" WITH INHERIT TRUE, SET FALSE", " WITH INHERIT FALSE, SET TRUE") if options else ("", "")
    airline.do(f"""
        CREATE ROLE root SUPERUSER;
        CREATE ROLE passes BYPASSRLS;
        CREATE ROLE middle;
        CREATE ROLE keeper;
        CREATE SCHEMA hidden AUTHORIZATION keeper;
        CREATE TABLE hidden.notes (line text);
        GRANT SELECT ON hidden.notes TO PUBLIC;
        GRANT root TO dba_two{inherit};
        GRANT middle TO agent{inherit};
        GRANT root, passes TO middle{becomes};
        GRANT pg_read_all_data TO other_agent;
        GRANT SELECT ON pg_authid TO other_agent;
    """)
    System.objects.filter(pk=system.pk).update(config=airline.config())
    system.refresh_from_db()
    syncing.sync(system, connector=airline.connector())
    people = ("agent", "dba_two", "other_agent")
    reached = {name: reaching.reach_from([Account.objects.get(name=name).pk], at=clock.now()) for name in people}
    superusers = {name for name in people if any(each.everything for each in reached[name])}
    assert superusers == {name for name in people if airline.can(name, "SET ROLE root")}
    assert bool(reached["agent"].abilities) == airline.can("agent", "SET ROLE passes")
    found = {each.entitlement.native_id: each for each in reached["other_agent"]}
    assert (
        found["*:membership:pg_read_all_data"].implies == "It reads every table, view and sequence of every database."
    )
    assert not found["airline:table:pg_catalog.pg_authid:SELECT"].lacks  # that its schema is open is not listed
    notes = found["airline:table:hidden.notes:SELECT"]
    assert (notes.lacks, notes.through_everyone) == (("USAGE on schema hidden",), True)
