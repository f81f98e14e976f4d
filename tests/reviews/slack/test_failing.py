"""What Slack's *no* means."""

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.models import Entry, Ownership
from reviews import asking
from reviews.models import Ask, Review, Workspace
from reviews.slack import workspaces
from tests.factories import OwnershipFactory, PersonFactory
from tests.reviews.factories import AskFactory, SlackIdentityFactory, WorkspaceFactory
from tests.reviews.slack.connecting import connect

pytestmark = pytest.mark.django_db

POST = "chat.postMessage"


def acts():
    return list(Entry.objects.order_by("pk").values_list("act", flat=True))


@pytest.fixture
def deputy(question):
    """Somebody who is next in line."""
    person = PersonFactory(name="Deniz Kaya")
    OwnershipFactory(agent=question.item.agent, person=person, role=Ownership.Role.DEPUTY)
    return person


def another_person(question):
    """Somebody else in the same workspace, with a question that waits."""
    person = PersonFactory()
    SlackIdentityFactory(person=person, issuer=question.workspace.team_id, value="U0JON")
    return AskFactory(person=person, review=question.review)


def test_slacks_later_is_kept_to_the_second(question, peer):
    peer.will(POST, status=429, headers={"Retry-After": "37"}, ok=False, error="ratelimited")
    before = timezone.now()
    ask = question.delivered()
    assert ask.state == "pending"
    assert timedelta(seconds=36) < ask.next_at - before < timedelta(seconds=40)
    assert ask.attempts == 0
    assert Ask.objects.claim_pending("slack") is None


def test_slacks_later_is_everybodys(question, peer):
    peer.will(POST, status=429, headers={"Retry-After": "37"}, ok=False, error="ratelimited")
    question.delivered()
    heard = len(peer.heard)
    Ask.objects.update(next_at=None)
    assert question.delivered().state == "pending"
    assert len(peer.heard) == heard, "neither is it asked again, nor is anybody looked up"


def test_slacks_later_about_messages_holds_no_rendering_back(question, peer):
    question.delivered()
    another_person(question)
    peer.will(POST, status=429, headers={"Retry-After": "37"}, ok=False, error="ratelimited")
    Ask.objects.filter(pk=question.ask.pk).update(state="outdated")
    assert question.delivered().state == "sent"


@pytest.mark.parametrize(("method", "error"), [("users.info", "user_not_found"), (POST, "user_disabled")])
def test_who_is_no_colleague_any_more_is_not_asked_and_the_next_in_line_is(question, peer, deputy, method, error):
    peer.will(method, ok=False, error=error)
    ask = question.delivered()
    assert (ask.state, ask.trouble) == ("failed", error)
    assert question.review.assignment.person == deputy
    assert acts() == ["identity.left", "ask.failed", "review.rerouted", "assignment.closed", "assignment.opened"]
    assert Entry.objects.get(act="assignment.closed").body["because"] == f"not reached in Slack ({error})"


@pytest.mark.parametrize("flag", ["deleted", "is_restricted", "is_ultra_restricted", "is_stranger", "is_bot"])
def test_guests_bots_and_leavers_are_not_asked_and_the_next_in_line_is(question, peer, deputy, flag):
    peer.will("users.info", ok=True, user={"id": question.user, flag: True})
    assert question.delivered().state == "failed"
    assert peer.told(POST) == []
    assert question.review.assignment.person == deputy


def test_where_nobody_is_left_the_question_stays_where_governance_sees_it(question, peer):
    peer.will("users.info", ok=False, error="user_not_found")
    assert question.delivered().state == "failed"
    assert question.review.assignment.person == question.person
    assert acts() == ["identity.left", "ask.failed"]


def test_what_was_rerouted_meanwhile_stays_with_whom_it_is(question, peer, deputy):
    question.review.assignments.update(until=timezone.now(), ended_because="away")
    question.review.assignments.create(person=deputy, rule="deputy", why="x", since=timezone.now())
    Ask.objects.update(external_id="D0000001:1.000001", state="outdated", shown={"team": question.workspace.team_id})
    peer.will("chat.update", ok=False, error="user_not_found")
    question.delivered()
    assert question.review.assignment.person == deputy


@pytest.mark.parametrize("error", ["channel_not_found", "messages_tab_disabled", "cannot_dm_bot", "restricted_action"])
def test_a_colleague_without_a_way_to_them_is_told_to_governance(question, peer, deputy, error):
    peer.will(POST, ok=False, error=error)
    ask = question.delivered()
    assert (ask.state, ask.trouble) == ("failed", error)
    assert acts() == ["ask.failed"]
    assert question.review.assignment.person == question.person


@pytest.mark.parametrize("error", ["channel_not_found", "token_revoked", "invalid_blocks"])
def test_whom_slack_does_not_reach_is_asked_by_email(question, peer, settings, error):
    settings.EMAIL_SET_UP = True
    peer.will(POST, ok=False, error=error)
    assert question.delivered().state == "failed"
    twin = Ask.objects.get(surface="email")
    assert (twin.person, twin.state, list(twin.reviews.all())) == (question.person, "pending", [question.review])


def test_somebody_without_a_linked_user_is_not_asked_here(question, peer):
    question.person.identities.all().delete()
    ask = question.delivered()
    assert (ask.state, ask.trouble) == ("failed", "not_linked")
    assert peer.heard == []


