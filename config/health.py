"""
/healthz: which process, queue or sequencer lags, and by how much.

200 while the site can take decisions, 503 where it cannot.

Redis away is a warning: decisions are taken and carried out by the sweeps once it is back.
"""

from datetime import timedelta
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models.functions import Now
from django.http import HttpRequest, JsonResponse

from config.celery import SWEEPS
from governance import hinting, ledger
from governance.models import Heartbeat
from reviews.models import Ask, Remediation, Review

LATE = timedelta(minutes=2)


def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer with every part's state; nothing here names a person, a system or a secret."""
    try:
        parts = {"database": "ok", **sweeps(), **sequencer(), **queues()}
    except DatabaseError:
        return JsonResponse({"database": "unreachable"}, status=503)
    parts["redis"] = broker()
    parts["hints_lost"] = sum(hinting.lost.values())
    lagging = sorted(name for name, state in parts.items() if isinstance(state, dict) and state.get("late"))
    return JsonResponse({"lagging": lagging, **parts})


def sweeps() -> dict[str, Any]:
    """When each sweep last ran; one that never did is late."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now = cursor.fetchone()[0]
    every = timedelta(seconds=settings.SWEEP_SECONDS * 3) + LATE
    beats = dict(Heartbeat.objects.values_list("name", "at"))
    found = {}
    for task in SWEEPS:
        at = beats.get(task.rpartition(".")[2])
        ago = int((now - at).total_seconds()) if at else None
        found[f"sweep.{task.rpartition('.')[2]}"] = {"seconds_ago": ago, "late": at is None or now - at > every}
    return found


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
    return {
        "queue.acts": {
            "waiting": Remediation.objects.filter(state__in=["planned", "claimed", "sent"], hold=None).count(),
            "stuck": Remediation.objects.filter(state="stuck").count(),
            "late": Remediation.objects.filter(state__in=["planned", "sent"], hold=None, next_at__lt=late).exists(),
        },
        "queue.asks": {
            "waiting": Ask.objects.filter(state__in=["pending", "outdated"]).count(),
            "late": Ask.objects.filter(state="pending", made_at__lt=late, next_at=None).exists(),
        },
        "queue.unassigned": {"waiting": Review.objects.unassigned().count()},
    }


def broker() -> str:
    """Whether Redis answers within a fraction of a second."""
    url = settings.REDIS_URL.replace("redis+socket://", "unix://")
    try:
        with redis.Redis.from_url(url.partition("?")[0], socket_timeout=0.3, socket_connect_timeout=0.3) as client:
            client.ping()
    except redis.RedisError:
        return "unreachable: hints are lost, sweeps go on when it is back"
    return "ok"
