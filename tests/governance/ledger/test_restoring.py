"""A dump goes on being sequenced in any other cluster; an older one is refused."""

import os
import subprocess
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.conf import settings

from config.embedded import folders, programs, roles, servers
from config.embedded.stack import Stack
from governance import ledger
from governance.ledger.sequencing import Regressed, sequence
from governance.models import Epoch, Leaf
from tests import databases
from tests.governance.ledger.conftest import ask, tell, until

NAME = "countersign"


@pytest.fixture
def clusters() -> Iterator[tuple[str, str]]:
    """Two more clusters with the roles and an empty database each; the first was initialised first."""
    state = folders.claim("restoring", slots=8, fresh=True, in_memory=True)
    stack = Stack()
    try:
        yield cluster(stack, state, "c1"), cluster(stack, state, "c2")
    finally:
        stack.stop()


def cluster(stack, state, name):
    url = servers.postgres(stack, state, name=name)
    with psycopg.connect(url, autocommit=True) as admin:
        roles.create_missing(admin, url)
        roles.create_database(admin, NAME)
    return url


def superuser_of(url: str, name: str = NAME) -> str:
    return f"{url.rpartition('/')[0]}/{name}"


def dump(url, path):
    subprocess.run(
        [programs.postgres() / "pg_dump", "--format=custom", f"--file={path}", f"--dbname={url}"], check=True
    )
    return path


def restore(path, url):
    subprocess.run(
        [programs.postgres() / "pg_restore", "--exit-on-error", f"--dbname={superuser_of(url)}", path], check=True
    )


def at(url, role="app"):
    """Point Django to a restored database."""
    return databases.pointed_to(roles.url(url, role, NAME))


@pytest.fixture
def sequenced_at(sequencer) -> Callable[[str], None]:
    """sequenced_at(url): all that was committed there has its leaf and is signed."""

    def run(url: str) -> None:
        def done() -> bool:
            with at(url, "sequencer"):
                sequencer.run_once()
            return not ledger.backlog()

        until(done)

    return run


@pytest.fixture
def here(committed: str) -> str:
    return superuser_of(os.environ["TEST_DATABASE_URL"], committed)


def xids() -> int:
    return int(ask("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")[0][0])


A_RESTORE_TAKES = 3_000  # transactions, and less: one for each object


def burn(number):
    for _ in range(number):
        ask("SELECT pg_current_xact_id()")


def test_it_goes_on_in_a_younger_cluster_and_in_an_older_one(
    here, clusters, sequenced, sequenced_at, audited, tmp_path
):
    older, younger = clusters
    entries = tell(3)
    sequenced()
    entries += tell(1)
    entries += move(here, younger, tmp_path / "first")
    with at(younger):
        entries += tell(2)
        sequenced_at(younger)
        assert audited().size == 7
        entries += tell(1)
        entries += move(superuser_of(younger), older, tmp_path / "second")
    with at(older):
        with at(older, "sequencer"):
            assert sequence() == 2, "before anything was written here"
        entries += tell(2)
        sequenced_at(older)
        assert audited().size == 11
        assert in_order() == list(zip(entries, [1] * 5 + [2] * 4 + [3] * 2, strict=True))
        assert Epoch.objects.values("system_identifier").distinct().count() == 3


def move(source, target, path):
    """Restore a dump where transactions have smaller numbers than the last one in it."""
    with at(target):
        there = xids()
    burn(there + A_RESTORE_TAKES - xids())
    tell_last = tell()
    restore(dump(source, path), target)
    with at(target):
        assert xids() < int(ask("SELECT xid::text FROM evidence.entry ORDER BY entry.xid DESC LIMIT 1")[0][0])
    return tell_last


def in_order():
    """Return entries and their epochs in the order of the tree."""
    return list(Leaf.objects.order_by("index").values_list("entry_id", "entry__epoch"))


def test_what_protects_evidence_is_restored_too(here, clusters, tmp_path):
    url, _ = clusters
    tell()
    restore(dump(here, tmp_path / "dump"), url)
    with psycopg.connect(superuser_of(url), autocommit=True) as there:
        there.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            there.execute("DELETE FROM evidence.entry")
    with (
        psycopg.connect(roles.url(url, "app", NAME), autocommit=True) as app,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="table entry"),
    ):
        app.execute("DELETE FROM evidence.entry")


def test_an_older_dump_is_refused(here, clusters, sequencer, sequenced, tmp_path):
    url, _ = clusters
    tell(2)
    sequenced()
    older = dump(here, tmp_path / "older")
    tell(3)
    sequenced()
    restore(older, url)
    with at(url, "sequencer"), pytest.raises(Regressed, match="has 2 leaves, but a checkpoint over 5 was published"):
        sequencer.run_once()
    with at(url):
        assert Leaf.objects.count() == 2
    assert settings.LEDGER_ORIGIN in sequencer.published.read_text()
