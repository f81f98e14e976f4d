"""
What can be broken: our database's rows are locked, the target stands still, Redis and the worker are killed.

Nothing in the product knows of this. A point of the way is held by a lock that the next statement needs, the worker is
killed there, and the lock is given back.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from config.embedded import folders, servers
from config.embedded.stack import Stack
from governance.models import Entry
from reviews.models import Decision, Remediation
from tests.connectors.company import CALL, REFUND
from tests.forking import Forked
from tests.journeys.fixtures import airline, make_world, sealing, world
from tests.journeys.waiting import nudge, until
from tests.journeys.world import World, only_act, tick, told

__all__ = ["airline", "make_world", "sealing", "world"]

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'countersign' AND wait_event_type = 'Lock'"


def locked_out(ours: psycopg.Connection) -> int:
    """How many wait for a lock in our database; within a transaction the server tells who is there only once."""
    ours.execute("SELECT pg_stat_clear_snapshot()")
    waiting = "FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()"
    return int(ours.execute(f"SELECT count(*) {waiting}").fetchone()[0])


@pytest.fixture
def ours(committed) -> Callable[[], "contextlib.AbstractContextManager[psycopg.Connection]"]:
    """ours(): an administrator's connection to the product's database."""
    url = urlsplit(os.environ["TEST_DATABASE_URL"])._replace(path=f"/{committed}").geturl()
    return lambda: psycopg.connect(url)


@pytest.fixture
def decided(world: World) -> Decision:
    """Somebody has clicked revoke; nobody has carried it out."""
    tick()
    return world.revoke(world.grant("agent", REFUND))


@dataclass
class OwnRedis:
    """A server for one test, to be hurt."""

    url: str
    process: "subprocess.Popen[bytes]"


@pytest.fixture
def own_redis(monkeypatch) -> Iterator[OwnRedis]:
    stack, home = Stack(), folders.claim("hurt-", slots=16, in_memory=True)
    url = servers.redis(stack, home)
    monkeypatch.setenv("REDIS_URL", url)
    own = OwnRedis(url, stack.children[-1].process)
    yield own
    own.process.send_signal(signal.SIGCONT)
    stack.stop()
    folders.release(home)


@contextmanager
def changing(world: World) -> Iterator[None]:
    """Somebody else is changing the function in the target, and takes it back: a REVOKE waits for them."""
    with world.airline.open_admin() as other:
        other.execute("BEGIN; GRANT EXECUTE ON FUNCTION air.refund_payment TO other_agent")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


@contextmanager
def standing_still(world: World) -> Iterator[None]:
    """The target's postmaster lets nobody in."""
    with world.airline.open_admin() as admin:
        (folder,) = admin.execute("SHOW data_directory").fetchone()
        with Path(folder, "postmaster.pid").open() as file:
            postmaster = int(file.readline())
    os.kill(postmaster, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(postmaster, signal.SIGCONT)


def kill(worker: Forked) -> None:
    """As the kernel does when memory is short."""
    worker.kill()
    worker.wait()


def forget_leases() -> None:
    """Two minutes later."""
    Remediation.objects.exclude(leased_until=None).update(leased_until="2000-01-01T00:00:00Z")
    Remediation.objects.unfinished().update(next_at="2000-01-01T00:00:00Z")


def converges(world: World, decision: Decision) -> Remediation:
    """Wait until the act is proven; nothing is lost and nothing was done twice."""
    until(lambda: only_act(decision).state == "verified", meanwhile=nudge)
    act = only_act(decision)
    assert not world.airline.can("agent", CALL)
    for once in ("remediation.planned", "remediation.sent", "remediation.verified"):
        assert told("remediation", act).count(once) == 1, once
    numbers = list(act.tries.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert act.tries.filter(kind="send", outcome="done").count() <= 1
    assert Entry.objects.about(kind="grant", key=act.grant_id).filter(act="grant.closed").count() == 1
    return act
