"""Whose an agent is: it is mine, it is somebody else's, or nobody needs it."""

import pytest
from django.utils import timezone

from governance.policy import facts
from reviews.models import Answer, Ask
from tests.factories import AgentFactory
from tests.reviews.factories import AskFactory, AssignmentFactory, ItemFactory, ReviewFactory, SlackIdentityFactory
from tests.reviews.slack.clicking import click, posted, settle, submission
from tests.reviews.slack.conftest import Question

pytestmark = pytest.mark.django_db


@pytest.fixture
def about_an_agent(question):
    """Maria is asked whose agent it is."""
    Ask.objects.all().delete()
    review = ReviewFactory(kind="claim", question="Who answers for ops-briefing?", campaign=question.review.campaign)
    agent = AgentFactory(name="ops-briefing")
    now = facts.of_agent(agent, timezone.now())
    item = ItemFactory(
        review=review,
        grant=None,
        agent=None,
        subject_agent=agent,
        facts=now,
        fingerprint=facts.fingerprint(now),
        facts_shown={},
    )
    AssignmentFactory(review=review, person=question.person)
    ask = AskFactory(person=question.person, review=review)
    scene = Question(question.workspace, question.person, question.user, review, item, ask)
    scene.delivered()
    return scene


def views(peer):
    """The forms that Slack was asked to open."""
    settle()
    return [body["view"] for body in peer.told("views.open")]


def test_an_agent_is_claimed(about_an_agent):
    posted(click(about_an_agent, "mine"))
    assert Answer.objects.get().verdict == "mine"
    assert about_an_agent.item.subject_agent.line()[0].person == about_an_agent.person


def test_an_agent_is_retired(about_an_agent):
    posted(click(about_an_agent, "retire"))
    about_an_agent.item.subject_agent.refresh_from_db()
    assert about_an_agent.item.subject_agent.lifecycle == "retired"


def test_somebody_else_is_named_in_a_form(about_an_agent, peer):
    lena = SlackIdentityFactory(issuer=about_an_agent.workspace.team_id)
    posted(click(about_an_agent, "theirs", url=peer.response_url))
    [view] = views(peer)
    chosen = {"type": "users_select", "selected_user": lena.value}
    assert posted(submission(about_an_agent, view, named=chosen)).content == b""
    answer = Answer.objects.get()
    assert (answer.verdict, answer.named) == ("theirs", lena.person)
    assert about_an_agent.item.subject_agent.line()[0].person == lena.person


def test_a_stranger_cannot_be_named(about_an_agent, peer):
    posted(click(about_an_agent, "theirs", url=peer.response_url))
    [view] = views(peer)
    chosen = {"type": "users_select", "selected_user": "U0GUEST"}
    response = posted(submission(about_an_agent, view, named=chosen))
    assert "not linked" in response.json()["errors"]["named"]
    assert not Answer.objects.exists()
