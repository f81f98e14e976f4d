import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from config.embedded import folders, ports, roles, servers
from config.embedded.stack import ChildDied, Stack
from tests.config.processes import CHECKOUT, SERVERS, descendants, living, running, until

DEBIANS = Path("/usr/lib/postgresql/15/bin")
CLAIM = "from config.embedded import folders; print(folders.claim('tried', slots={slots}))"


@pytest.fixture
def home(state_root, monkeypatch):
    """A claimed folder in it, given back after the test."""
    monkeypatch.setenv("COUNTERSIGN_STATE", str(state_root))
    home = folders.claim("tried")
    yield home
    folders.release(home)


def claim(state_root, *, slots):
    return subprocess.run(
        [sys.executable, "-c", CLAIM.format(slots=slots)],
        cwd=CHECKOUT,
        env=os.environ | {"COUNTERSIGN_STATE": str(state_root)},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_no_server_is_left(number, kept_root):
    with running(SERVERS, 1, COUNTERSIGN_STATE=str(kept_root)) as process:
        family = descendants(process.pid)
        assert len(living(family)) > 10  # PostgreSQL has processes of its own
        process.send_signal(number)
        process.wait(20)
        until(lambda: living(family) == [])


def test_it_starts_again_after_everything_was_killed(kept_root):
    for _ in range(2):
        with running(SERVERS, 1, COUNTERSIGN_STATE=str(kept_root)) as process:
            family = descendants(process.pid)
            for pid in family:
                os.kill(pid, signal.SIGKILL)
            process.kill()
        until(lambda: living(family) == [])  # noqa: B023 - asked at once


def test_the_next_start_waits_for_the_children_of_a_killed_run(kept_root):
    with running(SERVERS, 1, COUNTERSIGN_STATE=str(kept_root)) as process:
        family = descendants(process.pid)
        process.kill()
        process.wait()
        done = claim(kept_root, slots=1)
        assert done.stdout.strip() == str(kept_root / "tried"), done.stderr
        until(lambda: living(family) == [], seconds=1)


def test_a_second_run_takes_the_next_slot(kept_root):
    with running(SERVERS, 2, COUNTERSIGN_STATE=str(kept_root)):
        assert claim(kept_root, slots=2).stdout.strip() == str(kept_root / "tried1")
        with running(SERVERS, 2, COUNTERSIGN_STATE=str(kept_root)):
            assert claim(kept_root, slots=2).returncode == 1


def test_a_second_run_is_refused_where_there_is_one_slot(kept_root):
    with running(SERVERS, 1, COUNTERSIGN_STATE=str(kept_root)) as process:
        done = claim(kept_root, slots=1)
        assert done.returncode == 1
        assert f"is in use by another run (process {process.pid})" in done.stderr


def test_a_folder_of_somebody_else_is_refused(state_root):
    theirs = Path("/")
    if os.geteuid() == 0:  # who owns that one
        theirs = state_root
        os.chown(theirs, 65534, -1)
    done = claim(theirs, slots=1)
    assert done.returncode == 1
    assert f"{theirs} belongs to somebody else; set COUNTERSIGN_STATE" in done.stderr


def test_a_link_in_place_of_the_folder_is_refused(state_root):
    (state_root / "real").mkdir()
    (state_root / "link").symlink_to(state_root / "real")
    assert "belongs to somebody else" in claim(state_root / "link", slots=1).stderr


def test_two_clusters_run_in_one_stack_and_keep_their_rows(home):
    for expected in (None, "kept"):
        stack = Stack()
        try:
            for name in ("pg", "airline"):
                url = servers.postgres(stack, home, name=name)
                with psycopg.connect(url) as connection:
                    there = connection.execute("SELECT to_regclass('memory')::text").fetchone()[0]
                    assert there == (expected and "memory")
                    connection.execute("CREATE TABLE IF NOT EXISTS memory (name text)")
        finally:
            stack.stop()


def test_a_fresh_folder_is_empty(home):
    (home / "pg").mkdir()
    (home / "admin.log").touch()
    folders.release(home)
    assert [each.name for each in folders.claim("tried", fresh=True).iterdir()] == ["lock"]


def test_a_server_listens_on_a_port_where_it_is_told_to(home):
    stack, port = Stack(), ports.next_free(25432, say=str)
    try:
        url = servers.postgres(stack, home, tcp_port=port)
        over_tcp = f"postgres://postgres:{url.split('@')[0].split(':')[2]}@127.0.0.1"
        with psycopg.connect(f"{over_tcp}:{port}/postgres") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(f"postgres://postgres:no@127.0.0.1:{port}/postgres")
    finally:
        stack.stop()


@pytest.mark.skipif(not DEBIANS.exists(), reason="Debian's PostgreSQL 15 is not installed (make peers)")
def test_an_installed_postgresql_runs_too(home):
    stack = Stack()
    try:
        with psycopg.connect(servers.postgres(stack, home, binaries=DEBIANS)) as connection:
            assert connection.info.server_version // 10_000 == 15
    finally:
        stack.stop()


def test_data_of_another_version_is_named(home):
    stack = Stack()
    servers.postgres(stack, home)
    stack.stop()
    (home / "pg/data/PG_VERSION").write_text("14\n")
    stack = Stack()
    with pytest.raises(ChildDied, match=r"PostgreSQL 14 made .*/pg/data, and \d+ cannot read it\. Start over: FRESH=1"):
        servers.postgres(stack, home)
    stack.stop()


def test_a_server_that_does_not_start_says_why_and_where_its_log_is(home):
    stack = Stack()
    servers.postgres(stack, home)
    stack.stop()
    (home / "pg/data/postgresql.conf").write_text("nonsense = yes\n")
    stack = Stack()
    with pytest.raises(ChildDied) as died:
        servers.postgres(stack, home)
    stack.stop()
    assert f"its log {home}/pg.log ends:" in str(died.value)
    assert 'unrecognized configuration parameter "nonsense"' in str(died.value)


def test_only_the_server_may_look_into_its_folder(home):
    stack = Stack()
    servers.postgres(stack, home)
    servers.redis(stack, home)
    stack.stop()
    private = [home / "pg", home / "kv", home / "pg.password"]
    assert [stat.S_IMODE(each.stat().st_mode) & 0o077 for each in private] == [0, 0, 0]


def test_a_path_too_long_for_a_socket_is_said(state_root, monkeypatch):
    monkeypatch.setenv("COUNTERSIGN_STATE", str(state_root / ("long" * 25)))
    home = folders.claim("tried")
    stack = Stack()
    with pytest.raises(SystemExit, match="too long for a socket"):
        servers.redis(stack, home)
    stack.stop()
    folders.release(home)


def test_every_role_logs_in_as_itself_and_the_owner_as_its_group(home):
    stack = Stack()
    try:
        admin_url = servers.postgres(stack, home)
        with psycopg.connect(admin_url, autocommit=True) as admin:
            for _ in range(2):  # the second time changes nothing
                roles.create_missing(admin, admin_url)
            roles.create_database(admin, "house")
        assert [who(roles.url(admin_url, role, "house")) for role in roles.ROLES] == [
            ("countersign_owner_login", "countersign_owner"),
            ("countersign_app_login", "countersign_app_login"),
            ("countersign_sequencer_login", "countersign_sequencer_login"),
            ("countersign_auditor_login", "countersign_auditor_login"),
        ]
    finally:
        stack.stop()


def who(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT session_user, current_user").fetchone()


def test_a_role_that_exists_is_never_changed(home):
    stack = Stack()
    try:
        admin_url = servers.postgres(stack, home)
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("CREATE ROLE countersign_app_login LOGIN PASSWORD 'theirs'")
            roles.create_missing(admin, admin_url)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(roles.url(admin_url, "app", "postgres"))
    finally:
        stack.stop()
