"""What the demo begins with, and what it says when it is ended."""

import pytest

from demo.__main__ import complete, farewell


@pytest.mark.parametrize(
    ("kept", "once", "words"),
    [
        (True, False, "Stopped. The company is kept; FRESH=1 starts over."),
        (False, False, "Stopped before the company was complete; the next start makes it anew."),
        (False, True, "Stopped."),
    ],
)
def test_the_farewell_says_what_becomes_of_the_company(kept, once, words):
    assert farewell(kept, once=once) == words


def test_a_company_is_complete_when_its_last_step_was_done(tmp_path):
    assert not complete(tmp_path)
    (tmp_path / "company.made").touch()
    assert complete(tmp_path)
