"""What tests start is as good as started by its name, and ends with them."""

import os
import signal

import pytest

from tests.config.processes import descendants, living, running, until

# A server that was forked; "up" is said when it runs.
FORKING = """
import pathlib, sys, time
from tests.forking import Forks
log = pathlib.Path(sys.argv[1])
Forks().start("http.server", ["0", "--bind", "127.0.0.1"], log=log)
while "Serving" not in log.read_text():
    time.sleep(0.01)
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def log(tmp_path):
    log = tmp_path / "it.log"
    log.touch()
    return log


def test_it_ends_with_whoever_started_it_however_that_ends(log):
    with running(FORKING, log, PYTHONUNBUFFERED="1") as process:
        family = descendants(process.pid)
        assert len(living(family)) == 2  # the one that forks, and the server
        process.kill()
        process.wait()
        until(lambda: living(family) == [])


def test_it_has_its_arguments_its_environment_its_log_and_its_end(forks, log, monkeypatch):
    monkeypatch.setenv("SAID", "of this moment")
    statement = "import os; print(os.environ['SAID'], flush=True); os._exit(7)"
    process = forks.start("timeit", ["--number", 1, statement], log=log)
    assert process.wait() == 7
    assert log.read_text() == "of this moment\n"
    assert process.poll() == 7


def test_it_leads_a_group_of_its_own_and_is_killed_with_it(forks, log):
    process = forks.start("http.server", ["0", "--bind", "127.0.0.1"], log=log)
    until(lambda: os.getpgid(process.pid) == process.pid)
    process.end()
    assert process.returncode == -signal.SIGKILL
