"""A scene for each step: an organisation, an agent, and a system in memory; and a ledger that is sequenced beside."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection

from governance.ledger.notes import Signer
from governance.ledger.running import Sequencer
from reviews.models import Item, Remediation
from tests.factories import PolicyFactory
from tests.governance.ledger.conftest import as_sequencer, sequenced, sequencer, signer, superuser, tamper
from tests.reviews import target as targets
from tests.reviews.scene import Scene, carried_out
from tests.reviews.target import Target

__all__ = ["as_sequencer", "sequenced", "sequencer", "signer", "superuser", "tamper"]

# Everything is asked at once and alone, with its suggestion: what the digest waits for has tests of its own.
AT_ONCE = {"alone_from": "low", "alone_a_day": 1000, "no_suggestion_percent": 0}


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    with targets.connected(monkeypatch) as system:
        yield system


@pytest.fixture
def make_scene(request: pytest.FixtureRequest, target: Target) -> Callable[..., Scene]:
    """make_scene(undo_seconds=1): the scene under a policy; rolled back, or committed beside `committed`."""
    if "committed" not in request.fixturenames:
        request.getfixturevalue("db")
    return lambda **policy: Scene(target, PolicyFactory(stored=AT_ONCE | policy))


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Any:
    return make_scene()


@pytest.fixture
def item(scene: Scene) -> Item:
    """Maria is asked about one grant."""
    return scene.asked()


@pytest.fixture
def pinned(committed: str, settings: LazySettings, signer: Signer) -> Signer:
    """The key that signs the ledger is known."""
    settings.LEDGER_VKEY = signer.verifier.vkey
    return signer


@pytest.fixture
def start_sequencing(
    pinned: Signer,
    sequencer: Sequencer,
    as_sequencer: Callable[[], AbstractContextManager[None]],
) -> Iterator[Callable[[], None]]:
    """start_sequencing(): from now on the sequencer works beside the test, with its own log-in."""
    connected, threads = threading.Event(), []

    def work() -> None:
        try:
            connection.ensure_connection()
            connected.set()
            sequencer.run()
        finally:
            connection.close()

    def start() -> None:
        threads.append(threading.Thread(target=work))
        with as_sequencer():
            threads[0].start()
            assert connected.wait(30), "the sequencer found no database"

    yield start
    sequencer.stop()
    for thread in threads:
        thread.join()


@pytest.fixture
def sequencing(start_sequencing: Callable[[], None]) -> None:
    """It works from the beginning."""
    start_sequencing()


@pytest.fixture
def sent(scene: Scene) -> Remediation:
    """A removal that the system says it has done."""
    return carried_out(scene.act())
