"""What journeys and faults share: a target cluster, the airline in it, and a world around it."""

from base64 import b64encode
from collections.abc import Callable, Iterator

import pytest
from django.conf import LazySettings

from tests.connectors import clusters, company
from tests.journeys.world import World, build

KEY = b64encode(bytes(range(32))).decode()


@pytest.fixture
def airline(cluster_of: Callable[[str], str]) -> Iterator[company.Company]:
    with company.founded(cluster_of(*clusters.NEWEST)) as founded:
        yield founded


@pytest.fixture
def sealing(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key that seals secrets, here and in every process that a test starts."""
    monkeypatch.setenv("COUNTERSIGN_ENCRYPTION_KEYS", f"test={KEY}")
    settings.ENCRYPTION_KEYS = {"test": KEY}


@pytest.fixture
def make_world(committed, airline, sealing, login) -> Callable[..., World]:
    """make_world(undo_seconds=1): the world under a policy; the database is thrown away with the test."""
    return lambda **policy: build(airline, login("owner"), **policy)


@pytest.fixture
def world(make_world) -> World:
    """The usual one: an agent, its owner, a deputy, and ten runs in which it never refunds a payment."""
    made = make_world()
    made.agent_with("support", "agent", owner=made.owner, deputies=(made.deputy,))
    made.runs_of("support")
    return made
