"""PostgreSQL clusters to connect to: 18 from the wheel, 15 where Debian's is installed."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import psycopg
import pytest
from psycopg.pq import PGconn, Ping

from config.embedded import folders, servers
from config.embedded.stack import Stack
from tests.connectors import scram

DEBIAN = Path("/usr/lib/postgresql/15/bin")
PGAUDIT = DEBIAN.parent / "lib" / "pgaudit.so"
AUDITED = {
    "shared_preload_libraries": "pgaudit",
    "pgaudit.log": "read,write,function",
    "pgaudit.log_relation": "on",
    "logging_collector": "on",
    "log_destination": "jsonlog",
    "log_filename": "audit.log",
    "log_timezone": "UTC",
}
VERSIONS = ("18", "15")
NEWEST = VERSIONS[:1]  # for what no version has for itself


@contextmanager
def shared() -> Iterator[Callable[[str], str]]:
    """What gives the cluster of a version, started where it is first asked for; a test leaves it as it was."""
    with ExitStack() as stack:
        yield cache(lambda version: stack.enter_context(running(version)))


@contextmanager
def running(version: str) -> Iterator[str]:
    """A cluster of a version for a while; its administrator's URL."""
    stack, state = Stack(), folders.claim(f"target{version}-", slots=16, fresh=True, in_memory=True)
    try:
        yield start(stack, state, version)
    finally:
        stack.stop()
        folders.empty(state)
        folders.release(state)


@contextmanager
def audited() -> Iterator[tuple[str, Path]]:
    """Debian's PostgreSQL with pgaudit for a while; its administrator's URL, and the log that it writes."""
    if not PGAUDIT.exists():
        pytest.skip("Debian's pgaudit is not installed (make peers)")
    stack, state = Stack(), folders.claim("audited-", slots=16, fresh=True, in_memory=True)
    try:
        yield debian(stack, state / "pg", AUDITED), state / "pg" / "data" / "log" / "audit.json"
    finally:
        stack.stop()
        folders.empty(state)
        folders.release(state)


@contextmanager
def standing_by() -> Iterator[str]:
    """A cluster that waits for changes of another one, as a standby does; its administrator's URL."""
    state = folders.claim("standby-", slots=16, fresh=True, in_memory=True)
    stack = Stack()
    try:
        servers.postgres(stack, state)
        stack.stop()  # never `with`, which has this process ignore signals from then on
        (state / "pg" / "data" / "standby.signal").touch()
        stack = Stack()
        yield servers.postgres(stack, state)
    finally:
        stack.stop()
        folders.empty(state)
        folders.release(state)


def start(stack: Stack, state: Path, version: str) -> str:
    """Start a cluster of a version; return its administrator's URL, over a Unix socket."""
    if version == "18":
        return servers.postgres(stack, state)
    if not DEBIAN.exists():
        pytest.skip("Debian's PostgreSQL 15 is not installed (make peers)")
    return debian(stack, state / "pg")


def debian(stack: Stack, home: Path, more: Mapping[str, str] = MappingProxyType({})) -> str:
    """Start Debian's PostgreSQL on a new data directory; as root it runs as nobody."""
    user = servers.unprivileged()
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    word, word_file = secrets.token_urlsafe(24), home / "pwfile"
    word_file.write_text(word)
    for path in (home, word_file):
        os.chown(path, user.uid if user else -1, user.gid if user else -1)
    subprocess.run(
        [
            DEBIAN / "initdb",
            *("-D", home / "data", "-U", "postgres", f"--pwfile={word_file}", "--no-sync"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )
    process = stack.start(
        [
            DEBIAN / "postgres",
            *("-D", home / "data", "-k", home, "-h", ""),
            *(f"--{key}={value}" for key, value in (servers.OPTIONS | dict(more)).items()),
        ],
        stop=signal.SIGINT,
        log=home.parent / "pg.log",
        cwd="/",
        user=user,
    )
    url = f"postgres://postgres:{word}@{quote(str(home), safe='')}:5432/postgres"
    servers.wait_until(lambda: PGconn.ping(url.encode()) == Ping.OK, stack, process)
    with closing(psycopg.connect(url, autocommit=True)) as admin:
        admin.execute(f"ALTER ROLE postgres PASSWORD '{scram.stored(word)}'".encode())
    return url
