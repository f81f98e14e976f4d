"""What Slack reports without anybody having pressed anything."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.models import Entry
from reviews import asking
from reviews.models import Ask, Assignment, Workspace
from reviews.slack import events
from reviews.slack.delivering import deliver
from tests.factories import PersonFactory
from tests.reviews.factories import AssignmentFactory, ReviewFactory, SlackIdentityFactory, WorkspaceFactory
from tests.reviews.slack.clicking import EVENTS, event, posted, settle
from tests.reviews.slack.connecting import connect

pytestmark = pytest.mark.django_db


def told(workspace, what, times=3):
    """Deliver an event as often as Slack may, one and the same."""
    envelope = event(workspace, what)
    for attempt in range(times):
        again: dict[str, Any] = (
            {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_timeout"} if attempt else {}
        )
        assert posted(envelope, path=EVENTS, **again).status_code == 200


def opened(user, tab="home"):
    return {"type": "app_home_opened", "user": user, "tab": tab, "channel": "D1"}


def changed(user, **flags):
    return {"type": "user_change", "user": {"id": user, "team_id": "T", "tz": "Asia/Tokyo", **flags}}


def entries(act):
    return [entry.body for entry in Entry.objects.filter(act=act).order_by("pk")]


def test_a_persons_home_is_rendered_when_they_open_it(question):
    told(question.workspace, opened(question.user))
    home = Ask.objects.get(purpose="home")
    assert (home.person, home.surface, home.state) == (question.person, "slack", "outdated")
    assert home.dedupe_key == f"home:{question.workspace.team_id}:{question.person.pk}"


def test_the_messages_tab_is_no_home(question, peer):
    told(question.workspace, opened(question.user, tab="messages"))
    assert not Ask.objects.filter(purpose="home").exists()
    assert peer.heard == []


def test_an_unlinked_colleague_finds_the_link_in_their_home(question, peer):
    told(question.workspace, opened("U0LENA"), times=1)
    settle()
    [body] = peer.told("views.publish")
    assert body["user_id"] == "U0LENA"
    assert "not linked to a person" in str(body["view"])
    assert "/slack/link/?token=" in str(body["view"])
    assert not Ask.objects.filter(purpose="home").exists()


def test_a_guest_finds_why_there_is_nothing_in_their_home(question, peer):
    peer.will("users.info", ok=True, user={"id": "U0GUEST", "is_restricted": True})
    told(question.workspace, opened("U0GUEST"), times=1)
    settle()
    [body] = peer.told("views.publish")
    assert "Guests" in str(body["view"])
    assert "token=" not in str(body["view"])


def test_a_home_that_slack_does_not_take_is_let_be(question, settings):
    settings.SLACK_API_BASE_URL = "http://127.0.0.1:9/api/"
    told(question.workspace, opened("U0LENA"), times=1)
    settle()


@pytest.mark.parametrize(
    ("what", "because"),
    [
        ({"type": "app_uninstalled"}, "the app was uninstalled"),
        ({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0BOT"]}}, "the bot's token was revoked"),
    ],
)
def test_an_app_that_was_taken_out_has_no_tokens_any_more(question, what, because):
    other = WorkspaceFactory()
    workspace = question.workspace
    type(workspace).objects.filter(pk=workspace.pk).update(app_token="env:TEST_APP_TOKEN")
    told(workspace, what)
    workspace.refresh_from_db()
    assert (workspace.state, workspace.bot_token, workspace.app_token) == ("uninstalled", "", "")
    assert entries("system.changed") == [{"state": "uninstalled", "because": because}]
    other.refresh_from_db()
    assert (other.state, bool(other.bot_token)) == ("active", True)


@pytest.mark.parametrize(
    "what", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"bot": ["U0BOT"]}}]
)
@pytest.mark.parametrize("heard", ["after it", "before it too"])
def test_what_slack_tells_again_after_the_workspace_was_connected_anew_is_over(question, what, heard):
    envelope = event(question.workspace, what) | {"event_time": int(time.time()) - 60}
    if heard == "before it too":
        Workspace.objects.update(connected_at=timezone.now() - timedelta(days=1))
        assert posted(envelope, path=EVENTS).status_code == 200
        assert Workspace.objects.get().state == "uninstalled"
    connect(question.workspace)
    assert posted(envelope, path=EVENTS).status_code == 200
    now = Workspace.objects.get()
    assert (now.state, bool(now.bot_token)) == ("active", True)


def test_a_persons_own_token_is_none_of_ours(question):
    told(question.workspace, {"type": "tokens_revoked", "tokens": {"oauth": ["U0MARIA"], "bot": []}})
    question.workspace.refresh_from_db()
    assert question.workspace.state == "active"


def test_a_late_click_where_the_app_was_taken_out_is_heard_and_refused(question):
    told(question.workspace, {"type": "app_uninstalled"})
    told(question.workspace, opened(question.user))
    assert not Ask.objects.filter(purpose="home").exists()


@pytest.mark.parametrize("flag", ["deleted", "is_restricted", "is_ultra_restricted", "is_stranger"])
def test_what_somebody_is_asked_who_is_gone_from_slack_goes_to_the_next(question, flag):
    theirs = AssignmentFactory(review=ReviewFactory(), person=PersonFactory())
    told(question.workspace, changed(question.user, **{flag: True}))
    assert not Assignment.objects.filter(person=question.person, until=None).exists()
    assert entries("review.rerouted") == [{"because": "the Slack user was deactivated or became a guest"}]
    theirs.refresh_from_db()
    assert theirs.until is None
    assert question.person.identities.exists(), "the link outlives the user: the directory says who has left"


def test_who_is_a_colleague_in_another_workspace_is_asked_anew_there(question):
    other = SlackIdentityFactory(person=question.person, issuer=WorkspaceFactory().team_id, value="U1MARIA")
    question.delivered()
    told(question.workspace, changed(question.user, is_restricted=True))
    assignment = Assignment.objects.get(review=question.review, until=None)
    assert (assignment.person, assignment.why) == (question.person, question.review.assignments.earliest("pk").why)
    assert asking.ask_people() == 1
    claimed = Ask.objects.claim_pending("slack")
    while claimed and claimed.pk == question.ask.pk:
        deliver(claimed)
        claimed = Ask.objects.claim_pending("slack")
    deliver(claimed)
    assert Ask.objects.latest("pk").shown["team"] == other.issuer


def test_what_slack_tells_too_late_is_over(question):
    back = event(question.workspace, changed(question.user, deleted=False))
    left = event(question.workspace, changed(question.user, deleted=True)) | {"event_time": int(time.time()) - 300}
    for envelope in (back, left):
        assert posted(envelope, path=EVENTS).status_code == 200
    assert question.person.identities.get().outside_since is None
    assert Assignment.objects.get(person=question.person).until is None


@pytest.mark.parametrize("user", ["U0MARIA", "U0NOBODY"])
def test_other_changes_are_the_directorys(question, user):
    told(question.workspace, changed(user, deleted=False))
    assert Assignment.objects.get(person=question.person).until is None
    question.person.refresh_from_db()
    assert question.person.time_zone == "Europe/Copenhagen"


def test_an_event_that_nobody_wants_is_not_acknowledged(question):
    assert posted(event(question.workspace, {"type": "channel_rename"}), path=EVENTS).status_code == 404
    assert "channel_rename" not in events.REACTIONS
