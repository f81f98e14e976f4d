"""What PostgreSQL's log tells of: recorded from PostgreSQL 15 with pgaudit 1.7, and from one that runs here."""

import json
import time
from pathlib import Path

import psycopg
import pytest

from connectors.errors import SchemaDrift
from connectors.postgresql.audit import LOG
from tests.connectors import clusters

RECORDED = Path("tests/data/postgresql_audit.json").read_bytes().splitlines()
BOOKINGS = "airline.air.bookings"
LINE = {
    "timestamp": "2026-11-30 03:19:09.100 UTC",
    "user": "bot",
    "dbname": "airline",
    "session_id": "6b0ceb2d.2821",
    "line_num": 5,
    "error_severity": "LOG",
}


def told(message, **said):
    return [(each["action"], each["resource"]) for each in LOG.events(LINE | {"message": message} | said)]


def audit(what, statement="…"):
    return told(f"AUDIT: SESSION,1,1,{what},{statement},<not logged>")


def test_a_recorded_log_tells_of_each_use_and_each_refusal():
    events = [each for line in RECORDED for each in LOG.events(json.loads(line))]
    assert {each["account"] for each in events} == {"bot"}
    assert len({(each["at"], each["event_id"]) for each in events}) == len(events)
    by = {True: [], False: []}
    for each in events:
        by[each["outcome"] == "allowed"].append((each["action"], each["resource"]))
    assert set(by[True]) == {
        *((verb, BOOKINGS) for verb in ("select", "insert", "update", "delete", "truncate")),
        ("truncate", "airline.public.bookings"),  # it says no schema
        ("select", "airline.air.v"),
        ("select", 'airline.air."Odd Name"'),
        ("select", "airline.pg_catalog.pg_class"),
        ("execute", "airline.air.refund"),
        ("execute", "airline.air.doit"),
    }
    assert by[False] == [
        ("select", "airline.air.secret"),
        ("select", ""),  # its schema was in the search path alone
        ("create", ""),
        ("drop", ""),
        ("execute", ""),
    ]


@pytest.mark.parametrize(
    ("what", "statement", "uses"),
    [
        ("READ,SELECT,TABLE,air.bookings", "select 1 from air.bookings", ["select"]),
        ("WRITE,INSERT,TABLE,air.bookings", "insert into air.bookings values (1)", ["insert"]),
        ("WRITE,INSERT,TABLE,air.bookings", "insert into air.bookings … RETURNING id", ["insert", "select"]),
        ("WRITE,INSERT,TABLE,air.bookings", "insert … on conflict do nothing", ["insert", "update", "select"]),
        ("WRITE,INSERT,TABLE,air.bookings", "<previously logged>", ["insert", "update", "select"]),
        ("WRITE,UPDATE,TABLE,air.bookings", "update air.bookings set a = 'merge into'", ["update", "select"]),
        ("READ,SELECT,TABLE,air.bookings", "select 1 -- " + 200_000 * "x", ["select"]),
        ("WRITE,DELETE,TABLE,air.bookings", "MERGE INTO air.bookings …", ["delete", "select", "insert", "update"]),
    ],
)
def test_a_statement_uses_also_what_it_needs_besides(what, statement, uses):
    assert audit(what, statement) == [(each, BOOKINGS) for each in uses]


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("truncate air.bookings cascade", ["air.bookings"]),
        ('TRUNCATE TABLE ONLY air.a, air."B c" RESTART IDENTITY', ["air.a", 'air."B c"']),
        ("truncate a * , air.b", ["public.a", "air.b"]),
    ],
)
def test_truncate_names_its_tables_in_the_statement_alone(statement, tables):
    quoted = '"' + statement.replace('"', '""') + '"'
    assert audit("WRITE,TRUNCATE TABLE,,", quoted) == [("truncate", f"airline.{each}") for each in tables]


def test_what_tells_of_no_use_is_passed_over():
    assert audit("READ,SELECT,,") == []
    assert audit("DDL,CREATE TABLE,TABLE,air.t") == []
    assert told("checkpoint starting: time", user=None) == []
    assert told("division by zero", error_severity="ERROR", state_code="22012") == []


@pytest.mark.parametrize("zone", ["CET", "", "Europe/Berlin"])
def test_a_time_whose_zone_is_a_name_is_refused(zone):
    line = LINE | {"timestamp": f"2026-11-30 03:19:09.100 {zone}", "message": "permission denied for table t"}
    with pytest.raises(SchemaDrift, match="log_timezone"):
        LOG.events(line | {"state_code": "42501"})


AUDITED = '{{"message":"AUDIT: SESSION,1,1,{},<not logged>"}}'


@pytest.mark.parametrize(
    ("entries", "objection"),
    [
        ([], "no entry of pgaudit"),
        (["READ,SELECT,,,select * from air.bookings"], "log_relation"),
        (["WRITE,INSERT,,,insert into t values (1)", "FUNCTION,EXECUTE,FUNCTION,air.f,select air.f()"], "log_relation"),
        (["READ,SELECT,,,select * from air.bookings", "READ,SELECT,TABLE,air.bookings,select"], ""),
        (["READ,SELECT,,,select air.f()", "READ,SELECT,,,select * from air.f(1)"], ""),
        (["READ,SELECT,,,select * from pg_catalog.pg_class"], ""),
    ],
)
def test_a_log_that_cannot_show_use_is_objected_to(entries, objection):
    found = LOG.objection([b'{"message":"checkpoint"}', *(AUDITED.format(each).encode() for each in entries)])
    assert objection in found if objection else not found


def test_one_that_runs_here_writes_what_we_read():
    with clusters.audited() as (url, log):
        with psycopg.connect(url, autocommit=True) as server:
            server.execute("CREATE TABLE t (x int)")
            server.execute("SELECT * FROM t")
            server.execute("CREATE ROLE bot")
            server.execute("SET ROLE bot")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                server.execute("SELECT * FROM public.t")
        lines = written(log)
    assert LOG.objection(lines) == ""
    assert all(LOG.recognises(json.loads(line)) for line in lines)
    events = [each for line in lines for each in LOG.events(json.loads(line))]
    assert [(each["action"], each["resource"], each["outcome"]) for each in events] == [
        ("select", "postgres.public.t", "allowed"),
        ("select", "postgres.public.t", "denied"),
    ]


def written(log):
    """The lines of a log, when its collector has written the last one."""
    ends = time.monotonic() + 5
    while not log.exists() or b"permission denied" not in log.read_bytes():
        assert time.monotonic() < ends
        time.sleep(0.01)
    return log.read_bytes().splitlines()
