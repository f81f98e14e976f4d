"""Whose an account is, in Slack: which buttons a card has, what their forms ask, and what is taken from them."""

from dataclasses import replace

import pytest
from django.utils import timezone

from demo.cards.examples import card, copy, item
from governance.models import Claim, Disclaimer
from governance.policy import facts
from reviews import describing
from reviews.evidence import About, Keeping, Match
from reviews.models import Answer, Ask, Remediation
from reviews.slack import accounts, rendering
from tests.factories import AccountFactory, AgentFactory, GrantFactory
from tests.reviews.factories import AskFactory, AssignmentFactory, ItemFactory, ReviewFactory, SlackIdentityFactory
from tests.reviews.slack.clicking import click, posted, settle, submission
from tests.reviews.slack.conftest import Question

REASON = "Maria's own log-in, for maintenance."
LONG = "GRANT" * 40


def buttons(shown):
    return [each for block in shown.blocks if block["type"] == "actions" for each in block["elements"]]


def about(**changes):
    return item(about=About.ACCOUNT, title="dba_two", **changes)


def test_the_card_has_four_answers_and_the_menu():
    found = buttons(rendering.message(card(about(), kind="claim"), copy()))
    assert [each["action_id"] for each in found] == ["claim", "disclaim", "theirs", "disable", "more"]
    assert [each.get("style") for each in found] == [None, None, None, "danger", None]
    assert "Nothing can sign in with it any more in PostgreSQL." in found[3]["confirm"]["text"]["text"]


def test_what_is_critical_is_said_to_be_no_agents_in_the_browser_alone():
    keeping = Keeping(because=(), length=15, days=(30,), behind_login=True)
    found = buttons(rendering.message(card(about(keeping=keeping), kind="claim"), copy()))
    assert [each["action_id"] for each in found] == ["claim", "browser", "theirs", "disable", "more"]


def test_the_form_offers_what_suggests_itself_and_chooses_nothing():
    could_be = (Match(1, "airline-support", 90, "its name is the agent's"), Match(2, LONG, 50, LONG))
    view = accounts.belongs(about(could_be=could_be))
    _, full, which, other = view["blocks"]
    assert full["elements"][0]["text"].startswith(f"{LONG}, 50 %: ")
    assert len(full["elements"]) == 1, "the other one has room in its option"
    options = which["element"]["options"]
    assert [each["value"] for each in options] == ["1", "2", "another"]
    assert options[0]["description"]["text"] == "90 %: its name is the agent's"
    assert "initial_option" not in which["element"]
    assert other["optional"] is True


def test_without_a_suggestion_a_name_is_all():
    view = accounts.belongs(about())
    assert [block["type"] for block in view["blocks"]] == ["section", "input"]
    assert view["blocks"][1]["optional"] is False


@pytest.fixture
def whose(question):
    """Maria, who owns the system, is asked whose a log-in is; one agent suggests itself."""
    Ask.objects.all().delete()
    review = ReviewFactory(kind="claim", question="Whose is dba_two?", campaign=question.review.campaign)
    AgentFactory(name="dba-two")
    account = AccountFactory(name="dba_two", system__owner=question.person)
    GrantFactory(account=account, risk=65)
    at = timezone.now()
    now = facts.of_account(account)
    asked = ItemFactory(
        review=review,
        grant=None,
        agent=None,
        account=account,
        finding=False,
        facts=now,
        fingerprint=facts.fingerprint(now),
        facts_shown=describing.describe(account, agent=None, at=at),
    )
    AssignmentFactory(review=review, person=question.person)
    ask = AskFactory(person=question.person, review=review)
    scene = Question(question.workspace, question.person, question.user, review, asked, ask)
    scene.delivered()
    return scene


def opened(scene, peer, action):
    """The form that a button opens."""
    posted(click(scene, action, url=peer.response_url))
    settle()
    return peer.told("views.open")[-1]["view"]


def suggested(scene):
    """The key of the agent that suggests itself."""
    return str(scene.item.facts_shown["could_be"][0]["agent"])


def typed(text):
    return {"type": "plain_text_input", "value": text}


def picked(value):
    return {"type": "radio_buttons", "selected_option": {"value": value}}


def test_what_suggests_itself_is_claimed(whose, peer):
    view = opened(whose, peer, "claim")
    assert posted(submission(whose, view, agent=picked(suggested(whose)))).content == b""
    assert Claim.objects.get(account=whose.item.account).agent.name == "dba-two"
    assert Answer.objects.get().agent.name == "dba-two"


def test_another_agent_is_named(whose, peer):
    mine = AgentFactory(name="night-jobs")
    mine.ownerships.create(person=whose.person, role="owner", since=timezone.now())
    view = opened(whose, peer, "claim")
    assert posted(submission(whose, view, agent=picked("another"), other=typed("Night-Jobs "))).content == b""
    assert Claim.objects.get(account=whose.item.account).agent == mine


@pytest.mark.parametrize("place", ["another", "-1", "x"])
def test_a_name_that_is_none_is_refused_at_its_field(whose, peer, place):
    AgentFactory(name="unseen")
    view = opened(whose, peer, "claim")
    for name, words in (("", "Which agent uses it?"), ("unseen", "There is no agent “unseen” that you may see")):
        answer = posted(submission(whose, view, agent=picked(place), other=typed(name)))
        assert words in answer.json()["errors"]["other"]
    assert not Answer.objects.exists()


def test_an_agent_that_was_not_offered_is_refused(whose, peer):
    view = opened(whose, peer, "claim")
    for key in (AgentFactory(name="unseen").pk, "9" * 30):
        answer = posted(submission(whose, view, agent=picked(str(key))))
        assert "Choose one that you may see" in answer.json()["errors"]["agent"]
    assert not Answer.objects.exists()


def test_that_no_agent_uses_it_needs_words(whose, peer):
    view = opened(whose, peer, "disclaim")
    assert "2 of at least 15" in posted(submission(whose, view, reason=typed("no"))).json()["errors"]["reason"]
    assert posted(submission(whose, view, reason=typed(REASON))).content == b""
    assert Disclaimer.objects.get().reason == REASON


def test_a_form_for_what_has_become_critical_does_not_open(whose, peer):
    GrantFactory(account=whose.item.account, risk=90)
    whose.item.facts = {**whose.item.facts, "band": "critical"}
    whose.item.save()
    posted(click(whose, "disclaim", url=peer.response_url))
    settle()
    assert not peer.told("views.open")
    assert not Disclaimer.objects.exists()


def test_somebody_else_is_asked(whose, peer):
    lena = SlackIdentityFactory(issuer=whose.workspace.team_id)
    view = opened(whose, peer, "theirs")
    assert "asked whose dba_two is, instead of you" in view["blocks"][0]["text"]["text"]
    chosen = {"type": "users_select", "selected_user": lena.value}
    assert posted(submission(whose, view, named=chosen)).content == b""
    assert whose.review.assignment.person == lena.person


def test_who_was_asked_before_is_refused_at_the_field(whose, peer):
    view = opened(whose, peer, "theirs")
    chosen = {"type": "users_select", "selected_user": whose.user}
    assert "You are asked already" in posted(submission(whose, view, named=chosen)).json()["errors"]["named"]


def test_it_is_disabled(whose):
    posted(click(whose, "disable"))
    assert Remediation.objects.get().act == "disable"


def test_several_lines_stay_within_slacks_limits():
    hostile = tuple(Match(number, LONG, 50, LONG) for number in range(5))
    view = accounts.belongs(replace(about(), title=LONG, could_be=hostile))
    assert all(len(each["text"]) <= 500 for each in view["blocks"][1]["elements"])
