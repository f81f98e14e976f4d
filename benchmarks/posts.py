"""
500 questions through a Slack that says *later* in storms and whose answers get lost, by four workers.

Order is kept for each person, none is doubled and none is lost, or there is no figure. The limit is what Slack's own
rate leaves: so many posts a minute in a workspace, after a first burst.
"""

import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks import Measured, company, say, stage
from benchmarks.questions import APP, TEAM, ask
from demo.slack.directory import AppCard, Company, Person, Team
from demo.slack.limits import Rates
from demo.slack.mischief import Trick
from demo.slack.serving import running
from demo.slack.workspace import Workspace
from governance.models import ExternalIdentity
from governance.sweeping import sweep
from reviews.models import Ask
from reviews.slack.delivering import deliver
from reviews.slack.pacing import METHODS

POSTS, WORKERS, GOAL = 500, 4, 2
STORM_SECONDS, REFUSED, LOST = 15, 4, 2  # every so often, so many calls in a row; each refusal is for a second
PATIENCE = 1200  # seconds
SECRET = "xoxb-bench"  # noqa: S105  (of this benchmark alone)


def run(_n: int) -> Iterator[Measured]:
    """Ask, and look at what has arrived."""
    with company.of(20_000) as admin:
        with stage("questions"):
            list(ask(POSTS, sent=False))
            admin.execute("VACUUM ANALYZE")
        yield Measured("posts_in_storms", post(), least("chat.postMessage"), GOAL, "s", POSTS)


def post() -> float:
    """Let workers post everything; return how many seconds that took."""
    os.environ["BENCH_SLACK_TOKEN"] = SECRET
    slack = Workspace(founded(), clock=time.time, rates=Rates(workspace=0))
    with running(slack, interactivity_url="http://127.0.0.1:9/slack/interactivity") as served, storms(slack):
        begun = time.monotonic()
        command = [sys.executable, "-m", "benchmarks.worker", str(begun + PATIENCE)]
        environment = os.environ | {"SLACK_API_BASE_URL": f"{served.url}/api/", "COUNTERSIGN_LOG_LEVEL": "CRITICAL"}
        workers = [subprocess.Popen(command, env=environment) for _ in range(WORKERS)]
        ended = [worker.wait() for worker in workers]
        taken = time.monotonic() - begun
    if any(ended):
        raise SystemExit(f"{Ask.objects.waiting().count()} still wait after {PATIENCE} s")
    look(slack)
    return taken


def least(method: str) -> float:
    """How many seconds Slack's rate leaves at least for as many calls of a method as there are posts."""
    rate = METHODS[method]
    return rate.every.total_seconds() * (POSTS - rate.burst)


def founded() -> Company:
    """Everybody who is asked is there."""
    users = ExternalIdentity.objects.order_by("value").values_list("value", flat=True)
    return Company(
        team=Team(id=TEAM, domain="bench", name="Bench"),
        app=AppCard(
            id=APP, name="Countersign", bot_id="B0BENCH", bot_user_id="U0BENCH", bot_token=SECRET, signing_secret=SECRET
        ),
        people=tuple(Person(id=user, name=user.lower(), real_name=user, team_id=TEAM) for user in users),
    )


@contextmanager
def storms(slack: Workspace) -> Iterator[None]:
    """Bad weather, again and again, until the context ends."""
    over = threading.Event()

    def blow() -> None:
        while not over.wait(STORM_SECONDS):
            slack.mischief.arm(Trick.RATELIMITED, times=REFUSED)
            slack.mischief.arm(Trick.REPLY_LOST, times=LOST)

    weather = threading.Thread(target=blow, name="weather", daemon=True)
    weather.start()
    try:
        yield
    finally:
        over.set()
        weather.join()


def work(ends: float) -> None:
    """Sweep until nothing waits; exit with 1 where that takes too long."""
    while Ask.objects.waiting().exists():
        if time.monotonic() > ends:
            sys.exit(1)
        sweep(partial(Ask.objects.claim_pending, "slack"), deliver)
        time.sleep(0.2)


def look(slack: Workspace) -> None:
    """Raise SystemExit unless every question arrived once, and each person's in their order."""
    person_of = dict(Ask.objects.order_by("pk").values_list("pk", "person_id"))
    arrived = defaultdict(list)
    for message in sorted(slack.messages.values(), key=lambda message: message.ts):
        if message.metadata and not message.thread_ts:
            arrived[message.channel].append(message.metadata["event_payload"]["ask"])
    everything = sorted(key for keys in arrived.values() for key in keys)
    if everything != sorted(person_of):
        raise SystemExit(f"{len(person_of)} were asked, {len(everything)} arrived, {len(set(everything))} of them once")
    if wrong := [channel for channel, keys in arrived.items() if keys != sorted(keys)]:
        raise SystemExit(f"out of order: {', '.join(wrong)}")
    say(f"{len(everything)} arrived once and in order, of {len(arrived)} people")
