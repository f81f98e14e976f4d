"""
What is said to Slack beside an answer, by a thread of its own: whoever clicks never waits for Slack.

Nothing that matters hangs on it: a decision is committed, and every copy is rendered again by delivering. What a person
would miss is a form that did not open or a sentence; both are logged.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore

logger = logging.getLogger(__name__)

THREADS, WAITING = 8, 64
pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="slack")
room = BoundedSemaphore(WAITING)


def say(call: Callable[[], object], *, otherwise: Callable[[], object] | None = None) -> None:
    """
    Make a call soon; where it fails, `otherwise`. It must not touch the database.

    While Slack does not answer, no more than 64 wait; what is beyond that is not said.
    """
    if not room.acquire(blocking=False):
        logger.warning("nothing more is said to Slack: too much waits for it")
        return
    pool.submit(attempt, call, otherwise)


def attempt(call: Callable[[], object], otherwise: Callable[[], object] | None) -> None:
    """One call, and where it fails the other; neither failure is the click's matter."""
    try:
        if not went_well(call) and otherwise is not None:
            went_well(otherwise)
    finally:
        room.release()


def went_well(call: Callable[[], object]) -> bool:
    """Whether it did not raise."""
    try:
        call()
    except Exception as error:  # noqa: BLE001  (whatever it is, the click has been answered)
        logger.warning("Slack was not told", extra={"error": type(error).__name__})
        return False
    return True
