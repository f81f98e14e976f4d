"""The fixtures of journeys."""

from collections.abc import Callable

import pytest

from reviews.models import Decision, Remediation
from tests import broker
from tests.forking import Forked
from tests.journeys.fixtures import airline, make_world, sealing, world
from tests.journeys.waiting import nudge, until
from tests.journeys.world import only_act

__all__ = ["airline", "make_world", "sealing", "world"]


@pytest.fixture
def carried_out(start_worker: Callable[[], Forked]) -> Callable[[Decision], Remediation]:
    """
    carried_out(decision): a worker does what was decided; the act, once it has ended.

    The worker ends too, and takes nothing from the steps that a journey runs itself.
    """

    def carried_out(decision: Decision) -> Remediation:
        broker.empty()
        worker = start_worker()
        until(lambda: not Remediation.objects.unfinished().filter(decision=decision).exists(), meanwhile=nudge)
        worker.terminate()
        worker.wait()
        return only_act(decision)

    return carried_out
