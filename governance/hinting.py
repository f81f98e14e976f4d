"""
Hints: "look at the table", said to the workers after a commit.

A hint that is lost costs seconds: the timetable says it again.

The one who clicks never waits for Redis: web processes publish with settings of their own (config.settings), failures
are swallowed and counted.
"""

import logging
from collections import Counter
from functools import partial

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)

lost: Counter[str] = Counter()


def hint(*tasks: str) -> None:
    """After the commit of now, tell the workers to run these tasks, by name."""
    for task in tasks:
        transaction.on_commit(partial(publish, task))


def publish(task: str) -> None:
    """Send one message; never raise, never wait long."""
    try:
        current_app.send_task(task, retry=False, ignore_result=True)
    except Exception:  # noqa: BLE001  (the broker's client raises whatever its layers raise; a lost hint is no error)
        lost[task] += 1
        logger.warning("a hint was lost", extra={"task": task, "lost": lost[task]})
