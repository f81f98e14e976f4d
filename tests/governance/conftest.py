"""What several files begin with: a system that is synced, a grant whose use a source reports, a moment."""

import pytest

from governance import clock, syncing
from governance.models import SyncRun, System
from tests.connectors import fake
from tests.factories import AccountFactory, GrantFactory, PolicyFactory, SourceFactory, SystemFactory


@pytest.fixture
def at():
    return clock.now()


# -- what is synced


@pytest.fixture
def system() -> System:
    PolicyFactory()
    return SystemFactory()


@pytest.fixture
def air() -> fake.FakeSystem:
    return fake.airline()


@pytest.fixture
def synced(system: System, air: fake.FakeSystem) -> System:
    """A system whose first sync lies behind it."""
    assert syncing.sync(system, connector=air).state == SyncRun.State.COMPLETE
    return system


# -- what is observed


@pytest.fixture
def policy():
    return PolicyFactory(stored={"unused_runs": 3, "unused_run_seconds": 3600})


@pytest.fixture
def source(policy):
    """A source of use, where three runs are enough to call a grant unused."""
    return SourceFactory()


@pytest.fixture
def account(source):
    return AccountFactory(system=source.system, name="bot")


@pytest.fixture
def grant(account):
    return GrantFactory(account=account)
