"""What is said to Slack beside an answer."""

import logging
import threading

import pytest

from reviews.slack import aside
from tests.reviews.slack.clicking import settle


def failing():
    raise OSError("Slack is away")


def test_it_is_said_soon_and_by_somebody_else():
    by = []
    aside.say(lambda: by.append(threading.current_thread()))
    settle()
    assert by != [threading.current_thread()]


def test_what_could_not_be_said_is_said_otherwise(caplog):
    said = []
    aside.say(failing, otherwise=lambda: said.append("otherwise"))
    settle()
    assert said == ["otherwise"]
    assert [record.message for record in caplog.records] == ["Slack was not told"]


@pytest.mark.parametrize("otherwise", [None, failing])
def test_what_cannot_be_said_at_all_is_logged_and_the_next_is_said(caplog, otherwise):
    said = []
    for _ in range(aside.FORMS.waiting + 1):
        aside.say(failing, otherwise=otherwise)
        settle()
    aside.say(lambda: said.append("next"))
    settle()
    assert said == ["next"]
    assert caplog.records[-1].levelno == logging.WARNING


def test_no_click_waits_where_too_much_waits_already(caplog):
    answered, said = threading.Event(), []

    def wait():
        answered.wait(30)
        said.append("waited")

    for _ in range(aside.FORMS.waiting):
        aside.say(wait)
    aside.say(lambda: said.append("one too many"))
    assert said == []
    assert "too much waits" in caplog.text
    answered.set()
    settle()
    assert said == ["waited"] * aside.FORMS.waiting


def test_where_too_many_forms_wait_everybody_is_still_told_why():
    opened, told = threading.Event(), threading.Semaphore(0)
    try:
        for _ in range(aside.FORMS.waiting):
            aside.say(lambda: opened.wait(30))
        aside.explain(told.release)
        aside.say(lambda: None, otherwise=told.release)
        assert [told.acquire(timeout=10) for _ in range(2)] == [True, True], "while no form could be opened"
    finally:
        opened.set()
        settle()
