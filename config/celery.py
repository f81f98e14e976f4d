"""
The clock and the muscle: Celery on Redis, and the timetable of every sweep.

PostgreSQL is the queue. A message only says "look at the table"; the timetable says it again and again, so that a lost
message costs seconds and never work. The settings are those that survived kill -9 of workers and of Redis
(docs/adr/0016).
"""

import os
from datetime import timedelta

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging, worker_init
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Of a worker, Django's checks would load all pages, which it never shows; `manage.py run` and the other commands look.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("countersign")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["governance", "reviews"])


@setup_logging.connect
def keep_django_logging(**_kwargs: object) -> None:
    """Celery leaves the logging of settings alone."""


@worker_init.connect
def refuse_owner(**_kwargs: object) -> None:
    """A worker whose log-in owns evidence does not start."""
    from governance.ledger import refuse_owner as check  # noqa: PLC0415  (apps are not loaded yet when this module is)

    check()


SWEEPS = (
    "governance.tasks.sync_systems",
    "governance.tasks.probe_systems",
    "governance.tasks.roll_up_usage",
    "governance.tasks.check_due",
    "reviews.tasks.open_reviews",
    "reviews.tasks.ask_people",
    "reviews.tasks.deliver_to_slack",
    "reviews.tasks.deliver_by_mail",
    "reviews.tasks.lapse_reviews",
    "reviews.tasks.reroute_reviews",
    "reviews.tasks.withdraw_items",
    "reviews.tasks.carry_out",
    "reviews.tasks.verify_acts",
)
"""
Every few seconds (COUNTERSIGN_SWEEP_SECONDS).

A message that waits longer than the next two is dropped: its successor says the same.
"""

AT_TIMES = {
    "governance.tasks.attribute_late": (crontab(hour="1", minute="30"), timedelta(days=1)),
    "governance.tasks.check_all": (crontab(hour="2", minute="0"), timedelta(days=1)),
    "governance.tasks.go_on_checking": (crontab(minute="*/5"), timedelta(minutes=5)),
    "governance.tasks.age_usage": (crontab(hour="3", minute="0"), timedelta(days=1)),
    "reviews.tasks.attest_periods": (crontab(minute="15"), timedelta(hours=1)),
}
"""Less often: when (UTC), and how long lies between two."""

app.conf.beat_schedule = {
    **{
        name: {"task": name, "schedule": settings.SWEEP_SECONDS, "options": {"expires": 2 * settings.SWEEP_SECONDS}}
        for name in SWEEPS
    },
    **{name: {"task": name, "schedule": when} for name, (when, _) in AT_TIMES.items()},
}