@pytest.mark.parametrize("error", ["token_revoked", "invalid_auth", "account_inactive", "missing_scope"])
def test_a_refused_token_pauses_the_workspace(question, peer, error):
    peer.will("users.info", ok=False, error=error)
    ask = question.delivered()
    workspace = Workspace.objects.get()
    assert (workspace.state, workspace.trouble) == ("paused", error)
    assert ask.state == "failed"
    assert ask.trouble.endswith(f"is paused: {error}")
    assert acts() == ["system.changed", "ask.failed"]


def test_a_missing_scope_is_named(question, peer):
    peer.will(POST, ok=False, error="missing_scope", needed="chat:write", provided="users:read")
    question.delivered()
    assert Workspace.objects.get().trouble == "missing_scope: chat:write"


def test_nothing_is_sent_to_a_paused_workspace(question, peer):
    Workspace.objects.update(state="paused", trouble="token_revoked")
    assert question.delivered().state == "failed"
    assert peer.heard == []


@pytest.fixture
def queued(question):
    """The question, as asking queues it."""
    Ask.objects.all().delete()
    Review.objects.update(severity="critical")
    assert asking.ask_people() == 1
    question.ask = Ask.objects.get()
    return question


@pytest.mark.parametrize("by", ["a refusal", "pause", "uninstall"])
def test_who_could_not_be_asked_is_asked_when_the_workspace_is_connected_again(queued, peer, by):
    if by == "a refusal":
        peer.will(POST, ok=False, error="token_revoked")
    elif by == "pause":
        workspaces.pause(queued.workspace, because="token_revoked")
    else:
        workspaces.uninstall(queued.workspace, because="the app was uninstalled", at=timezone.now())
    assert queued.delivered().state == "failed"
    assert asking.ask_people() == 1, "it is looked at again"
    assert Ask.objects.claim_pending("slack") is None, "and nothing reaches her yet"
    connect(queued.workspace)
    Review.objects.update(next_at=None)
    assert asking.ask_people() == 1
    assert queued.delivered().state == "sent"
    assert Ask.objects.get().pk == queued.ask.pk, "it is the same row"
    assert [body["channel"] for body in peer.told(POST)][-1:] == [queued.user]
    assert asking.ask_people() == 0


def test_who_was_asked_by_email_meanwhile_is_not_asked_again(queued, peer, settings):
    settings.EMAIL_SET_UP = True
    peer.will(POST, ok=False, error="token_revoked")
    queued.delivered()
    connect(queued.workspace)
    assert asking.ask_people() == 0
    assert list(Ask.objects.order_by("pk").values_list("surface", "state")) == [
        ("slack", "failed"),
        ("email", "pending"),
    ]


def test_who_is_linked_in_another_workspace_too_is_asked_there(queued, peer):
    peer.will(POST, ok=False, error="token_revoked")
    queued.delivered()
    other = SlackIdentityFactory(person=queued.person, issuer=WorkspaceFactory().team_id, value="U1MARIA")
    Review.objects.update(next_at=None)
    assert asking.ask_people() == 1
    assert queued.delivered().shown["team"] == other.issuer


def test_a_posting_that_may_have_arrived_is_found_when_the_workspace_is_connected_again(queued, peer):
    peer.lost.add(POST)
    with pytest.raises(OSError, match="closed connection"):
        queued.delivered()
    Ask.objects.update(leased_until=None)
    workspaces.pause(queued.workspace, because="token_revoked")
    assert queued.delivered().state == "failed"
    connect(queued.workspace)
    assert asking.ask_people() == 1
    assert queued.delivered().state == "sent"
    assert len(peer.kept) == 1


def test_what_stands_in_a_paused_workspace_waits_to_be_rendered_again(question, peer):
    question.delivered()
    Workspace.objects.update(state="paused")
    Ask.objects.update(state="outdated")
    ask = question.delivered()
    assert ask.state == "outdated"
    assert ask.next_at > timezone.now()
    assert peer.told("chat.update") == []


def test_nothing_waits_in_a_workspace_that_has_thrown_us_out(question, peer):
    question.delivered()
    Workspace.objects.update(state="uninstalled", bot_token="")
    Ask.objects.update(state="outdated")
    assert question.delivered().state == "closed"
    assert peer.told("chat.update") == []


def test_what_needs_no_answer_is_closed_also_in_a_paused_workspace(question, peer):
    Workspace.objects.update(state="paused")
    Review.objects.update(state="withdrawn", closed_at=timezone.now())
    assert question.delivered().state == "closed"


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_too_long"])
def test_a_defect_of_ours_is_told_aloud_and_not_tried_again(question, peer, caplog, error):
    peer.will(POST, ok=False, error=error, response_metadata={"messages": ["[ERROR] no more than 50 items allowed"]})
    ask = question.delivered()
    assert ask.state == "failed"
    assert ask.trouble == f"a defect of ours: {error} [ERROR] no more than 50 items allowed"
    assert "Slack does not take our message" in caplog.text
    assert Ask.objects.claim_pending("slack") is None


@pytest.mark.parametrize("status", [500, 503])
def test_a_mishap_of_slacks_is_left_to_the_sweep(question, peer, status):
    peer.will(POST, status=status, ok=False, error="internal_error")
    with pytest.raises(Exception, match="internal_error"):
        question.delivered()
    assert Ask.objects.get(pk=question.ask.pk).state == "pending"
