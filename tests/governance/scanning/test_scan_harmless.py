"""A scan writes nothing, needs next to nothing, and what it advises is what helps: by the server's own word."""

import re
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

from tests.governance.scanning import estate
from tests.governance.scanning.conftest import scan


def ask(url: str, query: str, database: str = "postgres"):
    with closing(psycopg.connect(url, dbname=database, autocommit=True)) as connection:
        return connection.execute(query.encode()).fetchone()


def test_the_privileges_that_it_prints_are_enough(fresh):
    before = scan(fresh)
    estate.run(
        fresh,
        "postgres",
        "REVOKE CONNECT ON DATABASE orders, archive FROM countersign_scan; DROP ROLE countersign_scan",
    )
    estate.run(
        fresh, "postgres", before["coverage"]["privileges"].replace("PASSWORD '…'", f"PASSWORD '{estate.PASSWORD}'")
    )
    assert ask(fresh, "SELECT count(*) FROM pg_auth_members WHERE member = 'countersign_scan'::regrole") == (0,)
    after = scan(fresh)
    ours = {"no_owner_found", "no_end_date"}  # the role that reads has no comment, and no end
    assert [each for each in after["rows"] if each["check"] not in ours] == [
        each for each in before["rows"] if each["check"] not in ours
    ]


def test_the_server_saw_no_write(fresh):
    estate.run(fresh, "postgres", "ALTER ROLE countersign_scan RESET default_transaction_read_only")
    estate.run(fresh, "postgres", "ALTER SYSTEM SET autovacuum = off")
    estate.run(fresh, "postgres", "SELECT pg_reload_conf()")
    counted = """
        SELECT pg_snapshot_xmax(pg_current_snapshot())::text, sum(tup_inserted), sum(tup_updated), sum(tup_deleted),
            sum(temp_files)
        FROM pg_stat_database WHERE datname IN ('orders', 'archive')
    """
    before = ask(fresh, counted)
    reads = ask(fresh, "SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database WHERE datname = 'orders'")
    scan(fresh)
    estate.run(fresh, "postgres", "SELECT pg_sleep(1.1)")  # a backend tells its counts when it ends
    assert ask(fresh, counted) == before, "no transaction number was taken, and no row was touched"
    after = ask(fresh, "SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database WHERE datname = 'orders'")
    assert after > reads, "it was here"


def test_the_server_was_asked_nothing_but_questions(fresh):
    estate.run(fresh, "postgres", "ALTER ROLE countersign_scan SET log_statement = 'all'")
    log = Path(unquote(urlsplit(fresh).hostname)).parent / "pg.log"
    begins = len(log.read_text())
    scan(fresh)
    sent = re.findall(r"LOG:  (?:statement|execute [^:]*): *\n?\s*(\w+)", log.read_text()[begins:])
    assert len(sent) > 50
    assert set(sent) <= {"BEGIN", "SELECT", "WITH", "COMMIT", "ROLLBACK"}


def test_what_would_fix_it_fixes_it(fresh):
    estate.run(fresh, "postgres", "CREATE ROLE new_owner")
    before = scan(fresh)["rows"]
    others = [row for row in before if row["holder"] != "postgres"]  # the cluster's own is left as it is
    fixes = [row for row in others if row["check"] not in {"no_owner_found", "through_roles"}]
    for row in sorted(fixes, key=lambda each: "CASCADE" in each["fix"]["effect"]):
        mend(fresh, row["fix"]["text"].replace("YYYY-MM-DD", "2100-01-01"), cascade="CASCADE" in row["fix"]["effect"])
    left = {(row["check"], row["holder"], row["entitlement"]) for row in scan(fresh)["rows"]}
    said = {(row["check"], row["holder"], row["entitlement"]) for row in fixes}
    assert not left & said


def mend(fresh: str, text: str, *, cascade: bool) -> None:
    """Run a fix where it says that it belongs."""
    place = re.match(r"-- in the database (\S+)\n", text)
    if cascade:
        text = re.sub(r"(REVOKE [^;]*);", r"\1 CASCADE;", text)
    estate.run(fresh, place[1] if place else "postgres", text)
