import os
import signal
import subprocess
import sys
from http import HTTPStatus
from io import StringIO

import httpx
import pytest
from django.core.management import CommandError, call_command

from config.embedded import ports
from config.management.commands.run import NEEDED, processes
from tests import databases
from tests.config.processes import CHECKOUT, descendants, living, until
from tests.reviews.factories import WorkspaceFactory

FEW = ("--web-processes", 1, "--worker-processes", 1)


def manage(*arguments, env):
    """Run a command of an installation to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=CHECKOUT,
        env=env,
        check=False,
        capture_output=True,
        text=True,
    )


def environment(*, without):
    """Ours, less what is named: a shell of somebody else's has neither our servers nor our habits."""
    return {key: value for key, value in os.environ.items() if key not in without}


@pytest.fixture
def run(committed, tmp_path, state_root):
    """Start `manage.py run` on the test's database; what it says goes to a file, and must come at once."""
    started, key = [], tmp_path / "key"
    call_command("sequence", "--make-key", str(key))

    def run(*arguments, **env):
        out = (tmp_path / "out").open("wb")
        given = {
            "SEQUENCER_DATABASE_URL": databases.as_role("sequencer", committed),
            "LEDGER_SIGNING_KEY_FILE": str(key),
            "COUNTERSIGN_SECRET_KEY": "the secret of an installation that lives as long as a test",
            "COUNTERSIGN_STATE": str(state_root),
        }
        with out:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "run", *map(str, arguments)],
                cwd=CHECKOUT,
                env=environment(without=["PYTHONUNBUFFERED"]) | given | env,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        started.append(process)
        return process, (tmp_path / "out").read_text

    yield run
    for process in started:
        process.kill()
        process.wait()


def test_it_serves_until_it_is_told_to_stop(run):
    port = ports.next_free(28_000, say=str)
    process, said = run("--port", port, *FEW)
    until(lambda: f"Listening on http://127.0.0.1:{port}/" in said() or process.poll() is not None)
    assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=20).status_code == HTTPStatus.OK
    forked = 7  # the four, the reaper, and the forks of web and worker
    until(lambda: len(descendants(process.pid)) >= forked or process.poll() is not None)
    assert process.poll() is None, said()
    family = descendants(process.pid)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 128 + signal.SIGTERM, said()
    until(lambda: living(family) == [])


def test_a_process_that_fails_is_shown_and_stops_the_others(run, committed):
    nowhere = "postgres://countersign_sequencer_login:wrong@127.0.0.1:1/nowhere"
    process, said = run("--port", ports.next_free(28_100, say=str), *FEW, SEQUENCER_DATABASE_URL=nowhere)
    assert process.wait(120) == 1
    assert "sequencer ended with exit code" in said()
    assert "sequencer.log ends:" in said()
    assert "connection refused" in said().lower()


def test_all_that_is_missing_is_named():
    done = manage("run", env=environment(without=NEEDED))
    assert done.returncode == 1
    assert f"Set {', '.join(NEEDED)}. See docs/reference/settings.md." in done.stderr


@pytest.mark.parametrize("name", NEEDED)
def test_what_alone_is_missing_is_named(name, monkeypatch):
    for each in NEEDED:
        monkeypatch.setenv(each, "postgres://nobody@127.0.0.1:1/nowhere")
    monkeypatch.delenv(name)
    with pytest.raises(CommandError, match=f"^Set {name}. See docs/reference/settings.md.$"):
        call_command("run")


def test_a_site_that_cannot_start_is_not_said_to_listen(run, committed):
    owner = databases.as_role("owner", committed)
    process, said = run("--port", ports.next_free(28_200, say=str), *FEW, DATABASE_URL=owner)
    assert process.wait(120) == 1
    assert "ended with exit code" in said()
    assert "Listening" not in said()


def test_a_command_without_a_database_says_what_to_set():
    done = manage("set_policy", env=environment(without=["DATABASE_URL"]))
    assert done.returncode == 1
    assert done.stderr == "Set DATABASE_URL: this command needs the database. See docs/reference/settings.md.\n"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("COUNTERSIGN_ENCRYPTION_KEYS", "c2VjcmV0", "COUNTERSIGN_ENCRYPTION_KEYS is NAME=KEY, or several with commas"),
        ("COUNTERSIGN_SWEEP_SECONDS", "soon", 'Environment variable "COUNTERSIGN_SWEEP_SECONDS" invalid'),
    ],
)
def test_a_strange_setting_is_named_in_one_line_that_shows_no_key(name, value, said):
    done = manage("set_policy", env=os.environ | {name: value})
    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert done.stderr.endswith(". See docs/reference/settings.md.\n")
    assert done.stderr.count("\n") == 1
    assert "c2VjcmV0" not in done.stderr


def test_a_database_that_is_not_there_is_not_said_to_be_unset():
    nowhere = "postgres://nobody@127.0.0.1:1/nowhere"
    done = manage("set_policy", env=os.environ | {"DATABASE_URL": nowhere})
    assert done.returncode == 1
    assert done.stderr.startswith("The database at DATABASE_URL cannot be reached: ")
    assert "port 1 failed" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_signing_key_is_made_once_and_its_verifier_key_printed_as_often_as_asked(tmp_path):
    first, again = StringIO(), StringIO()
    call_command("sequence", "--make-key", str(tmp_path / "key"), stdout=first)
    written = (tmp_path / "key").read_text()
    warned = StringIO()
    call_command("sequence", "--make-key", str(tmp_path / "key"), stdout=again, stderr=warned)
    assert first.getvalue() == again.getvalue() != ""
    assert "is kept: no new key was made" in warned.getvalue()
    assert (tmp_path / "key").read_text() == written


def test_a_file_that_holds_no_key_is_left_alone(tmp_path):
    (tmp_path / "key").write_text("minutes of a meeting")
    with pytest.raises(CommandError, match="holds no signing key"):
        call_command("sequence", "--make-key", str(tmp_path / "key"))
    assert (tmp_path / "key").read_text() == "minutes of a meeting"


@pytest.mark.django_db
def test_slack_is_heard_by_socket_where_a_workspace_has_one(monkeypatch, tmp_path):
    monkeypatch.setenv("SEQUENCER_DATABASE_URL", "of the sequencer")
    options = {"host": "127.0.0.1", "port": 8000, "web_processes": 1, "worker_processes": 1}
    WorkspaceFactory()
    assert [each.name for each in processes(options, tmp_path)] == ["sequencer", "beat", "worker", "web"]
    WorkspaceFactory(app_token="env:SKYWAY_APP_TOKEN")
    [*_, last] = processes(options, tmp_path)
    assert (last.name, last.arguments) == ("slack_socket", ("manage.py", "slack_socket"))
    assert "SEQUENCER_DATABASE_URL" not in last.env
