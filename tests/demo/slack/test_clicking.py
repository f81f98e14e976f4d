"""Clicks and modals, received by an app that checks the signature with Slack's own verifier."""

import json
import time

import httpx
import pytest
from slack_sdk.webhook import WebhookClient

from demo.slack.client import Unwilling
from demo.slack.serving import Ways
from tests.demo.slack.cards import CARD, actions, button, modal, plain


@pytest.fixture
def ts(web):
    return web.chat_postMessage(channel="U0MARIA", text="Keep it?", blocks=CARD)["ts"]


@pytest.fixture
def view(web, app, maria, ts):
    """A modal that a click has opened."""
    app.act = lambda payload: (web.views_open(trigger_id=payload["trigger_id"], view=modal()).status_code, "")
    maria.click("U0MARIA", ts, "keep")
    app.act = lambda _payload: (200, "")
    return maria.modal("U0MARIA")


def answering(content):
    return lambda _payload: (200, json.dumps(content))


GOOD = {"why": {"text": "needed in February"}, "task": {"pick": "snooze"}, "who": {"person": "U0JON"}}


def test_a_click_arrives_signed_and_whole(app, maria, slack, ts):
    answer = maria.click("U0MARIA", ts, "keep")
    assert (answer["status"], answer["error"], app.forged) == (200, "", 0)
    payload = app.last
    assert payload["type"] == "block_actions"
    assert payload["user"] == {"id": "U0MARIA", "username": "maria", "name": "maria", "team_id": "T0MERID"}
    assert payload["team"] == {"id": "T0MERID", "domain": "meridian"}
    assert payload["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": "DU0MARIA",
        "is_ephemeral": False,
    }
    assert payload["message"]["blocks"][0]["type"] == "header"
    assert payload["response_url"].startswith(f"{slack.url}/response/")
    (action,) = payload["actions"]
    assert {key: action[key] for key in ("action_id", "block_id", "type", "value")} == {
        "action_id": "keep",
        "block_id": "verbs",
        "type": "button",
        "value": "cs1.opaque",
    }
    assert action["text"]["text"] == "Keep"
    assert float(action["action_ts"]) == pytest.approx(time.time(), abs=60)


def test_a_changed_body_is_not_what_was_signed(app, maria, ts):
    maria.click("U0MARIA", ts, "keep")
    body, headers = app.raw[-1]
    assert httpx.post(app.url, content=body.replace(b"U0MARIA", b"U0OTHER"), headers=headers).status_code == 401


def test_a_button_that_asks_is_not_sent_before_the_answer(app, maria, ts):
    with pytest.raises(Unwilling, match="confirm it"):
        maria.click("U0MARIA", ts, "revoke")
    assert app.heard == []
    assert maria.click("U0MARIA", ts, "revoke", confirm=True)["status"] == 200


def test_an_option_of_a_menu_is_sent_as_chosen(app, maria, ts):
    maria.click("U0MARIA", ts, "more", value="snooze")
    assert app.last["actions"][0]["selected_option"]["value"] == "snooze"
    with pytest.raises(Unwilling, match="choice"):
        maria.click("U0MARIA", ts, "more", value="else")


def test_somebody_else_may_try(app, maria, ts):
    maria.click("U0OTHER", ts, "keep")
    assert app.last["user"]["team_id"] == "T0OTHER"


def test_what_is_gone_cannot_be_clicked(maria, web, ts):
    web.chat_update(channel="DU0MARIA", ts=ts, text="decided", blocks=[])
    with pytest.raises(Unwilling, match="not on the message"):
        maria.click("U0MARIA", ts, "keep")
    with pytest.raises(Unwilling, match="not there"):
        maria.click("U0MARIA", "1.000000", "keep")


def test_the_last_click_arrives_twice_the_same(app, maria, ts):
    maria.click("U0MARIA", ts, "keep")
    assert maria.replay()["status"] == 200
    assert app.raw[0][0] == app.raw[1][0]
    assert app.heard[0]["trigger_id"] == app.heard[1]["trigger_id"]


def test_an_app_home_is_clicked_without_a_message(app, maria, web):
    web.views_publish(user_id="U0MARIA", view={"type": "home", "blocks": [actions(button("open"))]})
    maria.click("U0MARIA", "", "open", view_id=maria.home("U0MARIA")["id"])
    assert app.last["container"] == {"type": "view", "view_id": maria.home("U0MARIA")["id"]}
    assert not {"message", "channel", "response_url"} & app.last.keys()


class TestLate:
    @pytest.fixture
    def ways(self):
        return Ways(patience=0.2)

    def test_an_app_that_is_late_is_not_waited_for(self, app, maria, browser, ts):
        app.delay = 1
        answer = maria.click("U0MARIA", ts, "keep")
        assert (answer["status"], answer["error"]) == (0, "no answer within 3 s")
        assert 200 <= answer["ms"] < 1000
        assert "did not answer in time" in browser.get("/as/U0MARIA/").text
        assert "did not answer in time" not in browser.get("/as/U0JON/").text


