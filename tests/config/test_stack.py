import os
import signal
import sys

import pytest

from config.embedded.stack import ChildDied, Stack
from tests.config.processes import SLEEPERS, descendants, living, running, until

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


def test_children_are_stopped_in_reverse(tmp_path):
    says = "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(print(sys.argv[1])));"
    says += " print('up', flush=True); time.sleep(60)"
    stack, log = Stack(), tmp_path / "both.log"
    for name in ("first", "second"):
        stack.start([sys.executable, "-c", says, name], log=log)
    until(lambda: log.read_text().count("up") == 2)
    stack.stop()
    assert log.read_text().splitlines()[2:] == ["second", "first"]


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
