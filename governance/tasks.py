"""The alarms of knowing: each claims, calls one verb and says that it ran."""

from celery import shared_task

from governance import checking, clock, observing, probing, syncing
from governance.models import Heartbeat


@shared_task
def sync_systems() -> None:
    """Read every system that is due."""
    Heartbeat.beat("sync_systems", syncing.sync_due())


@shared_task
def probe_systems() -> None:
    """Try the credential of every system that somebody wants checked."""
    Heartbeat.beat("probe_systems", probing.probe_waiting())


@shared_task
def roll_up_usage() -> None:
    """Sum up the use that came in, and notice from whom none comes any more."""
    Heartbeat.beat("roll_up_usage", observing.roll_up() + observing.notice_silence())


@shared_task
def check_due() -> None:
    """Let the checks speak about every grant that is due, and about every agent, account and credential."""
    whole = checking.check_agents() + checking.check_accounts() + checking.check_credentials()
    Heartbeat.beat("check_due", checking.check_due() + whole)


@shared_task
def attribute_late() -> None:
    """Attribute the use of all systems that no grant was known for at first."""
    Heartbeat.beat("attribute_late", observing.attribute_late(at=clock.now()))


@shared_task
def check_all() -> None:
    """Begin the nightly full check: what the due sweep missed is a finding against ourselves. Its end is its beat."""
    checking.check_all()


@shared_task
def go_on_checking() -> None:
    """Go on with a full check that has been broken off."""
    Heartbeat.beat("go_on_checking", checking.go_on_checking())


@shared_task
def age_usage() -> None:
    """Make the days of use that are to come, and drop those that are past retention."""
    Heartbeat.beat("age_usage", observing.make_ahead() + observing.age())
