import os
import signal
import sys
import time

import pytest

from config.embedded.stack import ChildDied, Stack
from tests.config.processes import DEAF, SLEEPERS, SLOW, UNDER_MAKE, descendants, living, running, until

FAMILY = 4  # two sleepers, one's own child, the reaper


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all(number, tmp_path):
    with running(SLEEPERS, tmp_path) as process:
        until(lambda: len(descendants(process.pid)) == FAMILY)
        family = descendants(process.pid)
        process.send_signal(number)
        ended = {signal.SIGINT: -signal.SIGINT, signal.SIGTERM: 143, signal.SIGHUP: 129}
        assert process.wait(20) == ended[number]
        until(lambda: living(family) == [], seconds=2)


def test_a_killed_parent_leaves_no_process(tmp_path):
    with running(SLEEPERS, tmp_path) as process:
        until(lambda: len(descendants(process.pid)) == FAMILY)
        family = descendants(process.pid)
        process.kill()
        until(lambda: living(family) == [])


def test_a_child_that_ends_by_itself_stops_all_and_its_last_words_are_shown(tmp_path):
    log = tmp_path / "weak.log"
    stack = Stack()
    strong = stack.start([sys.executable, "-c", "import time; time.sleep(60)"])
    stack.start([sys.executable, "-c", "raise SystemExit('I could not find my hat')"], log=log)
    with pytest.raises(ChildDied) as died:
        stack.wait(look_every=0.01)
    stack.stop()
    assert str(died.value) == (f"weak ended with exit code 1; its log {log} ends:\nI could not find my hat")
    assert strong.poll() == -signal.SIGTERM


def test_a_child_that_is_killed_is_said_to_be(tmp_path):
    stack = Stack()
    child = stack.start([sys.executable, "-c", "import time; time.sleep(60)"], log=tmp_path / "it.log")
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert "it ended with SIGKILL" in stack.dead().last_words()
    stack.stop()


LAST_WORD = """
import os, signal, sys, time
def end(*_):
    time.sleep(float(sys.argv[2]))
    os.write(1, f"{sys.argv[1]}\\n".encode())  # in one piece: others write into the same log
    sys.exit()
signal.signal(15, end)
os.write(1, b"up\\n")
time.sleep(60)
"""

# Told to stop, it waits until the other one, whose file is named second, has been told too.
MEETING = """
import os, pathlib, signal, sys, time
mine, other = map(pathlib.Path, sys.argv[1:])
def end(*_):
    mine.touch()
    while not other.exists():
        time.sleep(0.01)
    os.write(1, b"met\\n")
    sys.exit()
signal.signal(15, end)
os.write(1, b"up\\n")
time.sleep(60)
"""


def test_children_are_stopped_together_and_then_their_servers_the_last_one_first(tmp_path):
    stack, log = Stack(), tmp_path / "all.log"
    for name in ("database", "cache", "slow", "quick"):
        argv = [sys.executable, "-c", LAST_WORD, name, "0.5" if name == "slow" else "0"]
        child = stack.start(argv, log=log)
        if name in ("database", "cache"):
            stack.serves(child)
    until(lambda: log.read_text().count("up") == 4)
    stack.stop()
    assert log.read_text().split()[4:] == ["quick", "slow", "cache", "database"]


def test_all_children_are_told_before_any_is_waited_for(tmp_path):
    stack, log = Stack(), tmp_path / "both.log"
    first, second = tmp_path / "first", tmp_path / "second"
    for mine, other in ((first, second), (second, first)):
        stack.start([sys.executable, "-c", MEETING, mine, other], log=log)
    until(lambda: log.read_text().count("up") == 2)
    stack.stop()
    assert log.read_text().count("met") == 2


def test_stopping_is_said_at_once_and_a_second_ctrl_c_hurries(tmp_path):
    with running(DEAF, tmp_path) as process:
        family = descendants(process.pid)
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        assert process.stdout.readline() == "Stopping… (Ctrl-C again hurries)\n"
        assert living(family) == family
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == -signal.SIGINT
        assert time.monotonic() - begun < 5  # the deaf child alone would take ten seconds
        until(lambda: living(family) == [], seconds=2)


def test_a_second_sigterm_is_no_hurry(tmp_path):
    """Whoever signals make's whole group is heard twice: make passes it on."""
    log = tmp_path / "slow.log"
    with running(SLOW, log) as process:
        until(lambda: log.read_text() == "up\n")
        for _ in range(2):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.1)
        assert process.wait(20) == 128 + signal.SIGTERM
        assert log.read_text() == "up\nfinished\n"


def test_whoever_make_started_ends_when_make_is_gone(tmp_path):
    with running(UNDER_MAKE, SLEEPERS, tmp_path) as make:
        until(lambda: len(descendants(make.pid)) == FAMILY + 1)
        family = descendants(make.pid)
        make.kill()
        until(lambda: living(family) == [], seconds=5)


def test_a_deaf_child_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("config.embedded.stack.PATIENCE", 0.2)
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True);"
    stack, log = Stack(), tmp_path / "deaf.log"
    child = stack.start([sys.executable, "-c", deaf + " time.sleep(60)"], log=log)
    until(lambda: "up" in log.read_text())
    stack.stop()
    assert child.poll() == -signal.SIGKILL


def test_a_stack_of_a_test_leaves_our_signals_alone():
    before = signal.getsignal(signal.SIGTERM)
    Stack().stop()
    assert signal.getsignal(signal.SIGTERM) == before
