"""What clicks do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.models import Band, Entry, Grant
from governance.policy import facts
from reviews.models import Answer, Ask, Assignment, Decision, Item, Look, Remediation, Undo, Workspace
from reviews.slack import modals, windows
from tests.reviews.factories import (
    SlackIdentityFactory,
)
from tests.reviews.scene import used
from tests.reviews.slack.clicking import buttons, choice, click, posted, seen, settle, submission

pytestmark = pytest.mark.django_db

REASON = {"type": "plain_text_input", "value": "Refunds are given every night at two."}
TASK = {"type": "radio_buttons", "selected_option": {"value": "current"}}


@pytest.fixture
def asked(question):
    """The question, sent; about what was used, so that one click can keep it."""
    question.item = used(question.item)
    question.delivered()
    return question


def refusals():
    return list(Entry.objects.filter(act="answer.refused").order_by("pk"))


def told(peer):
    settle()
    return [body["text"] for body in peer.told("respond")]


def views(peer):
    """The forms that Slack was asked to open."""
    settle()
    return [body["view"] for body in peer.told("views.open")]


def test_a_revoke_is_decided_before_slack_gets_its_answer(asked):
    response = posted(click(asked, "revoke"))
    assert response.status_code == 200
    answer = Answer.objects.get()
    assert (answer.verdict, answer.person, answer.surface) == ("revoke", asked.person, "slack")
    assert answer.assurance == "slack_linked"
    assert Decision.objects.get().verdict == "revoke"
    assert Remediation.objects.get().act == "remove"


@pytest.mark.parametrize(
    ("named", "home", "answers"),
    [
        ({"enterprise": {"id": "E0SKYWAY", "name": "Skyway"}}, "E0SKYWAY", 1),
        ({"enterprise": None}, "E0SKYWAY", 0),
        ({"enterprise": {"id": "E0SKYWAY", "name": "Skyway"}}, "E0OTHERS", 0),
        ({"enterprise": {"id": "E0SKYWAY", "name": "Skyway"}}, "T0OTHERS", 0),
    ],
)
def test_who_is_of_the_workspaces_organisation_on_enterprise_grid_is_a_colleague(asked, named, home, answers):
    assert posted(click(asked, "revoke", team_id=home) | named).status_code == 200
    assert Answer.objects.count() == answers
    settle()


def test_an_answer_says_what_was_shown_and_how_long_it_was_looked_at(asked):
    Ask.objects.update(sent_at=timezone.now() - timedelta(seconds=42))
    posted(click(asked, "keep"))
    answer = Answer.objects.get()
    assert answer.shown_hash == Ask.objects.get().shown_hash
    assert 41_000 < (answer.dwell_ms or 0) < 60_000


def test_a_click_on_an_older_rendering_has_the_hash_of_that_one(asked):
    old, payload = Ask.objects.get(), click(asked, "keep")
    Ask.objects.update(state="outdated")
    assert asked.delivered().shown_hash != old.shown_hash
    posted(payload)
    assert Answer.objects.get().shown_hash == old.shown_hash


def test_a_form_says_from_what_it_was_opened_and_what_it_showed(asked, peer):
    needing_a_reason(asked)
    clicked_on = Ask.objects.get().shown_hash
    posted(click(asked, "keep_because"))
    [view] = views(peer)
    Ask.objects.update(state="outdated")
    assert asked.delivered().shown_hash != clicked_on
    posted(submission(asked, view, reason=REASON, task=TASK))
    assert Answer.objects.get().shown_hash == clicked_on
    body = Entry.objects.get(act="answer.recorded").body
    assert (body["shown"], body["form"]) == (clicked_on, seen(view))


def test_a_simulated_click_says_so(asked, settings):
    settings.SLACK_SIMULATED = True
    posted(click(asked, "keep"))
    assert Answer.objects.get().assurance == "simulated"


def test_the_message_is_rendered_again_after_a_decision(asked, peer):
    posted(click(asked, "revoke"))
    assert asked.delivered().state == "closed"
    [update] = peer.told("chat.update")
    assert "Maria Okafor decided to revoke it" in str(update["blocks"])
    assert list(buttons(Ask.objects.get())) == ["undo"]


def test_the_same_click_delivered_ten_times_is_one_answer(asked):
    payload = click(asked, "revoke")
    assert {posted(payload).status_code for _ in range(10)} == {200}
    assert Answer.objects.count() == Decision.objects.count() == 1
    assert refusals() == []


def test_a_second_click_is_told_who_was_first(asked, peer):
    payload = click(asked, "keep", url=peer.response_url)
    posted(click(asked, "revoke"))
    assert posted(payload).status_code == 200
    assert Answer.objects.get().verdict == "revoke"
    [said] = told(peer)
    assert said.startswith("Already revoked by Maria Okafor")
    [body] = peer.told("respond")
    assert (body["response_type"], body["replace_original"]) == ("ephemeral", False)


def test_a_refusal_is_entered_and_brings_the_message_up_to_date(asked, peer):
    payload = click(asked, "keep", url=peer.response_url)
    posted(click(asked, "revoke"))
    asked.delivered()
    posted(payload)
    [entry] = refusals()
    assert entry.body == {"because": "Conflict", "action": "keep"}
    assert {each["kind"] for each in entry.subjects} == {"ask", "item"}
    assert Ask.objects.get().state == "outdated"


def test_a_forged_value_is_refused_and_entered(asked, peer):
    payload = click(asked, "keep", url=peer.response_url)
    payload["actions"][0]["value"] = "7"
    posted(payload)
    assert "not one of ours" in told(peer)[0]
    assert refusals()[0].body["because"] == "Invalid"


def test_a_paused_workspace_still_hears_a_click(asked):
    Workspace.objects.update(state="paused")
    posted(click(asked, "keep"))
    assert Answer.objects.get().verdict == "keep"


def test_a_click_is_answered_when_slack_is_away(asked):
    posted(click(asked, "revoke"))
    payload = click(asked, "keep", url="http://127.0.0.1:9/nobody")
    assert posted(payload).status_code == 200
    assert len(refusals()) == 1


def test_who_does_not_know_passes_it_on(asked):
    posted(choice(asked, "unsure"))
    assert Answer.objects.get().verdict == "unsure"
    assert not Decision.objects.exists()
    assert Assignment.objects.get(person=asked.person).until is not None


def test_a_keep_that_needs_a_reason_opens_a_form(asked, peer):
    form = opened(asked, peer)
    assert form["callback_id"] == modals.KEEP_BECAUSE
    assert not Answer.objects.exists()


def needing_a_reason(question):
    """Put the question into a band where a keep needs words."""
    item = Item.objects.get(pk=question.item.pk)
    type(question.review).objects.filter(pk=question.review.pk).update(severity=Band.HIGH)
    Item.objects.filter(pk=item.pk).update(facts={**item.facts, "band": "high"})
    Ask.objects.update(state="outdated")
    question.delivered()


def opened(question, peer):
    """Press *Keep…*; the form that Slack was asked to open."""
    needing_a_reason(question)
    posted(click(question, "keep_because", url=peer.response_url))
    [view] = views(peer)
    return view


def test_a_reason_is_kept_with_the_answer(asked, peer):
    form = opened(asked, peer)
    response = posted(submission(asked, form, task=TASK, reason=REASON))
    assert (response.status_code, response.content) == (200, b"")
    answer = Answer.objects.get()
    assert (answer.verdict, answer.reason) == ("keep", REASON["value"])
    assert answer.shown_hash == Ask.objects.get().shown_hash


def test_a_short_reason_stands_beside_its_field(asked, peer):
    form = opened(asked, peer)
    response = posted(submission(asked, form, task=TASK, reason={**REASON, "value": "needed"}))
    assert response.json()["response_action"] == "errors"
    assert response.json()["errors"]["reason"].startswith("6 of at least 15 characters.")
    assert not Answer.objects.exists()
    posted(submission(asked, form, task=TASK, reason=REASON))
    assert Answer.objects.get().reason == REASON["value"]


def test_a_form_that_comes_too_late_says_so_in_its_place(asked, peer):
    form = opened(asked, peer)
    posted(click(asked, "revoke"))
    response = posted(submission(asked, form, task=TASK, reason=REASON))
    assert response.json()["response_action"] == "update"
    assert "Already revoked by Maria Okafor" in str(response.json()["view"])


def test_a_form_is_not_opened_for_somebody_who_is_not_asked(asked, peer):
    needing_a_reason(asked)
    other = SlackIdentityFactory(issuer=asked.workspace.team_id)
    posted(click(asked, "keep_because", url=peer.response_url, id=other.value))
    assert views(peer) == []
    assert told(peer) == ["Only Maria Okafor can decide this now."]


def test_a_form_that_slack_does_not_open_is_said(asked, peer):
    needing_a_reason(asked)
    peer.will("views.open", ok=False, error="expired_trigger_id")
    assert posted(click(asked, "keep_because", url=peer.response_url)).status_code == 200
    assert told(peer) == [windows.NOT_OPENED]
    assert f"/reviews/{asked.review}/" in str(peer.told("respond")[-1]["blocks"])


def test_a_keep_whose_risk_has_grown_asks_for_its_reason(asked, peer):
    Item.objects.update(facts={**asked.item.facts, "band": "high"})
    posted(click(asked, "keep", url=peer.response_url))
    assert [view["callback_id"] for view in views(peer)] == [modals.KEEP_BECAUSE]
    assert not Answer.objects.exists()


def test_a_decision_is_taken_back(asked):
    posted(click(asked, "revoke"))
    asked.delivered()
    assert posted(click(asked, "undo")).status_code == 200
    assert Undo.objects.get().by == asked.person
    asked.delivered()
    assert "Taken back by Maria Okafor" in str(Ask.objects.get().shown)
    assert buttons(Ask.objects.get()) == {}


def test_it_is_taken_back_once(asked, peer):
    posted(click(asked, "revoke"))
    asked.delivered()
    payload, again = (click(asked, "undo", url=peer.response_url) for _ in range(2))
    for _ in range(3):
        posted(payload)
    assert Undo.objects.count() == 1
    assert told(peer) == [], "delivered three times, pressed once"
    posted(again)
    assert told(peer) == ["This was taken back already."]


# -- what is decided behind a log-in


@pytest.fixture
def critical(question):
    """The question, sent while its risk was low; it is critical by now."""
    question.item = used(question.item)
    question.delivered()
    before = {action: click(question, action) for action in ("keep", "reduce")}
    Grant.objects.filter(pk=question.item.grant_id).update(risk=95)
    now = facts.of_grant(question.item.grant_id)
    Item.objects.filter(pk=question.item.pk).update(facts=now, fingerprint=facts.fingerprint(now))
    Ask.objects.update(state="outdated", next_at=None)
    question.delivered()
    return question, before


def test_a_critical_card_takes_one_to_the_browser_and_can_still_be_revoked(critical, settings):
    asked, _ = critical
    shown = buttons(Ask.objects.get(pk=asked.ask.pk))
    assert list(shown) == ["browser", "revoke", "more"]
    assert shown["browser"]["url"] == f"{settings.BASE_URL}/reviews/{asked.review}/"
    assert posted(click(asked, "browser")).status_code == 200
    assert Look.objects.get().person == asked.person
    assert posted(click(asked, "revoke")).status_code == 200
    assert Answer.objects.get().verdict == "revoke"


@pytest.mark.parametrize("action", ["keep", "reduce"])
def test_an_older_button_says_where_it_is_decided(critical, peer, action):
    _, before = critical
    assert posted(before[action] | {"response_url": peer.response_url}).status_code == 200
    assert not Answer.objects.exists()
    assert len(refusals()) == 1
    assert any(word in told(peer)[0] for word in ("in the browser alone", "changed since"))
    assert views(peer) == []
