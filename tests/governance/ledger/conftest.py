"""A ledger to work on: its key, its sequencer in this process and in its own, and a superuser."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

from governance import ledger
from governance.ledger.auditing import Verdict, audit
from governance.ledger.notes import Signer
from governance.ledger.running import Sequencer
from governance.ledger.sequencing import sequence
from tests import databases
from tests.forking import Forked


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait: another database's transaction holds pg_snapshot_xmin back, so nothing comes at once."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def tell(number: int = 1, **fields: Any) -> list[int]:
    """Commit entries, each in a transaction of its own."""
    fact = ledger.Fact(act=ledger.Act.AGENT_CHANGED, actor=ledger.Actor.step("syncing"), **fields)
    entries = []
    for _ in range(number):
        with transaction.atomic():
            entries += ledger.record_many([fact])
    return entries


def ask(statement: str, *values: str) -> list[Any]:
    """Return the rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


@pytest.fixture
def signer() -> Signer:
    return Signer.generate(settings.LEDGER_ORIGIN)


@pytest.fixture
def sequencer(signer, tmp_path) -> Sequencer:
    """Be the sequencer's process, without its process."""
    published = tmp_path / "published"
    return Sequencer(signer=signer, origin=settings.LEDGER_ORIGIN, every=0, published=published, batch=100)


@pytest.fixture
def as_sequencer(committed) -> Callable[[], AbstractContextManager[None]]:
    """as_sequencer(): Django speaks as the sequencer's log-in inside the block."""
    return lambda: databases.pointed_to(databases.as_role("sequencer", committed))


@pytest.fixture
def sequenced(sequencer, as_sequencer) -> Callable[[], None]:
    """
    sequenced(): all that is committed has its leaf and is signed, by one checkpoint.

    A transaction of anybody else on the server holds back what is younger, so that it may take more than one round.
    """

    def run() -> None:
        def done() -> bool:
            with as_sequencer():
                sequence(limit=sequencer.batch)
            return not ledger.backlog()

        until(done)
        with as_sequencer():
            sequencer.run_once()

    return run


@pytest.fixture
def audited(signer) -> Callable[..., Verdict]:
    """audited(): verify as the app, with the right key."""
    return lambda *outside: audit(origin=settings.LEDGER_ORIGIN, verifiers=[signer.verifier], outside=outside)


@pytest.fixture
def superuser(committed) -> Iterator[psycopg.Connection]:
    """Somebody who owns the machine: the triggers are gone."""
    url = urlsplit(os.environ["TEST_DATABASE_URL"])._replace(path=f"/{committed}").geturl()
    with psycopg.connect(url, autocommit=True) as there:
        yield there


@pytest.fixture
def tamper(superuser) -> Callable[..., None]:
    """tamper("UPDATE evidence.entry …"): change evidence with its triggers switched off."""

    def run(*statements: str) -> None:
        for table in ("entry", "leaf", "checkpoint", "epoch", "secret"):
            superuser.execute(f"ALTER TABLE evidence.{table} DISABLE TRIGGER USER".encode())
        for statement in statements:
            superuser.execute(statement.encode())

    return run


@pytest.fixture
def run_sequencer(committed, start, signer, tmp_path, monkeypatch) -> Callable[..., Forked]:
    """run_sequencer("--batch", 10): the real process, with its own log-in and key."""
    key = tmp_path / "ledger.key"
    signer.save(key)
    monkeypatch.setenv("LEDGER_SIGNING_KEY_FILE", str(key))
    monkeypatch.setenv("LEDGER_CHECKPOINT_SECONDS", "1")

    def run(*arguments: object):
        with databases.pointed_to(databases.as_role("sequencer", committed)):
            return start("manage", "sequence", *arguments)

    return run


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the sequencer's process writes."""
    return tmp_path / "manage.log"
