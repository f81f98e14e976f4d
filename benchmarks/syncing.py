"""
Syncing a hundred thousand grants of a PostgreSQL cluster, all new and then unchanged, against COPY of the same listing.

Each side is a process of its own. The copy keeps nothing, compares nothing and tells nobody; a sync stages every
record, compares all with what is held, and the first one writes each grant, its lease, its due date and its entry
besides.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

import psycopg

from benchmarks import FLAT, Measured, databases, scan
from benchmarks.acting import Acted, act
from governance import clock, syncing
from governance.models import OrgUnit, Parameters, Person, Policy, SyncRun, System

IN_ENVIRONMENT = "BENCHMARK_SCANNER"  # the name of its password there


def run(n: int) -> Iterator[Measured]:
    """Sync twice, of two sizes."""
    os.environ[IN_ENVIRONMENT] = scan.PASSWORD
    most = min(n, scan.MOST)
    small, _, _ = synced(most // 10)
    new, again, copied = synced(most)
    yield Measured("syncing_new", new.ms, copied, None, "ms", most)
    yield Measured("syncing_unchanged", again.ms, copied, None, "ms", most)
    yield Measured("syncing_memory", new.peak, small.peak, FLAT, "MiB", most)


def synced(number: int) -> tuple[Acted, Acted, float]:
    """Read so many grants twice; return what that took, and what the copy took in milliseconds."""
    scan.make(number)
    with databases.put("syncing", connected) as admin, TemporaryDirectory() as folder:
        new = act("syncing", "sync")
        admin.execute("VACUUM ANALYZE")
        again = act("syncing", "sync")
        copied, _ = scan.copied(Path(folder))
    return new, again, copied


def connected(_admin: psycopg.Connection) -> None:
    """An organisation with this one system."""
    unit = OrgUnit.objects.create(name="unit")
    owner = Person.objects.create(email="owner@example.org", name="Owner", unit=unit)
    Policy.objects.create(number=1, stored=Parameters().as_json(), in_force_from=clock.now())
    config = {
        "host": unquote(urlsplit(scan.url()).netloc.rpartition("@")[2].rpartition(":")[0]),
        "user": "scanner",
        "databases": list(scan.DATABASES),
        "password": f"env:{IN_ENVIRONMENT}",
    }
    System.objects.create(slug="read", name="Read", kind="postgresql", config=config, owner=owner, unit=unit)


def sync() -> dict[str, int]:
    """Read the system to its end."""
    done = syncing.sync(System.objects.get())
    if done.state != SyncRun.State.COMPLETE:
        raise SystemExit(f"The sync ended {done.state}: {done.trouble}")
    return dict(done.counts)
