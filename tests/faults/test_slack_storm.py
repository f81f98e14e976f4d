"""Slack says *later* again and again, and some of its answers get lost: order is kept, no post doubled, none lost."""

import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connections
from django.db.models.functions import Now

from governance.models import Entry, Person
from governance.sweeping import sweep
from reviews.models import Ask
from reviews.slack.delivering import deliver
from tests.factories import OrganisationFactory, PersonFactory
from tests.reviews.factories import (
    AskFactory,
    AssignmentFactory,
    ReviewFactory,
    SlackIdentityFactory,
    WorkspaceFactory,
)
from tests.reviews.slack.peer import Peer, listening

POST = "chat.postMessage"
PEOPLE, EACH, WORKERS = 9, 3, 4
PATIENCE = 120


@dataclass
class Storm(Peer):
    """Every fifth post is refused for a second, and of every seventh the answer gets lost."""

    posts: int = 0
    refused: int = 0
    swallowed: int = 0
    lock: Lock = field(default_factory=Lock)

    def answer(self, method: str, body: dict[str, Any]) -> tuple[int, dict[str, str], dict[str, Any]]:
        with self.lock:
            if method == POST:
                self.posts += 1
                if self.posts % 5 == 0:
                    self.refused += 1
                    return 429, {"Retry-After": "1"}, {"ok": False, "error": "ratelimited"}
                if self.posts % 7 == 0:
                    self.swallowed += 1
                    self.lost.add(POST)
            return super().answer(method, body)


@pytest.fixture
def storm(committed: str, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storm]:
    """A Slack in bad weather."""
    weather = Storm()
    with listening(weather):
        settings.SLACK_API_BASE_URL = weather.api
        monkeypatch.setenv("TEST_SLACK_BOT_TOKEN", "xoxb-of-the-tests")
        yield weather


@pytest.fixture
def people(storm: Storm) -> list[Person]:
    """Each of them has three questions, which were asked in turns."""
    OrganisationFactory()
    workspace = WorkspaceFactory()
    people = PersonFactory.create_batch(PEOPLE)
    for number, person in enumerate(people):
        SlackIdentityFactory(person=person, issuer=workspace.team_id, value=f"U{number}")
    for person in people * EACH:
        review = ReviewFactory()
        AssignmentFactory(review=review, person=person)
        AskFactory(person=person, review=review)
    return people


def work() -> None:
    """A worker: it sweeps until nothing waits."""
    ends = time.monotonic() + PATIENCE
    try:
        while Ask.objects.waiting().exists() and time.monotonic() < ends:
            sweep(partial(Ask.objects.claim_pending, "slack"), deliver)
            Ask.objects.filter(attempts__gt=0).update(next_at=Now())  # a fault's wait is of no matter here
            time.sleep(0.2)
    finally:
        connections.close_all()


def test_order_is_kept_nothing_is_doubled_and_nothing_lost(people: list[Person], storm: Storm) -> None:
    with ThreadPoolExecutor(WORKERS) as pool:
        for worker in [pool.submit(work) for _ in range(WORKERS)]:
            worker.result()
    asks = list(Ask.objects.order_by("pk"))
    assert {ask.state for ask in asks} == {Ask.State.SENT}
    posted = [message["metadata"]["event_payload"]["ask"] for message in storm.kept]
    assert sorted(posted) == [ask.pk for ask in asks]
    person_of = {ask.pk: ask.person_id for ask in asks}
    received = defaultdict(list)
    for key in posted:
        received[person_of[key]].append(key)
    assert all(keys == sorted(keys) for keys in received.values()), received
    places = {message["metadata"]["event_payload"]["ask"]: message["ts"] for message in storm.kept}
    assert all(ask.external_id.endswith(places[ask.pk]) for ask in asks)
    assert Entry.objects.filter(act="ask.sent").count() == len(asks)
    assert (storm.refused, storm.swallowed) > (5, 2), "the storm was none"
