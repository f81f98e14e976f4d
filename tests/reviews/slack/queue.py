"""More than one question for the same person, and what a sweep of delivering shows of them."""

from typing import Any

from django.utils import timezone

from governance.models import Agent
from governance.policy import facts
from reviews.models import Ask, Item
from reviews.slack import home
from reviews.slack.delivering import deliver
from tests.factories import AgentFactory, GrantFactory
from tests.reviews.factories import AskFactory, AssignmentFactory, ItemFactory, ReviewFactory
from tests.reviews.scene import used
from tests.reviews.slack.conftest import Question


def another(question: Question, /, *, agent: Agent | None = None, items: int = 1, **review: Any) -> Item:
    """One more question that this person is asked, about what was used; the first of its items."""
    made = ReviewFactory(campaign=question.review.campaign, **review)
    holder = agent or AgentFactory()
    AssignmentFactory(review=made, person=question.person)
    found = [used(item_of(made, agent=holder)) for _ in range(items)]
    return found[0]


def item_of(review: Any, **more: Any) -> Item:
    """A subject of a question, with the facts of a grant that is there."""
    grant = GrantFactory()
    now = facts.of_grant(grant.pk)
    item: Item = ItemFactory(review=review, grant=grant, facts=now, fingerprint=facts.fingerprint(now), **more)
    return item


def whose(question: Question) -> Item:
    """A question about an agent for which nobody answers."""
    agent = AgentFactory(name="ops-briefing")
    review = ReviewFactory(kind="claim", question="Who answers for ops-briefing?", campaign=question.review.campaign)
    AssignmentFactory(review=review, person=question.person)
    now = facts.of_agent(agent, timezone.now())
    about = {"grant": None, "agent": None, "subject_agent": agent, "facts_shown": {}}
    item: Item = ItemFactory(review=review, facts=now, fingerprint=facts.fingerprint(now), **about)
    return item


def sweep() -> None:
    """Deliver all that waits."""
    while claimed := Ask.objects.claim_pending("slack"):
        deliver(claimed)


def digest(question: Question, *items: Item) -> Question:
    """These were asked by one message; the scene, with it."""
    ask = AskFactory(person=question.person, purpose=Ask.Purpose.DIGEST)
    ask.reviews.set([item.review for item in items])
    sweep()
    return shown(question, ask, items[0])


def page(question: Question) -> Question:
    """The person looks at their home; the scene, with it."""
    ask = home.opened(question.person, question.workspace)
    sweep()
    return shown(question, ask, question.item)


def shown(question: Question, ask: Ask, item: Item) -> Question:
    """The scene, with this ask for its message."""
    now = Ask.objects.get(pk=ask.pk)
    return Question(question.workspace, question.person, question.user, item.review, item, now)
