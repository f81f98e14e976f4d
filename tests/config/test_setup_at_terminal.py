"""`manage.py setup` as processes: at a terminal it asks for what is missing; several at once make one installation."""

import os
import pty
import subprocess
import sys
from contextlib import suppress

from config.environment import entries_of
from governance.models import Organisation, Person
from tests.config.processes import CHECKOUT

WORD = "correct horse battery"


def at_terminal(*arguments, answers):
    """Run it before a terminal, answering each question as it comes; its exit code and all that stood there."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "manage.py", "setup", *arguments]
    process = subprocess.Popen(
        command, cwd=CHECKOUT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=os.environ
    )
    os.close(theirs)
    said = ""
    for question, answer in answers:
        while question not in said:
            said += os.read(ours, 4096).decode()
        said = said.partition(question)[2]
        if answer is not None:
            os.write(ours, f"{answer}\n".encode())
    with suppress(OSError):  # the other end is closed
        while more := os.read(ours, 4096).decode():
            said += more
    os.close(ours)
    return process.wait(), said


def test_it_asks_at_a_terminal_until_it_is_answered(committed, tmp_path):
    code, said = at_terminal(
        f"--env={tmp_path / 'environment'}",
        answers=[
            ("name: ", ""),
            ("it may not be empty", "Meridian Air"),
            ("zone [UTC]: ", "Mars/Base"),
            ("'Mars/Base' is unknown", "Asia/Tokyo"),
            ("days [mon-fri]: ", ""),
            ("address: ", "priya@meridian.example"),
            ("administrator's name: ", "Priya Raman"),
            ("access.example.org/ledger: ", "a.example/ledger"),
            ("A password for them (empty: a link by which they set it): ", WORD),
            ("Once more: ", "another"),
            ("These two are not the same.\r\nA password for them (empty: a link by which they set it): ", "short"),
            ("Once more: ", "short"),
            ("This password is too short", None),
            ("A password for them (empty: a link by which they set it): ", WORD),
            ("Once more: ", WORD),
        ],
    )
    assert code == 0, said
    assert "They can log in at" in said
    assert WORD not in said
    organisation = Organisation.objects.get()
    assert (organisation.time_zone, organisation.working_days) == ("Asia/Tokyo", [1, 2, 3, 4, 5])
    assert Person.objects.get().has_usable_password()


def test_three_at_once_make_one_set_of_keys(committed, tmp_path):
    file = tmp_path / "environment"
    given = {"organisation": "Air", "admin": "p@a.example", "admin-name": "P", "origin": "a.example/l", "env": file}
    command = [sys.executable, "manage.py", "setup", *(f"--{name}={value}" for name, value in given.items())]
    several = [
        subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=os.environ)
        for _ in range(3)
    ]
    said = sorted(each.communicate()[0].decode().count("there already") for each in several)
    assert [each.returncode for each in several] == [0, 0, 0]
    assert said == [0, 4, 4], "the first makes it all, the others find it"
    lines = file.read_text().splitlines()
    assert len(lines) == len(entries_of(file)) == 5
    assert Person.objects.count() == 1
