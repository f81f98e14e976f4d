"""
The endpoint for clicks, at 200 a second, against a bare Django that says hello at the same rate.

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
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import psycopg
from django.conf import settings

from benchmarks import Measured, company, load, say, stage
from benchmarks.questions import APP, TEAM, ask
from config.embedded import folders, ports, servers
from config.embedded.stack import Stack
from governance import clock

RATE, SECONDS = 200, 10
CLICKS = RATE * SECONDS
GOAL, SLOWEST_MS, AWAY_MS = 4, 500, 500
SECRET = "bench"  # noqa: S105  (of this benchmark alone)
PROCESSES = 2


def run(admin: psycopg.Connection, _n: int) -> Iterator[Measured]:
    """Found a company with enough questions, and click."""
    with stage("company and questions"):
        company.found(admin, 20_000, clock.now())
        questions = list(ask(4 * CLICKS))
        admin.execute("VACUUM ANALYZE")
    with Stack() as stack:
        redis = servers.redis(stack, folders.claim("bench-redis", fresh=True))
        yield from against_hello(stack, questions, redis)
        with black_hole() as nowhere:
            slack = f"http://127.0.0.1:{nowhere}/api/"
            forms = measured(stack, questions, "keep_because", REDIS_URL=redis, SLACK_API_BASE_URL=slack)
            told("forms while Slack does not answer", forms)
            yield Measured("clicks_slack_away_p95", forms.percentile(0.95), AWAY_MS, 1, "ms", CLICKS)
            hung = measured(stack, questions, "revoke", REDIS_URL=f"redis://127.0.0.1:{nowhere}/0")
            told("clicks while Redis does not answer", hung)
            yield Measured("clicks_redis_away_p95", hung.percentile(0.95), AWAY_MS, 1, "ms", CLICKS)


def against_hello(stack: Stack, questions: list[tuple[str, str]], redis: str) -> Iterator[Measured]:
    """The click beside the bare view."""
    bare = hello(stack)
    told("hello", bare)
    ours = measured(stack, questions, "revoke", REDIS_URL=redis)
    told("clicks", ours)
    yield Measured("clicks_p99", ours.percentile(0.99), bare.percentile(0.99), GOAL, "ms", CLICKS)
    yield Measured("clicks_slowest", max(ours.ms), SLOWEST_MS, 1, "ms", CLICKS)


def measured(stack: Stack, questions: list[tuple[str, str]], action: str, **environment: str) -> load.Load:
    """Start the site, warm it up, and click."""
    with site(stack, **environment) as address:
        warm(address, questions)
        return clicked(address, questions, action)


def told(what: str, ours: load.Load) -> None:
    """Say more than the one figure that counts; stop where an answer was none."""
    shares = ", ".join(f"p{share:.0%} {ours.percentile(share):.1f}" for share in (0.5, 0.95, 0.99))
    say(f"{what}: {shares}, slowest {max(ours.ms):.1f} ms; not 200: {len(ours.refused)}")
    if ours.refused:
        raise SystemExit(f"{len(ours.refused)} clicks were answered with {ours.refused[0]}")


def clicked(address: tuple[str, int], questions: list[tuple[str, str]], action: str) -> load.Load:
    """As many clicks as are measured, each on the next question."""
    chosen, questions[:CLICKS] = questions[:CLICKS], []
    return load.at_rate(address, [request(user, action, value) for user, value in chosen], rate=RATE)


def warm(address: tuple[str, int], questions: list[tuple[str, str]]) -> None:
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


def hello(stack: Stack) -> load.Load:
    """The bare view, served as ours is, at the same rate."""
    with served(stack, "benchmarks.hello", {}, path="/hello") as address:
        raw = b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        load.at_rate(address, [raw] * 20, rate=20)
        return load.at_rate(address, [raw] * CLICKS, rate=RATE)


@contextmanager
def site(stack: Stack, **environment: str) -> Iterator[tuple[str, int]]:
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
def served(stack: Stack, app: str, environment: dict[str, str], *, path: str) -> Iterator[tuple[str, int]]:
    """An application in as many processes as there are cores."""
    address = ("127.0.0.1", ports.next_free(18000))
    arguments = ["-m", "gunicorn", app, "--bind", f"{address[0]}:{address[1]}", "--workers", str(PROCESSES)]
    with subprocess.Popen([sys.executable, *arguments, "--no-control-socket"], env=os.environ | environment) as process:
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
