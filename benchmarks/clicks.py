"""
The endpoint for clicks, at 200 a second, against a bare Django that says hello at the same rate.

Where that is too much for the machine: at fewer, until it holds.

Each click is a *revoke* of another grant: signed, checked, decided and in the ledger before its 200. Then clicks that
open a form with a Slack that takes connections and never answers, and revokes with a Redis that does so.
"""

import hashlib
import hmac
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from django.conf import settings

from benchmarks import Measured, company, load, say, stage
from benchmarks.questions import APP, TEAM, ask
from config.embedded import folders, ports, servers
from config.embedded.stack import Stack

RATE, SECONDS = 200, 7
LOWER = (100, 50, 30, 20)  # tried in turn where that is too much
CLICKS = RATE * SECONDS
GOAL, SLOWEST_MS, AWAY_MS = 4, 500, 500
WHY = (
    "a click is some thirty statements of one row each in one transaction, four of them entries in the ledger: Django "
    "takes fifteen times as long to write, send and read them as for the bare view, and PostgreSQL a third of that "
    "besides; two processors serve about thirty a second, and what comes faster has to wait"
)
SECRET = "bench"  # noqa: S105  (of this benchmark alone)
PROCESSES = 2
Address = tuple[str, int]
Questions = list[tuple[str, str]]


def run(_n: int) -> Iterator[Measured]:
    """Found a company with enough questions, and click."""
    with company.of(20_000) as admin:
        with stage("questions"):
            questions = list(ask(5 * CLICKS))
            admin.execute("VACUUM ANALYZE")
        with Stack() as stack:
            yield from click(stack, questions)


def click(stack: Stack, questions: Questions) -> Iterator[Measured]:
    """Beside the bare view, and while somebody does not answer."""
    url = servers.redis(stack, folders.claim("bench-redis", fresh=True))
    with served(stack, "benchmarks.hello", {}, path="/hello") as hello:
        rate = yield from against_hello(hello, stack, questions, redis=url)
    with black_hole() as nowhere:
        slack = {"REDIS_URL": url, "SLACK_API_BASE_URL": f"http://127.0.0.1:{nowhere}/api/"}
        yield away("slack", stack, questions, "keep_because", rate, slack)
        redis = {"REDIS_URL": f"redis://127.0.0.1:{nowhere}/0"}
        yield away("redis", stack, questions, "revoke", rate, redis)


def against_hello(hello: Address, stack: Stack, questions: Questions, *, redis: str) -> Generator[Measured, None, int]:
    """
    The click beside the bare view, at the rate that is wanted; return the highest that holds, or the last tried.

    A rate holds where none of its clicks takes too long. Each has a site of its own: what one left undone would be
    served in the next one's time.
    """
    for rate in (RATE, *LOWER):
        bare = greeted(hello, rate)
        with site(stack, REDIS_URL=redis) as ours:
            warm(ours, questions)
            clicks = clicked(ours, questions, "revoke", rate)
        number, slowest = len(clicks.ms), max(clicks.ms)
        if rate == RATE:
            p99 = (clicks.percentile(0.99), bare.percentile(0.99))
            yield Measured("clicks_p99", *p99, GOAL, "ms", number, WHY)
            yield Measured("clicks_slowest", slowest, SLOWEST_MS, 1, "ms", number, WHY)
        if slowest <= SLOWEST_MS:
            yield Measured("clicks_rate", RATE, rate, 1, "/s", number, WHY)
            break
    return rate


def away(who: str, stack: Stack, questions: Questions, action: str, rate: int, environment: dict[str, str]) -> Measured:
    """The click while somebody does not answer."""
    with site(stack, **environment) as address:
        warm(address, questions)
        found = clicked(address, questions, action, rate)
    return Measured(f"clicks_{who}_away_p95", found.percentile(0.95), AWAY_MS, 1, "ms", len(found.ms))


def clicked(address: Address, questions: Questions, action: str, rate: int) -> load.Load:
    """Seconds of clicks, each on the next question; one that is refused ends the benchmark."""
    number = rate * SECONDS
    chosen, questions[:number] = questions[:number], []
    found = load.at_rate(address, [request(user, action, value) for user, value in chosen], rate=rate)
    told(f"{action} at {rate}/s", found)
    if wrong := set(found.refused) - {load.LATE}:
        raise SystemExit(f"clicks were answered with {', '.join(sorted(wrong))}")
    return found


def greeted(address: Address, rate: int) -> load.Load:
    """The bare view, served as ours is, at the same rate."""
    raw = b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    load.at_rate(address, [raw] * 20, rate=20)
    found = load.at_rate(address, [raw] * rate * SECONDS, rate=rate)
    told(f"hello at {rate}/s", found)
    return found


def told(what: str, found: load.Load) -> None:
    """Say more than the one figure that counts."""
    shares = ", ".join(f"p{share:.0%} {found.percentile(share):.1f}" for share in (0.5, 0.95, 0.99))
    say(f"{what}: {shares}, slowest {max(found.ms):.1f} ms; not 200: {len(found.refused)}")


def warm(address: Address, questions: Questions) -> None:
    """What a process does once is not measured."""
    chosen, questions[:20] = questions[:20], []
    load.at_rate(address, [request(user, "revoke", value) for user, value in chosen], rate=20)


def request(user: str, action: str, value: str) -> bytes:
    """A click as Slack posts it, signed."""
    payload = {
        "type": "block_actions",
        "team": {"id": TEAM, "domain": "bench"},
        "user": {"id": user, "team_id": TEAM},
        "api_app_id": APP,
        "container": {"type": "message", "message_ts": "1.0", "channel_id": "D1"},
        "trigger_id": os.urandom(8).hex(),
        "actions": [{"action_id": action, "block_id": "CS-1.1.1.6", "value": value, "type": "button"}],
    }
    body = urlencode({"payload": json.dumps(payload)}).encode()
    stamp = str(int(time.time()) + SECONDS // 2)
    signature = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    head = (
        f"POST /slack/interactivity HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nX-Slack-Request-Timestamp: {stamp}\r\n"
        f"X-Slack-Signature: v0={signature}\r\n\r\n"
    )
    return head.encode() + body


@contextmanager
def site(stack: Stack, **environment: str) -> Iterator[Address]:
    """Our site, as `manage.py run` starts it."""
    given = {
        "COUNTERSIGN_PROCESS": "web",
        "COUNTERSIGN_SECRET_KEY": settings.SECRET_KEY,
        "COUNTERSIGN_LOG_LEVEL": "ERROR",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_BASE_URL": "http://127.0.0.1:9/api/",  # nothing listens: refused at once
        "BENCH_SLACK_TOKEN": "xoxb-bench",
    }
    with served(stack, "config.wsgi", given | environment, path="/healthz") as address:
        yield address


@contextmanager
def served(stack: Stack, app: str, environment: dict[str, str], *, path: str) -> Iterator[Address]:
    """An application in as many processes as there are cores."""
    address = ("127.0.0.1", ports.next_free(18000))
    serving = ("--preload", "--no-control-socket", "--workers", str(PROCESSES))
    arguments = ["-m", "gunicorn", app, "--bind", f"{address[0]}:{address[1]}", *serving]
    with subprocess.Popen([sys.executable, *arguments], env=os.environ | environment) as process:
        try:
            raw = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            while load.at_rate(address, [raw], rate=1).refused:
                stack.check()
            yield address
        finally:
            process.terminate()


@contextmanager
def black_hole() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as server:
        yield server.getsockname()[1]
