"""
A fact with its entry, under eight writers, against the same fact with a plain row of the same words.

Each writer is a process with a connection of its own: one fact and one entry a transaction, as a step writes them.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from django.db import connection, transaction

from benchmarks import FLAT, REPEATS, Measured, databases, say
from benchmarks.acting import act
from governance import ledger
from governance.ledger import Act, Actor, Subject

WRITERS, SECONDS = 8, 4.0
FEW, MANY = 2_000, 20_000  # that one process writes
GOAL = 1 / 0.9
TABLES = """
CREATE TABLE bench_fact (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state text NOT NULL);
CREATE TABLE bench_row (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), act text NOT NULL,
    actor_kind text NOT NULL, actor_id text NOT NULL, authority text NOT NULL DEFAULT '',
    surface text NOT NULL DEFAULT '', assurance text NOT NULL DEFAULT '', subjects jsonb NOT NULL, body jsonb NOT NULL,
    commitments jsonb NOT NULL DEFAULT '{}', simulated boolean NOT NULL DEFAULT false
);
GRANT SELECT, INSERT ON bench_fact, bench_row TO countersign_app
"""
FACT = "INSERT INTO bench_fact (state) VALUES ('open') RETURNING id"
ROW = """
INSERT INTO bench_row (act, actor_kind, actor_id, subjects, body) VALUES (%s, %s, %s, %s, %s) RETURNING id
"""
BODY = {"check": "lease_due", "severity": "medium", "why": "The lease ends on 30 November 2026."}
WHY = (
    "an entry has three indexes and three checks where the row has one index, and its function reads the clock and, "
    "from the control file, which cluster this is: work of the processor, and two processors write for eight"
)


def run(_n: int) -> Iterator[Measured]:
    """Let eight write facts with rows, and with entries, in turn."""
    with databases.put() as admin:
        admin.execute(TABLES.encode())
        rounds = [(written("row"), written("entry")) for _ in range(REPEATS)]
        few, many = act("ledger", "write_few"), act("ledger", "write_many")
    row, entry = (statistics.median(each) for each in zip(*rounds, strict=True))
    say(f"{row:,.0f} rows and {entry:,.0f} entries a second")
    yield Measured("ledger", 1e6 / entry, 1e6 / row, GOAL, "us", WRITERS, WHY)
    yield Measured("ledger_memory", many.peak, few.peak, FLAT, "MiB", MANY)


def written(what: str) -> float:
    """How many transactions a second all writers together commit."""
    command = [sys.executable, "-m", "benchmarks.writer", what, str(SECONDS)]
    writers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(WRITERS)]
    ready = [writer.stdout.readline() for writer in writers if writer.stdout]
    for writer in writers:
        if writer.stdin:
            writer.stdin.write(b"now\n")
            writer.stdin.flush()
    told = [writer.communicate()[0] for writer in writers]
    if not all(ready) or any(writer.returncode for writer in writers):
        sys.exit("A writer failed.")
    return sum(map(int, told)) / SECONDS


def write(what: str, seconds: float) -> int:
    """Write for so long, once told to; return how many transactions were committed."""
    follow: Callable[[int], object] = {"row": row, "entry": entry}[what]
    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()
    done, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        with transaction.atomic():
            follow(fact())
        done += 1
    return done


def write_few() -> int:
    """Write some facts with entries."""
    return write_number(FEW)


def write_many() -> int:
    """Write ten times as many."""
    return write_number(MANY)


def write_number(number: int) -> int:
    """Write so many, one a transaction."""
    for _ in range(number):
        with transaction.atomic():
            entry(fact())
    return number


def fact() -> int:
    """The fact itself."""
    with connection.cursor() as cursor:
        cursor.execute(FACT)
        key: int = cursor.fetchone()[0]
    return key


def entry(key: int) -> None:
    """An entry, by the ledger's one door."""
    subjects = [Subject("finding", str(key)), Subject("grant", str(key))]
    ledger.record(act=Act.FINDING_RAISED, actor=Actor.step("checking"), subjects=subjects, body=BODY)


def row(key: int) -> None:
    """A row with the same words."""
    subjects = [{"kind": "finding", "id": str(key)}, {"kind": "grant", "id": str(key)}]
    told = [Act.FINDING_RAISED.value, "step", "checking", json.dumps(subjects), json.dumps(BODY)]
    with connection.cursor() as cursor:
        cursor.execute(ROW, told)
        cursor.fetchone()
