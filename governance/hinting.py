"""
Hints: "look at the table", said to the workers after a commit.

A hint that is lost costs seconds: the timetable says it again.

The one who clicks never waits for Redis: in web processes a thread of its own speaks to it. A hint that waits to be
said already is not said twice.
"""

import logging
from collections import Counter
from functools import partial
from threading import Condition, Thread

from celery import current_app
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

lost: Counter[str] = Counter()


class Herald:
    """Says hints beside what a process does; one thread, started with the first of them."""

    def __init__(self) -> None:
        self.waiting: dict[str, None] = {}
        self.changed = Condition()
        self.thread: Thread | None = None

    def say(self, task: str) -> None:
        """Have it said soon."""
        with self.changed:
            self.waiting[task] = None
            if self.thread is None:
                self.thread = Thread(target=self.run, name="herald", daemon=True)
                self.thread.start()
            self.changed.notify()

    def run(self) -> None:
        """Say what waits, for as long as the process lives."""
        while True:
            with self.changed:
                while not self.waiting:
                    self.changed.wait()
                tasks, self.waiting = list(self.waiting), {}
            for task in tasks:
                publish(task)


herald = Herald()


def hint(*tasks: str) -> None:
    """After the commit of now, tell the workers to run these tasks, by name."""
    for task in tasks:
        transaction.on_commit(partial(herald.say if settings.IS_WEB else publish, task))


def publish(task: str) -> None:
    """Send one message; never raise, never wait long."""
    try:
        current_app.send_task(task, retry=False, ignore_result=True)
    except Exception:  # noqa: BLE001  (the broker's client raises whatever its layers raise; a lost hint is no error)
        lost[task] += 1
        logger.warning("a hint was lost", extra={"task": task, "lost": lost[task]})
