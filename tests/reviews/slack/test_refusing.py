"""Who is not heard is told why where they clicked, and it is entered: guests, strangers, bots, who is gone or late."""

from urllib.parse import parse_qs, urlsplit

import pytest

from governance import clock
from governance.models import Entry
from reviews.models import Answer, Assignment
from reviews.slack import linking
from tests.factories import PersonFactory
from tests.reviews.factories import AssignmentFactory, SlackIdentityFactory
from tests.reviews.slack.clicking import EVENTS, click, event, posted, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(question):
    """The question, sent."""
    question.delivered()
    return question


def refused(asked, peer, **user):
    """Click as somebody; what they alone were told, and what was entered."""
    assert posted(click(asked, "revoke", url=peer.response_url, **user)).status_code == 200
    settle()
    assert not Answer.objects.exists()
    [told] = peer.told("respond")
    assert (told["response_type"], told["replace_original"]) == ("ephemeral", False)
    return told, Entry.objects.get(act="answer.refused")


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ({"team_id": "T0OTHER"}, "another organisation"),
        ({"is_restricted": True}, "Guests and bots"),
        ({"is_ultra_restricted": True}, "Guests and bots"),
        ({"is_stranger": True}, "Guests and bots"),
        ({"is_bot": True}, "Guests and bots"),
        ({"deleted": True}, "Guests and bots"),
    ],
    ids=["another organisation's", "guest", "guest of one channel", "stranger", "bot", "deactivated"],
)
def test_whoever_is_no_colleague(asked, peer, user, says):
    told, entry = refused(asked, peer, **user)
    assert says in told["text"]
    assert "token=" not in str(told)
    assert (entry.body["because"], entry.surface) == ("NotAllowed", "slack")


def test_who_was_asked_before_it_went_to_the_next(asked, peer):
    Assignment.objects.update(until=clock.now(), ended_because="away")
    AssignmentFactory(review=asked.review, person=PersonFactory(name="Jon Bell"))
    told, entry = refused(asked, peer)
    assert "Jon Bell" in told["text"]
    assert entry.actor_id == str(asked.person.pk)


def test_who_was_made_a_guest_of_slack_meanwhile(asked, peer):
    """A click says nothing of guests; the event that says it has passed the question on."""
    guest = {"type": "user_change", "user": {"id": asked.user, "is_restricted": True}}
    payload = click(asked, "revoke", url=peer.response_url)
    assert posted(event(asked.workspace, guest), path=EVENTS).status_code == 200
    assert posted(payload).status_code == 200
    settle()
    assert not Answer.objects.exists()
    assert len(peer.told("respond")) == 1
    assert Entry.objects.get(act="answer.refused").actor_id == str(asked.person.pk)


def test_a_colleague_who_is_not_linked_gets_the_link_and_then_counts(asked, peer):
    lena = {"id": "U0LENA", "real_name": "Lena", "profile": {"email": "lena@skyway.example"}}
    peer.will("users.info", ok=True, user=lena)
    told, entry = refused(asked, peer, id="U0LENA")
    assert "not linked to a person" in told["text"]
    assert entry.body["because"] == "Unlinked"
    [button] = told["blocks"][1]["elements"]
    person = PersonFactory(email="lena@skyway.example")
    token = parse_qs(urlsplit(button["url"]).query)["token"][0]
    linking.confirm(token, person, clock.now())
    Assignment.objects.update(person=person)
    assert posted(click(asked, "revoke", id="U0LENA")).status_code == 200
    assert Answer.objects.get().person == person


def test_a_guest_who_is_not_linked_gets_no_link(asked, peer):
    peer.will("users.info", ok=True, user={"id": "U0GUEST", "is_ultra_restricted": True})
    told, _ = refused(asked, peer, id="U0GUEST")
    assert "Guests" in told["text"]
    assert "token=" not in str(told)


def test_the_press_of_the_link_itself_needs_no_answer(asked):
    payload = click(asked, "revoke")
    payload["actions"] = [{"type": "button", "action_id": linking.ACTION, "block_id": "b"}]
    assert posted(payload).status_code == 200


def test_a_linked_user_of_another_workspace_is_nobody_here(asked, peer):
    SlackIdentityFactory(issuer="T0OTHER", value="U0LENA", person=asked.person)
    told, entry = refused(asked, peer, id="U0LENA")
    assert "not linked" in told["text"]
    assert entry.actor_kind == "step"
