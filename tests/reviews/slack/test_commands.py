"""`/access`: everything that can be reached by pointing can be reached by typing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from demo.slack.blocks import message_faults
from governance import access
from governance.models import Entry, Person
from reviews.models import Answer, Ask, Item, Preference, Review
from reviews.slack import commands, handlers
from tests.factories import AgentFactory, ClaimFactory, GrantFactory, OrgUnitFactory, OwnershipFactory
from tests.reviews.factories import SlackIdentityFactory
from tests.reviews.scene import ACTOR, used
from tests.reviews.slack.cards import HOSTILE
from tests.reviews.slack.clicking import COMMANDS, command, posted, pressable, pressing, settle
from tests.reviews.slack.lint import problems, raw
from tests.reviews.slack.queue import another, sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(question):
    question.item = used(question.item)
    sweep()
    return question


def said(scene, text, **more):
    """What it answers: to the person alone, within every limit."""
    response = posted(command(scene, text, **more), path=COMMANDS)
    assert response.status_code == 200
    answer = response.json()
    assert answer["response_type"] == "ephemeral"
    shown = answer.get("blocks") or []
    assert message_faults(shown) == []
    assert not raw(answer["text"])
    return answer


def nothing_waits():
    Item.objects.update(state="withdrawn", closed_at=timezone.now())
    Review.objects.update(state="withdrawn", closed_at=timezone.now())


# -- list and next


def test_a_list_shows_what_waits_with_its_buttons(scene):
    another(scene, agent=AgentFactory(name="ops-briefing"))
    answer = said(scene, "list")
    assert answer["text"].startswith("Two questions need you, Maria Okafor.")
    assert {"keep", "review"} <= set(pressable(answer["blocks"]))
    assert "*ops-briefing*" in str(answer["blocks"])
    assert problems(answer["text"], answer["blocks"]) == []


def test_a_long_list_says_how_many_more_there_are(scene):
    another(scene, items=14)
    answer = said(scene, "list")
    assert answer["text"].startswith("15 questions need you")
    assert "5 more are on the Home tab of this app." in str(answer["blocks"])


def test_next_is_the_most_urgent_card(scene):
    urgent = another(scene, question="Is this urgent?", due_at=timezone.now() + timedelta(hours=50))
    answer = said(scene, "next")
    assert answer["blocks"][0]["text"]["text"] == "Is this urgent?"
    assert {"keep", "reduce", "revoke", "more"} <= set(pressable(answer["blocks"]))
    row = Ask.objects.get(purpose="command")
    render = answer["blocks"][0]["block_id"].split(".")[2]
    assert row.shown["renders"][render] == row.shown_hash
    assert urgent.review.state == "open"


def test_a_click_on_an_older_answer_has_the_hash_of_that_one(scene, peer):
    first = said(scene, "next")
    hashed = Ask.objects.get(purpose="command").shown_hash
    said(scene, "list")
    assert Ask.objects.get(purpose="command").shown_hash != hashed
    container = {"type": "message", "is_ephemeral": True, "channel_id": "D1", "message_ts": "1795513262.5"}
    posted(pressing(scene, pressable(first["blocks"])["keep"], container=container, url=peer.response_url))
    settle()
    assert Answer.objects.get().shown_hash == hashed
    assert Entry.objects.get(act="answer.recorded").body["message"] == "D1:1795513262.5"


def pressed_in(scene, answer, action, url):
    """Press the first button of this kind in what a command answered."""
    posted(pressing(scene, pressable(answer["blocks"])[action], container={"is_ephemeral": True}, url=url))
    settle()


def test_a_list_goes_on_without_what_was_answered(scene, peer):
    another(scene, agent=AgentFactory(name="ops-briefing"))
    first = said(scene, "list")
    pressed_in(scene, first, "keep", peer.response_url)
    after = peer.told("respond")[-1]
    assert after["replace_original"] is True
    assert after["blocks"][0]["text"]["text"] == handlers.DONE
    assert "One question needs you" in str(after["blocks"])
    assert {"keep", "review"} <= set(pressable(after["blocks"]))
    pressed_in(scene, first, "keep", peer.response_url)
    again = str(peer.told("respond")[-1]["blocks"])
    assert "Already kept by Maria Okafor" in again
    assert "One question needs you" in again
    pressed_in(scene, after, "keep", peer.response_url)
    assert "Nothing to review, Maria Okafor." in str(peer.told("respond")[-1]["blocks"])


def test_a_command_of_somebody_who_is_not_linked_is_entered(scene, peer):
    posted(command(scene, "next") | {"user_id": "U0LENA"}, path=COMMANDS)
    settle()
    assert Entry.objects.get(act="answer.refused").body == {"because": "Unlinked", "action": "/access"}


@pytest.mark.parametrize("word", ["list", "next", "LIST", "  next  "])
def test_nothing_to_review_says_what_comes_next(scene, word):
    nothing_waits()
    assert said(scene, word)["text"].startswith("Nothing to review, Maria Okafor. The next check runs")


def test_it_is_never_delivered_as_a_message(scene):
    said(scene, "next")
    Ask.objects.outdate(scene.review)
    assert Ask.objects.get(purpose="command").state == "closed"


# -- delegate and pause


def test_a_delegate_is_named_by_mention(scene):
    jon = SlackIdentityFactory(issuer=scene.workspace.team_id, person__name="Jon Bell")
    assert said(scene, f"delegate <@{jon.value}|jon>")["text"].startswith("While you are away, Jon Bell is asked.")
    assert Preference.objects.get().delegate == jon.person
    assert said(scene, "delegate none")["text"].startswith("While you are away, the deputies")
    assert Preference.objects.get().delegate is None


@pytest.mark.parametrize("text", ["delegate", "delegate jon", "delegate @jon", "delegate <@U1> <@U2>"])
def test_a_delegate_who_is_not_mentioned_is_asked_for(scene, text):
    assert said(scene, text)["text"].startswith("Name a colleague, such as /access delegate @jon")
    assert not Preference.objects.exists()


def test_a_pause_lasts_so_many_days(scene):
    assert said(scene, "pause 3")["text"].startswith("Paused until ")
    until = Preference.objects.get().paused_until
    assert until is not None
    assert timedelta(days=2) < until - timezone.now() < timedelta(days=4)
    assert said(scene, "pause none")["text"].startswith("You are not paused")
    assert said(scene, "pause")["text"].startswith("Paused until "), "until tomorrow"


@pytest.mark.parametrize("days", ["0", "15", "-1", "a week", "²", "9" * 400])
def test_a_pause_that_is_none_is_refused(scene, days):
    assert said(scene, f"pause {days}")["text"] == "A pause lasts 1 to 14 days. Say how many, such as 3."
    assert Entry.objects.filter(act="answer.refused").count() == 1


# -- agent


@pytest.fixture
def agent(scene):
    found = AgentFactory(name="pricing")
    OwnershipFactory(agent=found, person=scene.person)
    claim = ClaimFactory(agent=found)
    for number in range(22):
        GrantFactory(account=claim.account, entitlement__name=f"thing {number}", risk=number)
    return found


def test_what_two_have_granted_is_told_apart(scene, agent):
    account = agent.claims.get().account
    twice = GrantFactory(account=account, entitlement__name="refund", origin="10", risk=99)
    GrantFactory(account=account, entitlement=twice.entitlement, origin="11", risk=98)
    said_of = str(said(scene, "agent Pricing")["blocks"])
    assert said_of.count("refund, granted by ") == 2


def test_an_agent_is_told_to_its_owner(scene, agent):
    answer = said(scene, "agent Pricing")
    assert answer["text"] == (
        "pricing: Maria Okafor answers for it. It holds 22 grants; 0 open questions about it. "
        "The 20 with the highest risk:"
    )
    assert "• thing 21 in " in str(answer["blocks"])
    assert "thing 0 in" not in str(answer["blocks"])


def test_an_agent_is_told_to_who_may_see_it_and_to_nobody_else(scene, agent):
    lena = SlackIdentityFactory(issuer=scene.workspace.team_id)
    hidden = said(scene, "agent pricing", user_id=lena.value)["text"]
    assert hidden == "There is no agent “pricing” that you may see."
    unknown = said(scene, "agent pricing2", user_id=lena.value)["text"]
    assert unknown == hidden.replace("pricing", "pricing2"), "whether it is there is not told"
    access.permit(who=lena.person, unit=agent.unit, right=access.Right.GOVERN, actor=ACTOR)
    assert said(scene, "agent pricing", user_id=lena.value)["text"].startswith("pricing: Maria Okafor answers for it.")


def test_an_agent_without_a_name_is_asked_for(scene):
    assert said(scene, "agent")["text"].startswith("Name the agent, such as /access agent")


# -- everything else


@pytest.mark.parametrize("text", ["", "help", "approve everything", "🙈", "list5"])
def test_other_words_get_help(scene, text):
    answer = said(scene, text)["text"]
    for word in commands.COMMANDS:
        assert f"`/access {word}" in answer
    assert not Answer.objects.exists()


@pytest.mark.parametrize("words", ["", "agent ", "delegate ", "pause "])
def test_hostile_words_do_no_harm(scene, words):
    for text in HOSTILE:
        answer = said(scene, f"{words}{text}"[:4000])
        assert len(answer["text"]) <= 1200, text
        assert all(block["text"]["verbatim"] for block in answer["blocks"]), f"a bare address stays text: {text}"
    assert not Answer.objects.exists()


def test_hostile_names_do_no_harm(scene):
    for text in HOSTILE:
        Person.objects.filter(pk=scene.person.pk).update(name=text[:200].replace("\x00", "") or "x")
        answer = said(scene, "list")
        assert problems(answer["text"], answer["blocks"]) == []


def test_who_is_not_linked_is_invited(scene, peer):
    assert (
        posted(command(scene, "list", user_id="U0LENA", response_url=peer.response_url), path=COMMANDS).content == b""
    )
    settle()
    [answer] = peer.told("respond")
    assert answer["response_type"] == "ephemeral"
    assert "/slack/link/?token=" in str(answer["blocks"])
    assert not Ask.objects.filter(purpose="command").exists()


def test_who_left_is_told_so(scene):
    Person.objects.filter(pk=scene.person.pk).update(employment="left")
    assert "having left" in said(scene, "list")["text"]
    assert Entry.objects.filter(act="answer.refused").count() == 1


def test_the_same_name_in_another_unit_is_seen_by_its_own_people(scene):
    other = OrgUnitFactory()
    AgentFactory(name="elsewhere", unit=other)
    assert said(scene, "agent elsewhere")["text"].startswith("There is no agent")
