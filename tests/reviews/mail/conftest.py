"""Maria has no Slack: she is asked by e-mail, through a mail server that keeps what it is given."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.conf import LazySettings

from governance.models import Agent, Person
from governance.policy import facts
from reviews.mail.delivering import deliver_waiting
from reviews.models import Ask, Item, Review
from tests.factories import GrantFactory, OrganisationFactory, OwnershipFactory, PersonFactory
from tests.reviews.factories import AskFactory, AssignmentFactory, ItemFactory, ReviewFactory
from tests.reviews.mail.peer import Postbox

FROM = "Countersign <questions@countersign.example>"


@dataclass
class Maria:
    """Whom the tests are about, and what she is asked."""

    person: Person
    agent: Agent
    reviews: list[Review] = field(default_factory=list)

    def asked(self, number: int = 1, *, purpose: Ask.Purpose = Ask.Purpose.QUESTION) -> Ask:
        """Put so many new questions to her, in one ask."""
        found = [self.question() for _ in range(number)]
        ask = AskFactory(person=self.person, surface="email", purpose=purpose)
        ask.reviews.set(found)
        return ask

    def question(self, agent: Agent | None = None) -> Review:
        """A question that is hers."""
        review, grant = ReviewFactory(), GrantFactory()
        now = facts.of_grant(grant.pk)
        ItemFactory(
            review=review, grant=grant, agent=agent or self.agent, facts=now, fingerprint=facts.fingerprint(now)
        )
        AssignmentFactory(review=review, person=self.person)
        self.reviews.append(review)
        return review

    @property
    def item(self) -> Item:
        """The subject of her first question."""
        return Item.objects.get(review=self.reviews[0])


@pytest.fixture
def maria(db: None) -> Maria:
    """Maria, who owns an agent."""
    OrganisationFactory()
    person = PersonFactory(name="Maria Okafor", email="maria@skyway.example", time_zone="Europe/Copenhagen")
    return Maria(person, OwnershipFactory(person=person).agent)


@pytest.fixture
def postbox(settings: LazySettings) -> Postbox:
    """A mail server that is not there yet; everything of ours is pointed to it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings.EMAIL_SET_UP, settings.EMAIL_TIMEOUT = True, 5
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.DEFAULT_FROM_EMAIL = FROM
    settings.BASE_URL = "https://countersign.example"
    return Postbox(port=port)


@pytest.fixture
def post(postbox: Postbox) -> Iterator[Postbox]:
    """The mail server, listening."""
    with postbox.listening():
        yield postbox


def delivered(ask: Ask) -> Ask:
    """Let the sweep run, whatever waits for its next try, and read the ask again."""
    Ask.objects.update(next_at=None)
    deliver_waiting()
    return Ask.objects.get(pk=ask.pk)
