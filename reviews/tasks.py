"""
The alarms of asking, deciding, acting and attesting: each claims, calls one verb and says that it ran.

What it did wakes the next.
"""

from functools import partial

from celery import shared_task

from governance.hinting import publish
from governance.models import Heartbeat
from governance.sweeping import sweep
from reviews import (
    asking,
    attesting,
    handing,
    lapsing,
    opening,
    reminding,
    removing,
    rerouting,
    revoking,
    telling,
    verifying,
    withdrawing,
)
from reviews.mail.delivering import deliver_waiting
from reviews.models import Ask
from reviews.slack.delivering import deliver


def ran(name: str, did: int, *wakes: str) -> None:
    """Note the heartbeat; where something was done, wake the steps that come after it."""
    Heartbeat.beat(name, did)
    for step in wakes if did else ():
        publish(f"reviews.tasks.{step}")


@shared_task
def open_reviews() -> None:
    """Turn findings into questions."""
    ran("open_reviews", opening.open_reviews(), "ask_people")


@shared_task
def ask_people() -> None:
    """Queue questions, offers, reminders, and what governance is told."""
    queued = asking.ask_people() + handing.tell_colleagues() + reminding.remind_people() + telling.tell_governance()
    ran("ask_people", queued, "deliver_to_slack", "deliver_by_mail")


@shared_task
def deliver_to_slack() -> None:
    """Send what was queued, and render again what changed."""
    ran("deliver_to_slack", sweep(partial(Ask.objects.claim_pending, "slack"), deliver))


@shared_task
def deliver_by_mail() -> None:
    """Send letters to those whom Slack does not reach."""
    ran("deliver_by_mail", deliver_waiting())


@shared_task
def lapse_reviews() -> None:
    """Ask the next in line, then let policy decide."""
    ran("lapse_reviews", lapsing.escalate_reviews() + lapsing.lapse_reviews(), "carry_out")


@shared_task
def reroute_reviews() -> None:
    """Give reviews to somebody who can act."""
    ran("reroute_reviews", rerouting.reroute_reviews(), "ask_people")


@shared_task
def withdraw_items() -> None:
    """Take back questions that have lost their reason."""
    ran("withdraw_items", withdrawing.withdraw_items(), "deliver_to_slack")


@shared_task
def carry_out() -> None:
    """Plan the removals whose time has come, and carry out what is planned."""
    ran("carry_out", removing.remove_shut() + revoking.carry_out_due(), "verify_acts")


@shared_task
def verify_acts() -> None:
    """Look whether what was done is true."""
    ran("verify_acts", verifying.verify_sent(), "deliver_to_slack")


@shared_task
def attest_periods() -> None:
    """Attest every calendar period that has ended."""
    ran("attest_periods", attesting.attest_closed())
