"""
The alarms of asking, deciding, acting and attesting: each claims, calls one verb and says that it ran.

What it did wakes the next.
"""

from functools import partial

from celery import shared_task

from governance.hinting import publish
from governance.models import Heartbeat
from governance.sweeping import sweep
from reviews import asking, attesting, lapsing, opening, rerouting, revoking, verifying, withdrawing
from reviews.models import Ask
from reviews.slack.delivering import deliver


def ran(name: str, did: int, *, wakes: str = "") -> None:
    """Note the heartbeat; where something was done, wake the step that comes after it."""
    Heartbeat.beat(name, did)
    if did and wakes:
        publish(f"reviews.tasks.{wakes}")


@shared_task
def open_reviews() -> None:
    """Turn findings into questions."""
    ran("open_reviews", opening.open_reviews(), wakes="ask_people")


@shared_task
def ask_people() -> None:
    """Queue questions and reminders."""
    ran("ask_people", asking.ask_people() + asking.remind_people(), wakes="deliver_to_slack")


@shared_task
def deliver_to_slack() -> None:
    """Send what was queued, and render again what changed."""
    ran("deliver_to_slack", sweep(partial(Ask.objects.claim_pending, "slack"), deliver))


@shared_task
def lapse_reviews() -> None:
    """Ask the next in line, then let policy decide."""
    ran("lapse_reviews", lapsing.escalate_reviews() + lapsing.lapse_reviews(), wakes="carry_out")


@shared_task
def reroute_reviews() -> None:
    """Give reviews to somebody who can act."""
    ran("reroute_reviews", rerouting.reroute_reviews(), wakes="ask_people")


@shared_task
def withdraw_items() -> None:
    """Take back questions that have lost their reason."""
    ran("withdraw_items", withdrawing.withdraw_items(), wakes="deliver_to_slack")


@shared_task
def carry_out() -> None:
    """Carry out planned acts."""
    ran("carry_out", revoking.carry_out_due(), wakes="verify_acts")


@shared_task
def verify_acts() -> None:
    """Look whether what was done is true."""
    ran("verify_acts", verifying.verify_sent(), wakes="deliver_to_slack")


@shared_task
def attest_periods() -> None:
    """Attest every calendar period that has ended."""
    ran("attest_periods", attesting.attest_closed())
