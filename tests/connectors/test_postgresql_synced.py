"""What the connector reads, taken over by syncing: the two understand each other."""

import pytest

from governance import connecting, syncing
from governance.models import Account, Entitlement, Finding, Grant, SyncRun
from tests.connectors.company import REFUND, Company
from tests.factories import PolicyFactory, SystemFactory

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
