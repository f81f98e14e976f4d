"""
One template for a schema, and copies of it.

Nothing is ever flushed: the app's role may not TRUNCATE. A test that commits gets a copy of its
own.
"""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import dj_database_url
import psycopg
import pytest
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from config.embedded import roles

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
NUMBERS = count(1)
TEMPLATE = "countersign_template_"
KEPT_TEMPLATES = 5
IN_TURN = "SELECT pg_advisory_lock(hashtext('countersign tests'))"


def admin() -> closing[psycopg.Connection]:
    """Open a connection of the server's administrator, in autocommit mode."""
    return closing(psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True))


def as_role(role: str, database: str) -> str:
    """Return the URL of a role's log-in to a database of the test server."""
    return roles.url(os.environ["TEST_DATABASE_URL"], role, database)


def digest() -> str:
    """Change with any migration, ours or a package's, and with the roles."""
    migrations = MigrationLoader(None).disk_migrations.values()
    files = {str(sys.modules[each.__module__].__file__) for each in migrations}
    files |= {roles.__file__, str(roles.SCRIPT)}
    contents = b"".join(Path(file).read_bytes() for file in sorted(files))
    return hashlib.sha256(contents).hexdigest()[:12]


def template() -> str:
    """Return the name of a database with today's schema, made unless it is there already."""
    name = f"{TEMPLATE}{digest()}"
    with admin() as connection:
        connection.execute(IN_TURN)  # given back when the connection closes
        roles.create_missing(connection, os.environ["TEST_DATABASE_URL"])
        if name not in existing(connection):
            make(connection, name)
    return name


def existing(connection: psycopg.Connection) -> list[str]:
    """Return our databases, the oldest first."""
    ours = "SELECT datname FROM pg_database WHERE datname ~ '^countersign_' ORDER BY oid"
    return [name for (name,) in connection.execute(ours)]


def drop_leftovers() -> None:
    """Drop a killed run's copies and all but the last templates; nobody else uses the server."""
    with admin() as connection:
        there = existing(connection)
        templates = [name for name in there if name.startswith(TEMPLATE)]
        for name in set(there) - set(templates[-KEPT_TEMPLATES:]):
            drop(connection, name)


def make(connection: psycopg.Connection, name: str) -> None:
    """Migrate by the real command as owner; renamed when finished, so that a template is whole."""
    making = f"countersign_making_{os.environ['TEST_RUN']}"
    roles.create_database(connection, making)
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": as_role("owner", making)},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        drop(connection, making)
        raise pytest.UsageError(f"The test database could not be migrated:\n{done.stderr}")
    shut = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(making))
    connection.execute(shut)  # CREATE DATABASE … TEMPLATE refuses one that somebody looks at
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    connection.execute(rename.format(sql.Identifier(making), sql.Identifier(name)))


def drop(connection: psycopg.Connection, name: str) -> None:
    """Drop a database; WITH (FORCE) would sleep 100 ms over a backend that is just leaving."""
    on_it = "SELECT FROM pg_stat_activity WHERE datname = %s"
    for _ in range(20):
        if not connection.execute(on_it, [name]).rowcount:
            break
        time.sleep(0.002)
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    connection.execute(statement.format(sql.Identifier(name)))


@contextmanager
def copy(connection: psycopg.Connection) -> Iterator[str]:
    """Make a database, point this process, its threads and its children to it as the app's role."""
    name = f"countersign_copy_{os.environ['TEST_RUN']}_{WORKER}_{next(NUMBERS)}"
    roles.create_database(connection, name, template=os.environ["TEST_TEMPLATE"])
    try:
        with pointed_to(as_role("app", name)):
            yield name
    finally:
        drop(connection, name)


@contextmanager
def pointed_to(url: str) -> Iterator[None]:
    """
    Point Django and `DATABASE_URL` to another database for a while.

    settings.DATABASES and the connections of all threads share one dict: it is changed in place, as
    Django's own test runner does. What this thread has open to the database before stays so: a new connection knows
    no table and no plan, and costs as much as a test.
    """
    shared = settings.DATABASES["default"]
    before, there = dict(shared), dj_database_url.parse(url)
    with pytest.MonkeyPatch.context() as patch, another_connection():
        patch.setenv("DATABASE_URL", url)
        for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT"):
            shared[key] = there.get(key, "")
        try:
            yield
        finally:
            connections.close_all()
            shared.update(before)


@contextmanager
def another_connection() -> Iterator[None]:
    """Lay this thread's connection aside for a while."""
    ours = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = ours
