"""What Slack gives only so often or so long: messages in a channel, triggers, response URLs."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

TRIGGER_SECONDS = 3.0
RESPONSE_SECONDS = 30 * 60.0
RESPONSE_USES = 5
MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """
    How often the app may call; 0 sets no limit.

    https://docs.slack.dev/apis/web-api/rate-limits
    """

    channel: float = 1.0  # messages a second in each channel
    burst: int = 20  # messages at once in each channel
    workspace: int = 300  # messages a minute in all channels together
    tier2: int = 20  # calls a minute of each method of this tier
    tier3: int = 50
    tier4: int = 100

    def of_tier(self, tier: int) -> int:
        """Return the calls a minute of a tier; tier 0 has no limit."""
        return {0: 0, 2: self.tier2, 3: self.tier3, 4: self.tier4}[tier]


class Spent(Exception):
    """The ticket is unknown, too old or used up; the argument is Slack's word for it."""


class Bucket:
    """So many a second of each name, with short bursts; a rate of 0 sets no limit. Safe between threads."""

    def __init__(self, *, rate: float, burst: int, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def wait(self, name: str) -> float:
        """Take one, or return how many seconds to wait for one."""
        if self._rate <= 0:
            return 0.0
        with self._lock:
            now = self._clock()
            level, since = self._levels.get(name, (float(self._burst), now))
            level = min(float(self._burst), level + (now - since) * self._rate)
            if level < 1:
                self._levels[name] = (level, now)
                return (1 - level) / self._rate
            self._levels[name] = (level - 1, now)
            return 0.0


class Limits:
    """The buckets of one workspace. Each verb takes one, or returns how many seconds to wait for one."""

    def __init__(self, rates: Rates, *, clock: Callable[[], float]) -> None:
        self._channels = Bucket(rate=rates.channel, burst=rates.burst, clock=clock)
        self._workspace = minutely(rates.workspace, clock=clock)
        self._tiers = {tier: minutely(rates.of_tier(tier), clock=clock) for tier in (0, 2, 3, 4)}

    def message(self, channel: str) -> float:
        """Take the right to one message in this channel."""
        return self._workspace.wait("") or self._channels.wait(channel)

    def call(self, method: str, *, tier: int) -> float:
        """Take the right to one call of this method."""
        return self._tiers[tier].wait(method)


def minutely(count: int, *, clock: Callable[[], float]) -> Bucket:
    """Return a bucket of so many a minute, all of which may come at once."""
    return Bucket(rate=count / MINUTE, burst=count, clock=clock)


@dataclass(slots=True, kw_only=True)
class Ticket:
    """A right to answer one click."""

    user_id: str
    expires: float
    uses: int
    about: tuple[str, str] = ("", "")  # channel and ts of the message that was clicked


@dataclass(slots=True, kw_only=True)
class Tickets:
    """Triggers and response URLs by their unguessable ids. Safe between threads."""

    clock: Callable[[], float]
    seconds: float
    uses: int
    words: tuple[str, str, str]  # unknown, expired, used up
    _given: dict[str, Ticket] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def give(self, *, user_id: str, prefix: str = "", about: tuple[str, str] = ("", "")) -> str:
        """Make a ticket and return its id."""
        name = prefix + secrets.token_hex(16)
        expires = self.clock() + self.seconds
        with self._lock:
            self._given[name] = Ticket(user_id=user_id, expires=expires, uses=self.uses, about=about)
        return name

    def take(self, name: str) -> Ticket:
        """Use a ticket once. Raises Spent."""
        unknown, expired, used = self.words
        with self._lock:
            ticket = self._given.get(name)
            if ticket is None:
                raise Spent(unknown)
            if ticket.uses < 1:
                raise Spent(used)
            if self.clock() > ticket.expires:
                raise Spent(expired)
            ticket.uses -= 1
            return ticket

    def point(self, name: str, *, about: tuple[str, str]) -> None:
        """Note which message a ticket is about, where that is known only later."""
        with self._lock:
            self._given[name].about = about


def triggers(clock: Callable[[], float]) -> Tickets:
    """Return the triggers for opening a modal: 3 s, single use."""
    words = ("invalid_trigger_id", "expired_trigger_id", "exchanged_trigger_id")
    return Tickets(clock=clock, seconds=TRIGGER_SECONDS, uses=1, words=words)


def response_urls(clock: Callable[[], float]) -> Tickets:
    """Return the response URLs: five uses within 30 minutes."""
    return Tickets(
        clock=clock, seconds=RESPONSE_SECONDS, uses=RESPONSE_USES, words=("unknown_url", "expired_url", "used_url")
    )
