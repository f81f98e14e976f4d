"""
What is said to Slack beside an answer, by threads of its own: whoever clicks never waits for Slack.

Nothing that matters hangs on it: a decision is committed, and every copy is rendered again by delivering. What a person
would miss is a form that did not open or a sentence; both are logged. Sentences do not wait behind forms: a person is
told why also where Slack is slow and many forms are to be opened.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore

logger = logging.getLogger(__name__)

Call = Callable[[], object]


class Voice:
    """Threads that call Slack, and how many calls there may be at most: those that wait, and those that are made."""

    def __init__(self, *, threads: int, waiting: int) -> None:
        self.waiting = waiting
        self.pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="slack")
        self.room = BoundedSemaphore(waiting)

    def takes(self, call: Call) -> bool:
        """Make this call soon; False where too much waits."""
        if not self.room.acquire(blocking=False):
            logger.warning("nothing more is said to Slack: too much waits for it")
            return False
        self.pool.submit(self.make, call)
        return True

    def make(self, call: Call) -> None:
        """Make it, and give its room back."""
        try:
            call()
        finally:
            self.room.release()


FORMS = Voice(threads=8, waiting=64)
SENTENCES = Voice(threads=4, waiting=256)


def say(call: Call, *, otherwise: Call | None = None) -> None:
    """Make a call soon; where it fails, or too much waits, explain by `otherwise`. Neither may touch the database."""

    def attempt() -> None:
        if not went_well(call) and otherwise is not None:
            went_well(otherwise)

    if not FORMS.takes(attempt) and otherwise is not None:
        explain(otherwise)


def explain(call: Call) -> None:
    """Tell a person something soon. It must not touch the database."""
    SENTENCES.takes(lambda: went_well(call))


def went_well(call: Call) -> bool:
    """Whether it did not raise; its failure is not the click's matter."""
    try:
        call()
    except Exception as error:  # noqa: BLE001  (whatever it is, the click has been answered)
        logger.warning("Slack was not told", extra={"error": type(error).__name__})
        return False
    return True