def test_an_app_that_fails_is_told_to_the_one_who_clicked(app, maria, browser, ts):
    app.act = lambda _payload: (500, "")
    assert maria.click("U0MARIA", ts, "keep")["status"] == 500
    assert "answered with 500" in browser.get("/as/U0MARIA/").text
    app.act = lambda _payload: (200, "")
    maria.click("U0MARIA", ts, "keep")
    assert "answered with" not in browser.get("/as/U0MARIA/").text


def test_a_response_url_serves_five_times(app, maria, ts):
    maria.click("U0MARIA", ts, "keep")
    hook = WebhookClient(app.last["response_url"])
    assert hook.send(text="only you").status_code == 200
    assert maria.messages("U0MARIA")[-1]["ephemeral"]
    hook.send(text="decided", replace_original=True)
    original = maria.messages("U0MARIA")[0]
    assert (original["ts"], original["text"], original["blocks"]) == (ts, "decided", [])
    hook.send(text="for all", response_type="in_channel")
    assert not maria.messages("U0MARIA")[-1]["ephemeral"]
    hook.send(text="four")
    hook.send(delete_original=True)
    assert ts not in {message["ts"] for message in maria.messages("U0MARIA")}
    assert (hook.send(text="six").status_code, hook.send(text="x").body) == (
        404,
        '{"ok": false, "error": "used_url"}',
    )


def test_a_response_url_ends_after_half_an_hour(app, maria, clock, ts):
    maria.click("U0MARIA", ts, "keep")
    clock.ahead += 1801
    assert "expired_url" in WebhookClient(app.last["response_url"]).send(text="late").body


def test_a_modal_is_sent_with_what_was_entered(app, maria, view):
    maria.submit("U0MARIA", view["id"], GOOD)
    payload = app.last
    assert payload["type"] == "view_submission"
    assert (payload["view"]["callback_id"], payload["view"]["private_metadata"]) == ("reason", "opaque")
    values = payload["view"]["state"]["values"]
    assert values["why"]["text"] == {"type": "plain_text_input", "value": "needed in February"}
    assert values["task"]["pick"]["selected_option"]["value"] == "snooze"
    assert values["who"]["person"]["selected_user"] == "U0JON"
    assert maria.modal("U0MARIA") is None


def test_what_is_missing_is_not_sent(app, maria, view):
    before = len(app.heard)
    with pytest.raises(Unwilling, match="4 of at least 5"):
        maria.submit("U0MARIA", view["id"], {**GOOD, "why": {"text": "four"}})
    with pytest.raises(Unwilling, match="required"):
        maria.submit("U0MARIA", view["id"], {**GOOD, "task": {"pick": ""}})
    assert len(app.heard) == before


def test_errors_of_the_app_stay_beside_the_field(app, maria, browser, view):
    app.act = answering({"response_action": "errors", "errors": {"why": "Name the task."}})
    maria.submit("U0MARIA", view["id"], GOOD)
    assert maria.modal("U0MARIA")["errors"] == {"why": "Name the task."}
    page = browser.get("/as/U0MARIA/").text
    assert "Name the task." in page
    assert "needed in February" in page


def test_the_app_may_change_push_and_clear_modals(app, maria, view):
    app.act = answering({"response_action": "update", "view": modal(title=plain("Second"))})
    maria.submit("U0MARIA", view["id"], GOOD)
    assert (maria.modal("U0MARIA")["id"], maria.modal("U0MARIA")["title"]["text"]) == (view["id"], "Second")
    app.act = answering({"response_action": "push", "view": modal(title=plain("Third"))})
    maria.submit("U0MARIA", view["id"], GOOD)
    above = maria.modal("U0MARIA")
    assert (above["previous_view_id"], above["root_view_id"]) == (view["id"], view["id"])
    app.act = answering({"response_action": "clear"})
    maria.submit("U0MARIA", above["id"], GOOD)
    assert maria.modal("U0MARIA") is None


@pytest.mark.parametrize(
    "content",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "errors"},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "dance"},
        ["what"],
    ],
)
def test_a_wrong_answer_to_a_modal_is_shown(app, maria, view, content):
    app.act = answering(content)
    maria.submit("U0MARIA", view["id"], GOOD)
    assert "Slack does not know" in maria.modal("U0MARIA")["trouble"]


def test_people_change(maria, web):
    maria.set_person("U0MARIA", deleted=True, is_restricted=True, away="away until 2 Dec")
    user = web.users_info(user="U0MARIA")["user"]
    assert (user["deleted"], user["is_restricted"], user["profile"]["status_text"]) == (True, True, "away until 2 Dec")
    with pytest.raises(Unwilling, match="no salary"):
        maria.set_person("U0MARIA", salary=1)
