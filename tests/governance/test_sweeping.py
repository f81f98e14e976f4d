"""Sweeping: one bad row is that row's trouble; only a lost connection ends the sweep."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction

from governance.models import System
from governance.sweeping import sweep
from tests.factories import SystemFactory
from tests.governance.meanwhile import alone


def troubles() -> list[str]:
    return list(System.objects.order_by("next_at").values_list("trouble", flat=True))


def act_on(bad: System, statement: str):
    """act(row): on this row, something that the database refuses."""

    def act(row: System) -> None:
        with transaction.atomic():
            if row == bad:
                with connection.cursor() as cursor:
                    cursor.execute(statement)
            System.objects.filter(pk=row.pk).update(next_at="2099-01-01T00:00Z", leased_until=None)

    return act


def swept(act) -> int:
    return sweep(System.objects.claim_due, act)


@pytest.mark.django_db
def test_a_row_that_raises_keeps_its_trouble_and_the_next_is_done():
    bad, good = SystemFactory.create_batch(2)
    assert swept(act_on(bad, "SELECT 1/0")) == 1
    bad.refresh_from_db()
    assert (bad.attempts, bad.leased_until) == (1, None)
    assert bad.trouble.startswith("DataError: division by zero")
    good.refresh_from_db()
    assert (good.attempts, good.trouble) == (0, "")


def test_a_lock_that_is_not_to_be_had_is_the_rows_trouble_and_the_sweep_goes_on(committed):
    bad, good = SystemFactory.create_batch(2)
    wanted = SystemFactory(active=False)
    lock = f"SELECT FROM governance_system WHERE id = {wanted.pk} FOR UPDATE"
    act = act_on(bad, f"SET LOCAL lock_timeout = '50ms'; {lock}")
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        System.objects.select_for_update().get(pk=wanted.pk)
        assert pool.submit(alone, lambda: swept(act)).result(timeout=20) == 1
    bad.refresh_from_db()
    assert bad.trouble.startswith("OperationalError: canceling statement due to lock timeout")
    assert (bad.attempts, bad.leased_until) == (1, None)
    good.refresh_from_db()
    assert (good.next_at.year, good.trouble) == (2099, "")


def test_a_lost_connection_ends_the_sweep_and_blames_no_row(committed):
    bad, _ = SystemFactory.create_batch(2)
    with pytest.raises(OperationalError):
        swept(act_on(bad, "SELECT pg_terminate_backend(pg_backend_pid())"))
    connection.close()
    assert troubles() == ["", ""]
    assert System.objects.filter(leased_until=None).count() == 1, "the other was not touched, and this lease runs out"
