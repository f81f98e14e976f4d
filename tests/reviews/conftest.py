"""A scene for each step: an organisation, an agent, and a system in memory."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.factories import PolicyFactory
from tests.reviews import target as targets
from tests.reviews.scene import Scene
from tests.reviews.target import Target


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    with targets.connected(monkeypatch) as system:
        yield system


@pytest.fixture
def make_scene(request: pytest.FixtureRequest, target: Target) -> Callable[..., Scene]:
    """make_scene(undo_seconds=1): the scene under a policy; rolled back, or committed beside `committed`."""
    if "committed" not in request.fixturenames:
        request.getfixturevalue("db")
    return lambda **policy: Scene(target, PolicyFactory(stored=policy))


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Any:
    return make_scene()
