"""What goes wrong on purpose: once, with the next request, or as long as Slack is down. Safe between threads."""

import threading
from collections import Counter
from enum import StrEnum

PATIENCE = 30.0  # seconds after which a call that is not answered is dropped


class Trick(StrEnum):
    """What can go wrong once: with the next click, form or command, or with the app's next call."""

    TWICE = "twice"
    HOLD = "hold"
    LATE = "late"
    OTHER_PERSON = "other_person"
    OTHER_TEAM = "other_team"
    OTHER_APP = "other_app"
    OLD_TIME = "old_time"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a trick's name
    RATELIMITED = "ratelimited"
    REPLY_LOST = "reply_lost"


ON_CALLS = frozenset({Trick.RATELIMITED, Trick.REPLY_LOST})
ON_DELIVERY = frozenset(Trick) - ON_CALLS


class Outage(StrEnum):
    """How Slack is down for the app."""

    NONE = "none"
    REFUSING = "503"
    SILENT = "timeout"


class Mischief:
    """The tricks that are armed, and whether Slack is down."""

    def __init__(self) -> None:
        self._armed: Counter[Trick] = Counter()
        self._outage = Outage.NONE
        self._changed = threading.Condition()

    @property
    def outage(self) -> Outage:
        """How Slack is down now."""
        return self._outage

    def set_outage(self, how: Outage) -> None:
        """Let Slack go down, or come back."""
        with self._changed:
            self._outage = how
            self._changed.notify_all()

    def arm(self, trick: Trick, *, times: int = 1) -> None:
        """Let it happen to the next requests; 0 takes it back."""
        with self._changed:
            self._armed[trick] = times

    def armed(self) -> dict[str, int]:
        """Return what will happen, and how often."""
        with self._changed:
            return {trick.value: times for trick, times in sorted(self._armed.items()) if times > 0}

    def take(self, trick: Trick) -> bool:
        """Use it up once, if it is armed."""
        with self._changed:
            if self._armed[trick] < 1:
                return False
            self._armed[trick] -= 1
            return True

    def taken(self) -> frozenset[Trick]:
        """Use up once all that is armed for the next delivery."""
        return frozenset(trick for trick in ON_DELIVERY if self.take(trick))

    def wait_while_silent(self) -> bool:
        """Return whether Slack was silent; then only once it speaks again, or nobody waits any more."""
        with self._changed:
            if self._outage is not Outage.SILENT:
                return False
            self._changed.wait_for(lambda: self._outage is not Outage.SILENT, timeout=PATIENCE)
            return True
