"""
Pacing: how fast Slack may be spoken to, by all workers together.

One row of Pace is one bucket, kept by the generic cell rate algorithm on the database's clock: no worker's memory and
no worker's clock matters. The rates are Slack's, https://docs.slack.dev/apis/web-api/rate-limits: so many calls of a
method a minute in a workspace, and a message a second in a channel, with short bursts.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

from reviews.models import Workspace


@dataclass(frozen=True, slots=True)
class Rate:
    """One call `every` so often, and `burst` of them at once after a rest."""

    every: timedelta
    burst: int

    @property
    def leeway(self) -> timedelta:
        """By how much a call may come before its turn."""
        return self.every * (self.burst - 1)


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is counted together."""

    key: str
    rate: Rate


class NoRoom(Exception):
    """It is not our turn. Nothing was said to Slack."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"the next call has its turn in {wait.total_seconds():.1f} s")
        self.wait = wait


MINUTE = timedelta(minutes=1)
CHANNEL = Rate(timedelta(seconds=1), burst=5)
TIER_3 = Rate(MINUTE / 50, burst=15)
TIER_4 = Rate(MINUTE / 100, burst=50)
METHODS = {
    "chat.postMessage": Rate(MINUTE / 150, burst=50),  # Slack: "several hundred a minute" in a workspace
    "chat.update": TIER_3,
    "conversations.history": TIER_3,
    "conversations.open": TIER_3,
    "conversations.replies": TIER_3,
    "users.info": TIER_4,
    "views.publish": TIER_4,
}


def calls(workspace: Workspace, *methods: str) -> list[Bucket]:
    """The buckets of these methods in a workspace."""
    return [Bucket(f"slack:{workspace.team_id}:{method}", METHODS.get(method, TIER_3)) for method in methods]


def channel(workspace: Workspace, user_id: str) -> Bucket:
    """The bucket of a person's direct messages."""
    return Bucket(f"slack:{workspace.team_id}:{user_id}", CHANNEL)


TAKE = """
WITH wanted AS (
    SELECT * FROM unnest(%s::text[], %s::interval[], %s::interval[]) AS w (key, every, leeway)
), full_until AS (
    SELECT max(pace.full_at - wanted.leeway) AS moment FROM reviews_pace pace JOIN wanted USING (key)
), taken AS (
    INSERT INTO reviews_pace AS pace (key, full_at)
    SELECT key, clock_timestamp() + every FROM wanted, full_until
    WHERE moment IS NULL OR moment <= clock_timestamp()
    ORDER BY key
    ON CONFLICT (key) DO UPDATE
    SET full_at = greatest(pace.full_at, clock_timestamp()) + (SELECT every FROM wanted WHERE wanted.key = pace.key)
    WHERE pace.full_at - (SELECT leeway FROM wanted WHERE wanted.key = pace.key) <= clock_timestamp()
    RETURNING key
)
SELECT
    (SELECT count(*) FROM taken) = (SELECT count(*) FROM wanted),
    greatest(moment - clock_timestamp(), (SELECT min(every) FROM wanted))
FROM full_until
"""
CLOSE = """
INSERT INTO reviews_pace AS pace (key, full_at) VALUES (%s, clock_timestamp() + %s + %s)
ON CONFLICT (key) DO UPDATE SET full_at = greatest(pace.full_at, excluded.full_at)
"""


def take(*buckets: Bucket) -> None:
    """
    Take room for one call in each of these, or raise NoRoom with how long to wait.

    Where several workers meet, one may take a turn in one bucket and none in another: that turn is lost, and never one
    call too many is made. Rows are locked in the order of their keys, so that nobody waits in a circle.
    """
    keys = [bucket.key for bucket in buckets]
    every = [bucket.rate.every for bucket in buckets]
    leeway = [bucket.rate.leeway for bucket in buckets]
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [keys, every, leeway])
        room, wait = cursor.fetchone()
    if not room:
        raise NoRoom(wait)


def close(bucket: Bucket, *, wait: timedelta) -> None:
    """Slack has said *later*: until then nobody has a turn here."""
    until: list[Any] = [bucket.key, wait, bucket.rate.leeway]
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, until)
