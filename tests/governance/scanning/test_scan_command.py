"""The command: where the page goes, what it says when it cannot, and how it ends when somebody interrupts it."""

import os
import pty
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from governance.scanning.progress import Progress
from tests.governance.scanning import estate


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch) -> Path:
    """A folder of its own, and no word of a password around."""
    monkeypatch.chdir(tmp_path)
    for name in ("PGPASSWORD", "PGUSER", "PGHOST", "PGPORT", "PGDATABASE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def scan(url: str, **options) -> str:
    out = StringIO()
    call_command("scan", url, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def test_the_page_gets_a_name_that_is_free(standing, here):
    url = estate.url(standing)
    assert "The page: scan-orders-and-archive.html" in scan(url)
    assert "The page: scan-orders-and-archive-2.html" in scan(url)
    assert oct((here / "scan-orders-and-archive.html").stat().st_mode)[-3:] == "600", "for who made it alone"


def test_a_page_that_is_there_is_kept_unless_told(standing, here):
    (here / "mine.html").write_text("mine")
    with pytest.raises(CommandError, match=r"mine\.html is there already"):
        scan(estate.url(standing), out=Path("mine.html"))
    assert (here / "mine.html").read_text() == "mine"
    scan(estate.url(standing), out=Path("mine.html"), force=True)
    assert "The page: " not in (here / "mine.html").read_text()
    assert "Countersign" in (here / "mine.html").read_text()


def test_a_folder_that_is_not_there_is_named_before_anything_is_read(standing):
    with pytest.raises(CommandError, match="there is no folder"):
        scan("postgresql://nobody@127.0.0.1:1/x", out=Path("nosuch/page.html"))


def test_the_text_says_the_sentence_first(standing):
    said = " ".join(scan(estate.url(standing)).split())
    assert said.startswith("23 accounts and 20 roles can do "), "who can sign in, and who cannot"
    assert said.index("WHAT COULD NOT BE SEEN") < said.index("THE TEN THAT MATTER FIRST")


def test_the_password_may_come_from_the_environment(standing, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", estate.PASSWORD)
    assert scan(estate.url(standing).replace(f":{estate.url(standing).split(':')[2].split('@')[0]}@", "@"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("orders", "a URL is wanted"),
        ("mysql://h/d", "there is no connector 'mysql'"),
        ("postgresql://u@127.0.0.1:1/d", "Check host and port"),
        ("postgresql://u@h:port/d", "host or port cannot be read"),
        ("postgresql://u@h/d?database=e", "unknown in the URL: database"),
        ("postgresql://u@h/d?connect_timeout=soon", "connect_timeout must be a whole number"),
    ],
)
def test_a_url_that_leads_nowhere_says_what_to_do(here, url, said):
    with pytest.raises(CommandError, match=said):
        scan(url)
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "hunter2 and more"}, "Check user and password"),
        ({"database": "nosuch"}, "Check the name of the database"),
        ({"user": "app_web"}, "Check user and password"),
    ],
)
def test_a_refusal_says_what_to_do_and_no_password(standing, here, change, said):
    with pytest.raises(CommandError, match=said) as refused:
        scan(estate.url(standing, **change))
    assert "hunter2" not in str(refused.value)
    assert estate.PASSWORD not in str(refused.value)
    assert list(here.iterdir()) == []


def test_a_missing_right_to_connect_is_named(fresh):
    estate.run(fresh, "postgres", "REVOKE CONNECT ON DATABASE archive FROM countersign_scan")
    with pytest.raises(CommandError, match="GRANT CONNECT ON DATABASE"):
        scan(estate.url(fresh))


def test_an_interrupt_leaves_nothing_behind(here):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        process = subprocess.Popen(
            [
                *("env", "--default-signal=INT"),  # whoever started us may have had it ignored
                *(sys.executable, Path(settings.BASE_DIR) / "manage.py"),
                *("scan", f"postgresql://u:p@127.0.0.1:{port}/d"),
            ],
            stderr=subprocess.PIPE,
            text=True,
            cwd=here,
            env=os.environ | {"PGCONNECT_TIMEOUT": "60"},
        )
        connection, _ = silent.accept()
        with connection:  # it waits for an answer
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrupted: nothing was written." in said
    assert "Traceback" not in said
    assert list(here.iterdir()) == []


def test_a_password_that_nobody_gave_is_asked_for(standing, here):
    ours, theirs = pty.openpty()
    url = estate.url(standing, password="").replace(":@", "@")
    process = subprocess.Popen(
        [sys.executable, Path(settings.BASE_DIR) / "manage.py", "scan", url],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,  # with no other terminal than this
    )
    os.close(theirs)
    said = b""
    while b"Password for" not in said:
        said += os.read(ours, 4096)
    os.write(ours, f"{estate.PASSWORD}\n".encode())
    with suppress(OSError):  # its end is closed when it ends
        while chunk := os.read(ours, 4096):
            said += chunk
    os.close(ours)
    assert process.wait(timeout=30) == 0
    assert estate.PASSWORD.encode() not in said
    assert (here / "scan-orders-and-archive.html").exists()


class Terminal(StringIO):
    """Somebody looks."""

    def isatty(self) -> bool:
        return True

    def write(self, text: str, style_func=None, ending: str = "") -> int:
        return super().write(text + ending)


def test_a_bar_is_drawn_where_somebody_looks_and_gone_afterwards():
    terminal = Terminal()
    with Progress(terminal) as progress:
        for step in ("principals", "entitlements", "grants", "use", "checks"):
            progress.tell(step, 12_345)
    assert "[########............] who holds what: 12,345" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
