"""
A scan of a hundred thousand grants, page and all, against COPY of the same catalogue query to a file: time and memory.

The cluster that is scanned has two databases, memberships eight deep, and grants of two grantors on every table. Both
sides are processes of their own, started cold, as one would start them.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from benchmarks import Measured, databases, stage
from connectors.postgresql import names, queries

MOST = 100_000
A_TABLE = 46  # grants that each table has
TIME_GOAL, MEMORY_GOAL = 12.0, 5.0
DATABASES = ("scanned_one", "scanned_two")
PASSWORD = "scan"  # noqa: S105  (of a role on a server that lives as long as the benchmark)

ROWS = """
    SELECT listed.*, quote_ident(current_database()) AS database,
        (SELECT rolname FROM pg_roles WHERE oid = listed.grantee) AS grantee_name,
        (SELECT rolname FROM pg_roles WHERE oid = listed.grantor) AS grantor_name
    FROM listed WHERE rule = ''
"""
ROLES = f"""
DO $$ BEGIN
    CREATE ROLE scanned_owner; CREATE ROLE scanned_dba LOGIN; CREATE ROLE scanner LOGIN PASSWORD '{PASSWORD}';
    FOR i IN 1..200 LOOP EXECUTE format('CREATE ROLE scanned_agent_%s LOGIN', i); END LOOP;
    FOR i IN 1..60 LOOP EXECUTE format('CREATE ROLE scanned_team_%s', i); END LOOP;
    FOR i IN 2..60 LOOP EXECUTE format('GRANT scanned_team_%s TO scanned_team_%s', greatest(i - 8, 1), i); END LOOP;
    FOR i IN 1..200 LOOP EXECUTE format('GRANT scanned_team_%s TO scanned_agent_%s', 1 + i % 60, i); END LOOP;
END $$
"""

TABLES = """
DO $$ DECLARE holders text; name text; BEGIN
    CREATE SCHEMA s AUTHORIZATION scanned_owner; GRANT USAGE ON SCHEMA s TO scanned_dba;
    FOR i IN 1..{number} LOOP
        name := format('s.t%s', i);
        EXECUTE format('CREATE TABLE %s (id int); ALTER TABLE %1$s OWNER TO scanned_owner', name);
        SELECT string_agg(format('scanned_team_%s', 1 + (i * 7 + j * 11) % 60), ', ') INTO holders
            FROM generate_series(1, 10) AS j;
        SET LOCAL ROLE scanned_owner;
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %s', name, holders);
        EXECUTE format('GRANT SELECT ON %s TO scanned_dba WITH GRANT OPTION', name);
        SET LOCAL ROLE scanned_dba;
        EXECUTE format('GRANT SELECT ON %s TO scanned_agent_%s, scanned_agent_%s, scanned_agent_%s, scanned_agent_%s',
            name, 1 + i % 200, 1 + (i + 50) % 200, 1 + (i + 100) % 200, 1 + (i + 150) % 200);
        RESET ROLE;
    END LOOP;
END $$
"""


def run(n: int) -> Iterator[Measured]:
    """Make the databases and measure both sides."""
    number = min(n, MOST)
    make(number)
    with tempfile.TemporaryDirectory() as folder:
        address = f"{url()}?also={DATABASES[1]}"
        ours = taken([sys.executable, "manage.py", "scan", address, "-o", f"{folder}/page.html", "--force"])
        limit = copied(Path(folder))
    yield Measured("scan", ours[0], limit[0], TIME_GOAL, "ms", number)
    yield Measured("scan_memory", ours[1], limit[1], MEMORY_GOAL, "MiB", number)


def url() -> str:
    """The address of the first database, for the role that reads."""
    host = urlsplit(os.environ["BENCHMARK_ADMIN_URL"]).netloc.rpartition("@")[2]
    return f"postgresql://scanner:{PASSWORD}@{host}/{DATABASES[0]}"


def copied(folder: Path) -> tuple[float, float]:
    """Copy the listing to a file of a folder, in a process of its own; return as `taken` does."""
    return taken([sys.executable, "-m", "benchmarks.scan", url(), f"{folder}/copy"])


def make(number: int) -> None:
    """Make roles, where they are not there yet, and two databases with so many grants in both."""
    with stage(f"{number} grants to read"), databases.server() as admin:
        for name in DATABASES:
            databases.drop(admin, name)
            admin.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        if admin.execute("SELECT FROM pg_roles WHERE rolname = 'scanner'").fetchone() is None:
            admin.execute(ROLES.encode())
        for name in DATABASES:
            with closing(psycopg.connect(os.environ["BENCHMARK_ADMIN_URL"], dbname=name, autocommit=True)) as there:
                there.execute(TABLES.format(number=number // (2 * A_TABLE)).encode())
                there.execute("VACUUM ANALYZE")


def taken(command: list[str]) -> tuple[float, float]:
    """Return the milliseconds that a process took, and the most memory that it had, in MiB."""
    began = time.perf_counter()
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(command[0], command, os.environ, file_actions=silent)
    _, status, used = os.wait4(process, 0)
    if code := os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(command[1:4])} ended with {code}")
    return (time.perf_counter() - began) * 1000, used.ru_maxrss / 1024


def copy_grants(url: str, path: Path) -> None:
    """Copy what the listing of grants gives, of both databases, to a file."""
    with path.open("wb") as target:
        for number, name in enumerate(DATABASES):
            with closing(psycopg.connect(url, dbname=name, autocommit=True)) as connection:
                for kind in (*(names.OF_THE_CLUSTER if not number else ()), *names.IN_DATABASES):
                    copy_kind(connection, kind, target.write)


def copy_kind(connection: psycopg.Connection, kind: str, write: Callable[[bytes], int]) -> None:
    """Copy one kind: the connector's own listing, with the names that its pages have."""
    query = queries.listed("grants", kind, version=connection.info.server_version, touched=set())
    with (
        connection.cursor() as cursor,
        cursor.copy(
            f"COPY ({query}{ROWS}) TO STDOUT".encode(), {"include": False, "databases": list(DATABASES)}
        ) as rows,
    ):
        for row in rows:
            write(bytes(row))


if __name__ == "__main__":
    copy_grants(sys.argv[1], Path(sys.argv[2]))
