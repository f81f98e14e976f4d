"""One question, for one person, in one workspace, beside a Slack that notes what it is told."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.conf import LazySettings

from governance.models import Person
from governance.policy import facts
from reviews.models import Ask, Item, Review, Workspace
from reviews.slack import signing
from reviews.slack.delivering import deliver
from tests.factories import GrantFactory, OrganisationFactory, OwnershipFactory, PersonFactory
from tests.reviews.conftest import AT_ONCE
from tests.reviews.factories import (
    AskFactory,
    AssignmentFactory,
    ItemFactory,
    ReviewFactory,
    SlackIdentityFactory,
    WorkspaceFactory,
)
from tests.reviews.slack.peer import Peer, listening

SECRET = "the app's signing secret"  # noqa: S105


@dataclass
class Question:
    """What the tests are about: Maria is asked."""

    workspace: Workspace
    person: Person
    user: str
    review: Review
    item: Item
    ask: Ask

    def delivered(self) -> Ask:
        """Claim the ask as a sweep does, send it, and read it again."""
        claimed = Ask.objects.claim_pending("slack")
        assert claimed is not None, "nothing waits to be sent"
        deliver(claimed)
        return Ask.objects.get(pk=claimed.pk)


@pytest.fixture
def peer(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    """A Slack; everything of ours is pointed to it."""
    with listening() as listener:
        settings.SLACK_API_BASE_URL = listener.api
        settings.SLACK_SIGNING_SECRET = SECRET
        settings.SLACK_SIMULATED = False
        monkeypatch.setenv("TEST_SLACK_BOT_TOKEN", "xoxb-of-the-tests")
        yield listener


@pytest.fixture
def ring() -> Iterator[None]:
    """The door reads the workspaces' secrets anew: for tests that make or change some."""
    signing.ring.forget()
    yield
    signing.ring.forget()


@pytest.fixture
def question(request: pytest.FixtureRequest, peer: Peer) -> Question:
    """The scene; in the test's own transaction, or committed where the test takes `committed` before it."""
    if "committed" not in request.fixturenames:
        request.getfixturevalue("db")
    return asked()


def asked(*, workspace: Workspace | None = None, user: str = "U0MARIA") -> Question:
    """Make the rows."""
    OrganisationFactory()
    workspace = workspace or WorkspaceFactory()
    person = PersonFactory(name="Maria Okafor", time_zone="Europe/Copenhagen")
    identity = SlackIdentityFactory(person=person, issuer=workspace.team_id, value=user)
    made = ReviewFactory(campaign__policy__stored=AT_ONCE)  # who is asked anew is asked now, whatever day it is
    grant = GrantFactory()
    owned = OwnershipFactory(person=person)
    now = facts.of_grant(grant.pk)
    item = ItemFactory(review=made, grant=grant, agent=owned.agent, facts=now, fingerprint=facts.fingerprint(now))
    AssignmentFactory(review=made, person=person)
    ask = AskFactory(person=person, review=made)
    return Question(workspace, person, identity.value, made, item, ask)
