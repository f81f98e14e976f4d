"""Due dates are locked before findings: a sync that meets a person's decision waits for it, and neither fails."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from governance import due, findings, syncing
from governance.models import Finding, Grant, GrantDue
from tests.connectors import fake
from tests.factories import PolicyFactory, SystemFactory
from tests.governance.meanwhile import alone, somebody_waits

NOW = timezone.now()


def test_a_sync_moves_a_finding_after_the_due_date_that_a_decision_holds(committed):
    PolicyFactory()
    system, air = SystemFactory(), fake.airline()
    syncing.sync(system, connector=air)
    air.redefine(air.entitlements[0], definition_digest="2" * 64)
    syncing.sync(system, connector=air)
    suspected = Finding.objects.filter(check_name="changed")
    grants = Grant.objects.filter(pk__in=suspected.values("grant"))
    air.redefine(air.entitlements[0], definition_digest="3" * 64)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            due.pull(grants, NOW - timedelta(days=1))
            going = pool.submit(alone, lambda: syncing.sync(system, connector=air))
            somebody_waits()
            assert findings.answer(suspected, NOW + timedelta(days=9), NOW) > 0
        assert going.result(timeout=20).state == "complete"
    assert set(suspected.values_list("state", flat=True)) == {"cleared", "open"}, "it has changed again"
    assert set(GrantDue.objects.filter(grant__in=grants).values_list("at", flat=True)) == {NOW - timedelta(days=1)}
