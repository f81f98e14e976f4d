"""Who is not heard is told why where they clicked, and it is entered: guests, strangers, bots, who is gone or late."""

from urllib.parse import parse_qs, urlsplit

import pytest

from governance import clock
from governance.models import Entry, Ownership, Person
from reviews import rerouting
from reviews.models import Answer, Ask, Assignment, Workspace
from reviews.slack import linking
from tests.factories import OwnershipFactory, PersonFactory
from tests.reviews.factories import AskFactory, AssignmentFactory, SlackIdentityFactory
from tests.reviews.slack.clicking import COMMANDS, EVENTS, click, command, event, posted, settle

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


def changed(asked, **flags):
    """Slack reports what a user is by now; a click says nothing of it."""
    user = {"id": asked.user, "team_id": asked.workspace.team_id} | flags
    assert posted(event(asked.workspace, {"type": "user_change", "user": user}), path=EVENTS).status_code == 200


def test_who_belongs_to_another_organisation(asked, peer):
    told, entry = refused(asked, peer, team_id="T0OTHER")
    assert "another organisation" in told["text"]
    assert "token=" not in str(told)
    assert (entry.body["because"], entry.surface) == ("NotAllowed", "slack")


@pytest.mark.parametrize("flag", ["is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "deleted"])
def test_who_is_no_colleague_any_more_also_where_nobody_else_is_left(asked, peer, flag):
    payload = click(asked, "revoke", url=peer.response_url)
    changed(asked, **{flag: True})
    rerouting.reroute_reviews()
    assert asked.review.assignment is None, "it is governance's, not theirs again"
    assert posted(payload).status_code == 200
    settle()
    [told] = peer.told("respond")
    assert "guests and bots cannot decide" in told["text"]
    assert "token=" not in str(told)
    answer = posted(command(asked, "next"), path=COMMANDS).json()
    assert "guests and bots cannot decide" in answer["text"]
    assert [entry.body["because"] for entry in Entry.objects.filter(act="answer.refused")] == ["NotAllowed"] * 2
    assert not Answer.objects.exists()


def test_whom_delivering_found_to_be_a_guest_though_no_event_said_so(question, peer):
    question.delivered()
    payload = click(question, "revoke", url=peer.response_url)
    AskFactory(person=question.person, review=question.review, purpose=Ask.Purpose.REMINDER)
    question.person.identities.update(colleague_at=None)  # a while ago
    peer.will("users.info", ok=True, user={"id": question.user, "is_ultra_restricted": True})
    assert question.delivered().trouble == "the Slack user is a guest"
    assert posted(payload).status_code == 200
    assert not Answer.objects.exists()
    assert [entry.act for entry in Entry.objects.filter(act__startswith="identity.")] == ["identity.left"]


def test_who_is_a_colleague_again_is_heard_again(asked):
    changed(asked, is_restricted=True)
    changed(asked, is_restricted=True)
    changed(asked, is_restricted=False)
    rerouting.reroute_reviews()
    assert asked.review.assignment.person == asked.person
    assert posted(click(asked, "revoke")).status_code == 200
    assert Answer.objects.get().person == asked.person
    acts = Entry.objects.filter(act__startswith="identity.").order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["identity.left", "identity.returned"]


def test_who_was_asked_before_it_went_to_the_next(asked, peer):
    Assignment.objects.update(until=clock.now(), ended_because="away")
    AssignmentFactory(review=asked.review, person=PersonFactory(name="Jon Bell"))
    told, entry = refused(asked, peer)
    assert "Jon Bell" in told["text"]
    assert entry.actor_id == str(asked.person.pk)


def test_a_colleague_who_is_not_asked_is_told_who_is(asked, peer):
    other = SlackIdentityFactory(issuer=asked.workspace.team_id)
    told, entry = refused(asked, peer, id=other.value)
    assert told["text"] == "Only Maria Okafor can decide this now."
    assert entry.actor_id == str(other.person.pk)


def test_who_left_between_the_question_and_the_click(asked, peer):
    Person.objects.filter(pk=asked.person.pk).update(employment="left")
    told, _ = refused(asked, peer)
    assert "having left" in told["text"]


def test_who_is_of_a_workspace_that_the_app_was_taken_out_of(asked, peer):
    Workspace.objects.update(state=Workspace.State.UNINSTALLED)
    told, _ = refused(asked, peer)
    assert told["text"] == "Countersign is not set up for this workspace. Nothing was changed."


def test_the_same_user_id_of_another_workspace(asked):
    payload = click(asked, "revoke", team_id="T0OTHER")
    payload["team"]["id"] = "T0OTHER"
    assert posted(payload).status_code == 401, "no app of that workspace has signed it"
    assert not Answer.objects.exists()


def test_who_was_made_a_guest_of_slack_meanwhile(asked, peer):
    deputy = OwnershipFactory(agent=asked.item.agent, role=Ownership.Role.DEPUTY).person
    payload = click(asked, "revoke", url=peer.response_url)
    changed(asked, is_restricted=True)
    assert asked.review.assignment.person == deputy
    assert posted(payload).status_code == 200
    settle()
    assert not Answer.objects.exists()
    assert len(peer.told("respond")) == 1


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
