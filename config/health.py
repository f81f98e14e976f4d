"""
/healthz: which process, queue, sequencer, connected system or Slack workspace lags, and by how much.

200 while the site can take decisions, 503 where it cannot. What lags stands in `lagging`; for a monitor that reads only
the status, /healthz?strict answers 503 for that too. A load balancer asks without it: a system that cannot be read is
no reason to take the site away.

Redis away is a warning: decisions are taken and carried out by the sweeps once it is back. Nobody signs in here, so
systems are named by their number, as in the address of their page, and workspaces by theirs.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Min, Q
from django.db.models.functions import Now
from django.http import HttpRequest, JsonResponse

from config.celery import AT_TIMES, SWEEPS, app
from governance import access, clock, hinting, ledger
from governance.models import Heartbeat, Person, SyncRun, System
from reviews.models import Ask, Remediation, Review, Workspace

LATE = timedelta(minutes=2)
LATE_TRIES = 7  # so many tries take as long as LATE: each waits twice as long as the one before (`give_back`)
BY_BEAT_ALONE = ("lapse_reviews", "reroute_reviews", "withdraw_items")  # no click and no other step hints at them
LONG_WORK = timedelta(hours=2)  # how long what runs at a time of its own may take


def healthz(request: HttpRequest) -> JsonResponse:
    """Answer with every part's state; nothing here names a person, a system or a secret to who has not signed in."""
    try:
        parts = {"database": "ok", **sweeps(), **sequencer(), **queues(), **systems(request), **slack(), **sockets()}
    except DatabaseError:
        return JsonResponse({"database": "unreachable"}, status=503)
    waiting = messages()
    parts["redis"] = "ok" if waiting is not None else "unreachable: hints are lost, sweeps go on when it is back"
    parts |= processes(parts, waiting)
    parts["hints_lost"] = sum(hinting.lost.values())
    lagging = sorted(name for name, state in parts.items() if isinstance(state, dict) and state.get("late"))
    return JsonResponse({"lagging": lagging, **parts}, status=503 if lagging and "strict" in request.GET else 200)


def sweeps() -> dict[str, Any]:
    """When each sweep last ran. One that never did is late; one with a time of its own has until then."""
    now, beats = heartbeats()
    often = timedelta(seconds=settings.SWEEP_SECONDS * 3) + LATE
    found = {name: beat(beats.get(name), now, now - often) for name in map(short, SWEEPS)}
    # since when there has been something to do
    first = System.objects.aggregate(first=Min("first_synced_at"))["first"] or now
    for task, (_, between) in AT_TIMES.items():
        found[short(task)] = beat(beats.get(short(task)), now, now - between - LONG_WORK, otherwise=first)
    return {f"sweep.{name}": each for name, each in found.items()}


def processes(parts: dict[str, Any], waiting: int | None) -> dict[str, Any]:
    """
    Which of the two that make sweeps run is down.

    What is sent waits for a worker: where something waits, and no sweep runs, no worker takes it. Where nothing waits,
    and what beat alone asks for does not run, it is not asked for; or it fails, which the worker's log says.
    """

    def silent(tasks: Iterable[str]) -> bool:
        return all(parts[f"sweep.{short(task)}"]["late"] for task in tasks)

    return {
        "beat": {"late": silent(BY_BEAT_ALONE) and waiting == 0},
        "worker": {"messages_waiting": waiting, "late": silent(SWEEPS) and bool(waiting)},
    }


def heartbeats() -> tuple[datetime, dict[str, datetime]]:
    """The database's now, and when what beats did so last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now = cursor.fetchone()[0]
    return now, dict(Heartbeat.objects.values_list("name", "at"))


def short(task: str) -> str:
    """A task by the name under which it says that it ran."""
    return task.rpartition(".")[2]


def beat(at: datetime | None, now: datetime, least: datetime, otherwise: datetime | None = None) -> dict[str, Any]:
    """When something last ran, and whether that (or, if never, what counts otherwise) is longer ago than it may be."""
    counts = at or otherwise
    return {
        "seconds_ago": int((now - at).total_seconds()) if at else None,
        "late": counts is None or counts < least,
    }


def systems(request: HttpRequest) -> dict[str, Any]:
    """Which systems have not been read for too long, since when; by name for who has signed in and may see them."""
    lagging: Any = System.objects.stale(clock.now()).order_by("pk")
    person = request.user
    seen = access.visible(lagging, to=person) if isinstance(person, Person) else lagging.none()
    names = dict(seen.values_list("pk", "name"))
    found = [
        {"system": key, "since": ledger.stamp(since), **({"name": names[key]} if key in names else {})}
        for key, since in lagging.values_list("pk", "stale_since")
    ]
    return {"systems": {"late": bool(found), "lagging": found}}


def slack() -> dict[str, Any]:
    """Which workspaces nothing is sent to, by their number: a token that was refused, or the app was taken out."""
    lagging = Workspace.objects.exclude(state=Workspace.State.ACTIVE).order_by("pk")
    found = [{"workspace": key, "state": state} for key, state in lagging.values_list("pk", "state")]
    return {"slack": {"late": bool(found), "lagging": found}}


def sockets() -> dict[str, Any]:
    """When Slack last spoke on the WebSocket of each workspace that has one: a hello, or a pong."""
    now, beats = heartbeats()
    names = [workspace.socket_beat for workspace in Workspace.objects.by_socket()]
    return {name: beat(beats.get(name), now, now - LATE) for name in names}


def sequencer() -> dict[str, Any]:
    """How far the tree is behind the entries."""
    behind = ledger.lag()
    return {
        "sequencer": {
            "entries_behind": ledger.backlog(),
            "unreadable": ledger.unreadable(),
            "seconds_behind": int(behind.total_seconds()) if behind else 0,
            "late": behind is not None and behind > LATE,
        }
    }


def queues() -> dict[str, Any]:
    """What waits in the tables."""
    late = Now() - LATE
    asks = Ask.objects.filter(state__in=[Ask.State.PENDING, Ask.State.OUTDATED])
    return {
        "queue.acts": {
            "waiting": Remediation.objects.filter(state__in=["planned", "claimed", "sent"], hold=None).count(),
            "stuck": Remediation.objects.filter(state="stuck").count(),
            "late": Remediation.objects.filter(state__in=["planned", "sent"], hold=None, next_at__lt=late).exists(),
        },
        "queue.asks": {
            "waiting": asks.count(),
            "late": asks.filter(unsent() | Q(attempts__gte=LATE_TRIES), made_at__lt=late).exists(),
        },
        "queue.unassigned": {"waiting": Review.objects.unassigned().count()},
        "queue.syncs": {"waiting": SyncRun.objects.filter(state=SyncRun.State.HELD).count()},
    }


def unsent() -> Q:
    """Say which asks nobody has seen, however often they were tried; what was closed unsent is none of them."""
    # a row that was closed is claimed once more when its review changes, and has been claimed before
    return Q(state=Ask.State.PENDING) | Q(sent_at=None, fence=0)


def messages() -> int | None:
    """How many messages wait for a worker; None where Redis does not answer within a fraction of a second."""
    address, _, query = settings.REDIS_URL.replace("redis+socket://", "unix://").partition("?")
    number = int(parse_qs(query).get("virtual_host", ["0"])[0].strip("/"))  # of a socket; else it stands in the path
    try:
        with redis.Redis.from_url(address, db=number, socket_timeout=0.3, socket_connect_timeout=0.3) as client:
            return int(client.llen(app.conf.task_default_queue))
    except redis.RedisError:
        return None
