"""Use posted by four clients while a web worker and a Celery worker are killed: what is acknowledged counts once."""

import gzip
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import islice

import pytest
from django.db.models import Sum

from benchmarks.sending import Clients
from governance import clock
from governance.hinting import publish
from governance.models import GrantUse, UsageDay, UsageEvent, UsageIntake
from tests.config.processes import descendants, until
from tests.factories import AccountFactory, GrantFactory, PolicyFactory, SourceFactory
from tests.faults.conftest import kill, locked_out
from tests.faults.site import WORKERS, Site, free_port
from tests.governance.api.conftest import PATH, issued
from tests.governance.usage import use_of

BODIES, EACH, CLIENTS = 40, 500, 4
ALL = BODIES * EACH


@pytest.fixture
def site(committed, start, settings, monkeypatch):
    monkeypatch.setenv("COUNTERSIGN_PROCESS", "web")
    monkeypatch.setenv("COUNTERSIGN_SECRET_KEY", settings.SECRET_KEY)
    site = Site(start, free_port())
    site.up()
    with site.client:
        yield site


@pytest.fixture
def sender(committed):
    PolicyFactory()
    return issued(SourceFactory())


def bodies(source):
    """Deliveries of the same few accounts' use, each line an event of its own."""
    account = AccountFactory(system=source.system)
    uses = [use_of(grant) for grant in GrantFactory.create_batch(5, account=account)]
    starts = clock.now() - timedelta(hours=1)
    for body in range(BODIES):
        lines = (
            uses[line % 5] | {"at": (starts + timedelta(seconds=line)).isoformat(), "event_id": f"{body}-{line}"}
            for line in range(EACH)
        )
        yield gzip.compress("\n".join(json.dumps(each | {"run": f"r{body}"}) for each in lines).encode())


def counted():
    """How many events are stored, and how many the sums by day and by grant hold."""
    by_day = UsageDay.objects.aggregate(Sum("allowed"))["allowed__sum"]
    return UsageEvent.objects.count(), by_day, GrantUse.objects.aggregate(Sum("uses"))["uses__sum"]


def roll_up():
    publish("governance.tasks.roll_up_usage")


def kill_web_workers(site, ours, deliver):
    """Both are in the midst of storing a delivery when they are killed."""
    with ours() as other, ThreadPoolExecutor(1) as pool:
        other.execute("LOCK TABLE governance_usageevent IN EXCLUSIVE MODE")
        delivered = pool.submit(deliver)
        until(lambda: locked_out(other) == WORKERS)
        for each in descendants(site.process.pid):
            os.kill(each, signal.SIGKILL)
        other.rollback()
        delivered.result()


def kill_in_its_sweep(worker, ours, deliver):
    """It stands in the midst of its transaction, over what is delivered meanwhile, when it is killed."""
    with ours() as other:
        other.execute("LOCK TABLE governance_grantuse IN EXCLUSIVE MODE")
        deliver()
        until(lambda: bool(locked_out(other) or roll_up()))
        kill(worker)
        other.rollback()


def test_what_is_acknowledged_is_counted_once_though_workers_are_killed(sender, site, worker, start_worker, ours):
    clients = Clients(f"http://127.0.0.1:{site.port}{PATH}", sender.token)
    deliveries = iter(list(bodies(sender.row.source)))

    def deliver():
        clients.send(list(islice(deliveries, BODIES // 4)), at_once=CLIENTS)

    kill_web_workers(site, ours, deliver)
    roll_up()
    deliver()
    kill_in_its_sweep(worker, ours, deliver)
    deliver()
    start_worker()
    until(lambda: not (UsageIntake.objects.filter(rolled_up_at=None).exists() and (roll_up() or True)))
    assert clients.again >= WORKERS
    assert clients.acknowledged == ALL
    assert counted() == (ALL, ALL, ALL)
    assert UsageIntake.objects.aggregate(Sum("kept"))["kept__sum"] == ALL
