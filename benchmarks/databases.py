"""
The databases that benchmarks measure on: what is dear to make is made once a run, and then copied file by file.

A benchmark has one database, always of the same name; `put` fills it anew.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
from django.db import connection

from config.embedded import roles

NAME = "countersign_benchmark"
EMPTY = f"{NAME}_empty"
Make = Callable[[psycopg.Connection], None]


def make_empty(admin: psycopg.Connection, admin_url: str) -> dict[str, str]:
    """Make the database that the others are copied from, as owner; return the environment of a benchmark."""
    drop(admin, EMPTY)
    roles.create_database(admin, EMPTY)
    migrate = [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity=0"]
    subprocess.run(migrate, check=True, env=os.environ | {"DATABASE_URL": roles.url(admin_url, "owner", EMPTY)})
    return {
        "DATABASE_URL": roles.url(admin_url, "app", NAME),
        "BENCHMARK_ADMIN_URL": admin_url.rpartition("/")[0] + f"/{NAME}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "COUNTERSIGN_DEMO": "1",
    }


@contextmanager
def put(name: str = "empty", make: Make | None = None) -> Iterator[psycopg.Connection]:
    """
    Let the benchmark's database be a fresh copy of the one called so; give the administrator's connection to it.

    Where there is none of that name yet, `make` makes it, of an empty one.
    """
    kept = f"{NAME}_{name}"
    with server() as admin:
        there = admin.execute("SELECT FROM pg_database WHERE datname = %s", [kept]).fetchone() is not None
        if not there and make is not None:
            copy(admin, EMPTY, NAME)
            with closing(administrator()) as inside:
                make(inside)
                inside.execute("VACUUM ANALYZE")
            connection.close()
            copy(admin, NAME, kept)
        copy(admin, kept, NAME)
    with closing(administrator()) as inside:
        yield inside
    connection.close()


def copy(admin: psycopg.Connection, source: str, target: str) -> None:
    """Make a database anew, as a copy."""
    connection.close()
    drop(admin, target)
    roles.create_database(admin, target, template=source)
    admin.execute("CHECKPOINT")


def drop(admin: psycopg.Connection, name: str) -> None:
    """Drop a database, whoever is connected to it."""
    admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


def administrator() -> psycopg.Connection:
    """Connect to the benchmark's database."""
    return psycopg.connect(os.environ["BENCHMARK_ADMIN_URL"], autocommit=True)


@contextmanager
def server() -> Iterator[psycopg.Connection]:
    """Connect to the server, and to no database that is copied."""
    with closing(psycopg.connect(os.environ["BENCHMARK_ADMIN_URL"], dbname="postgres", autocommit=True)) as admin:
        yield admin
