"""
Use posted by four clients while web workers and Celery's are killed: every acknowledged event is counted once.

Nothing is measured against a limit here: what is stored, and what the sums by day and by grant hold, is what was
acknowledged, or the benchmark ends with what is wrong.
"""

import gzip
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.db import connection
from django.db.models import Sum

from benchmarks import Measured, company, databases, say, stage
from benchmarks.sending import Clients
from benchmarks.use import bodies
from config.embedded import folders, ports, servers
from config.embedded.stack import Stack
from governance import clock, registering
from governance.ledger import Actor
from governance.models import GrantUse, Source, SourceToken, UsageDay, UsageEvent, UsageIntake

GRANTS, CLIENTS, PROCESSES = 20_000, 4, 2
KILLED = (0.2, 0.4, 0.6, 0.8)  # when this share is acknowledged: a web worker, and Celery's, in turn
PATIENCE = 300  # seconds
# One event counts for each grant that could have allowed it, of the account and of everyone.
COULD = """
SELECT sum(event.times)::bigint FROM (
        SELECT system_id, native_account, action, resource, count(*) AS times
        FROM governance_usageevent GROUP BY 1, 2, 3, 4
    ) AS event
    JOIN governance_account AS account ON account.system_id = event.system_id
        AND (account.native_id = event.native_account OR account.kind = 'everyone')
    JOIN governance_grant AS held ON held.account_id = account.id
    JOIN governance_entitlementaction AS act ON act.entitlement_id = held.entitlement_id
        AND act.action = event.action AND act.resource = event.resource
"""
SWEEPING = """
import time, django
django.setup()
from governance.hinting import publish
while True:
    publish("governance.tasks.roll_up_usage")
    time.sleep(1)
"""


def run(n: int) -> Iterator[Measured]:
    """Found a company, deliver its use, kill on the way, and count."""
    with databases.put() as admin:
        yield from delivered(admin, n)


def delivered(admin: psycopg.Connection, n: int) -> Iterator[Measured]:
    """The same, in a database."""
    with stage("company and bodies"):
        source = founded(admin)
        packed = [*bodies(source, n, ends=clock.now())]
        _, token = registering.issue_token(
            source=source,
            name="bench",
            scope=SourceToken.Scope.DELIVER.value,
            by=None,
            at=clock.now(),
            actor=Actor.operator("bench"),
        )
    with Stack() as stack, running(stack) as site:
        due = list(KILLED)

        def after(acknowledged: int) -> None:
            if due and acknowledged >= due[0] * n:
                site.kill(web=len(due) % 2 == 0)
                due.pop(0)

        clients = Clients(site.url, token, after)
        clients.send([gzip.compress(b"")], at_once=1)  # once it answers
        clients.again = 0
        begun = time.perf_counter()
        clients.send(packed, at_once=CLIENTS)
        took = time.perf_counter() - begun
        with stage("the rest rolled up"):
            wait()
    yield from compared(clients, n, took)


def founded(admin: psycopg.Connection) -> Source:
    """A company of which no use is known yet; the source of one of its systems."""
    company.found(admin, GRANTS)
    admin.execute("DELETE FROM governance_grantuse")
    admin.execute("VACUUM ANALYZE")
    return Source.objects.order_by("pk")[0]


def compared(clients: Clients, n: int, took: float) -> Iterator[Measured]:
    """What was acknowledged against what is there. Raises SystemExit where they are not the same."""
    say(
        f"{n:,} posted, {clients.acknowledged:,} acknowledged in {took:.1f} s ({n / took:,.0f}/s), "
        f"{clients.again} deliveries made again, {clients.already_there:,} events there already"
    )
    by_day = UsageDay.objects.aggregate(Sum("allowed"))["allowed__sum"]
    by_grant = GrantUse.objects.aggregate(Sum("uses"))["uses__sum"]
    with connection.cursor() as cursor:
        cursor.execute(COULD)
        could = cursor.fetchone()[0]
    pairs = {
        "acknowledged": (clients.acknowledged, n),
        "stored": (UsageEvent.objects.count(), clients.acknowledged),
        "by_day": (by_day, clients.acknowledged),
        "by_grant": (by_grant, could),
    }
    for name, (found, wanted) in pairs.items():
        yield Measured(f"deliveries_{name}", found, wanted, 1, "events", n)
    if wrong := [name for name, (found, wanted) in pairs.items() if found != wanted]:
        raise SystemExit(f"not the same: {', '.join(wrong)}")


class Site:
    """Gunicorn, a worker of Celery's, and what tells that one to sweep, every second."""

    def __init__(self, **environment: str) -> None:
        self.environment = os.environ | environment
        address = f"127.0.0.1:{ports.next_free(18000)}"
        self.url = f"http://{address}/api/v1/usage"
        serving = ("--bind", address, "--workers", str(PROCESSES), "--preload", "--no-control-socket")
        self.web = self.start("-m", "gunicorn", "config.wsgi", *serving, COUNTERSIGN_PROCESS="web")
        self.clock = self.start("-c", SWEEPING)
        self.worker = self.work()

    def start(self, *arguments: str, **more: str) -> "subprocess.Popen[bytes]":
        """Start a process of ours."""
        return subprocess.Popen([sys.executable, *arguments], env=self.environment | more)

    def work(self) -> "subprocess.Popen[bytes]":
        """Start a worker."""
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--pool=solo")
        return self.start("-m", "celery", "-q", "-A", "config", "worker", *quiet)

    def kill(self, *, web: bool) -> None:
        """Kill a web worker, whom Gunicorn replaces; or Celery's, whom we do."""
        if web:
            os.kill(child_of(self.web.pid), signal.SIGKILL)
            return
        end(self.worker)
        self.worker = self.work()


@contextmanager
def running(stack: Stack) -> Iterator[Site]:
    """A site, as long as it is wanted."""
    site = Site(
        COUNTERSIGN_SECRET_KEY=settings.SECRET_KEY,
        COUNTERSIGN_LOG_LEVEL="ERROR",
        REDIS_URL=servers.redis(stack, folders.claim("bench-redis", fresh=True)),
    )
    try:
        yield site
    finally:
        site.web.terminate()
        site.web.wait()
        end(site.clock)
        end(site.worker)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill it."""
    process.kill()
    process.wait()


def child_of(process: int) -> int:
    """A child of a process."""
    command = ("ps", "-e", "-o", "pid=,ppid=")
    listing = subprocess.run(command, check=True, capture_output=True, text=True)
    pairs = (line.split() for line in listing.stdout.splitlines())
    return next(int(child) for child, parent in pairs if int(parent) == process)


def wait() -> None:
    """Until all is rolled up."""
    ends = time.monotonic() + PATIENCE
    while UsageIntake.objects.filter(rolled_up_at=None).exists():
        if time.monotonic() > ends:
            raise SystemExit("it is not rolled up")
        time.sleep(0.5)
