"""The Web API, spoken to by the real slack_sdk."""

import json

import httpx
import pytest
from slack_sdk import WebClient

from tests.demo.slack.calling import refusal
from tests.demo.slack.cards import CARD, actions, button, modal, plain, section
from tests.demo.slack.conftest import TOKEN

METADATA = {"event_type": "ask", "event_payload": {"ask": 7}}


def test_it_says_whose_token_it_is(web):
    answer = web.auth_test()
    assert (answer["team_id"], answer["bot_id"], answer["user_id"]) == ("T0MERID", "B0CS", "U0CS")


def test_it_refuses_a_wrong_token_and_none(slack):
    assert refusal(WebClient("xoxb-else", base_url=f"{slack.url}/api/").auth_test)["error"] == "invalid_auth"
    assert httpx.post(f"{slack.url}/api/auth.test").json()["error"] == "not_authed"


def test_it_answers_an_unknown_method_with_200(slack):
    answer = httpx.post(f"{slack.url}/api/chat.postMesage", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.json()["error"] == "unknown_method"


def test_it_knows_its_people(web):
    assert web.users_info(user="U0MARIA")["user"]["tz"] == "Europe/Copenhagen"
    assert web.users_lookupByEmail(email="Jon@Meridian.example")["user"]["id"] == "U0JON"
    others = {user["id"]: user for user in web.users_list()["members"]}
    assert others["U0OTHER"]["is_stranger"]
    assert others["U0LEFT"]["deleted"]
    assert refusal(web.users_info, user="U0NOBODY")["error"] == "user_not_found"
    assert refusal(web.users_lookupByEmail, email="lea@meridian.example")["error"] == "users_not_found"


def test_it_posts_into_direct_messages(web, maria):
    channel = web.conversations_open(users="U0MARIA")["channel"]["id"]
    posted = web.chat_postMessage(channel=channel, text="Keep it?", blocks=CARD, metadata=METADATA)
    (message,) = maria.messages("U0MARIA")
    assert (message["ts"], message["channel"], message["text"]) == (posted["ts"], channel, "Keep it?")
    assert message["metadata"] == METADATA
    assert [block["type"] for block in message["blocks"]] == ["header", "section", "actions", "context"]
    assert all(block["block_id"] for block in message["blocks"])


def test_it_takes_blocks_from_a_form_too(slack, maria):
    form = {"token": TOKEN, "channel": "U0MARIA", "text": "hello", "blocks": json.dumps(CARD)}
    assert httpx.post(f"{slack.url}/api/chat.postMessage", data=form).json()["ok"]
    assert len(maria.messages("U0MARIA")[0]["blocks"]) == 4
    broken = httpx.post(f"{slack.url}/api/chat.postMessage", data={**form, "blocks": "[{"}).json()
    assert broken["error"] == "invalid_blocks_format"


def test_it_does_not_open_what_nobody_reads(web):
    assert refusal(web.conversations_open, users="U0LEFT")["error"] == "user_disabled"
    assert refusal(web.conversations_open, users="U0NOBODY")["error"] == "user_not_found"
    assert refusal(web.chat_postMessage, channel="D0NOBODY", text="x")["error"] == "channel_not_found"


def test_it_does_not_post_nothing(slack):
    answer = httpx.post(f"{slack.url}/api/chat.postMessage", json={"token": TOKEN, "channel": "U0MARIA", "text": ""})
    assert answer.json()["error"] == "no_text"


def test_it_says_which_block_is_wrong(web, maria):
    long = {"type": "header", "text": plain("x" * 151)}
    answer = refusal(web.chat_postMessage, channel="U0MARIA", text="x", blocks=[section("fine"), long])
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 151 characters [json-pointer:/blocks/1/text/text]"
    ]
    assert maria.messages("U0MARIA") == []


@pytest.mark.filterwarnings("ignore:The top-level `text`:UserWarning")
def test_it_warns_of_blocks_without_words(web):
    assert web.chat_postMessage(channel="U0MARIA", blocks=CARD)["warning"] == "missing_text_in_message"
    assert "warning" not in web.chat_postMessage(channel="U0MARIA", blocks=CARD, text="words").data


def test_it_changes_a_message_in_place(web, maria):
    ts = web.chat_postMessage(channel="U0MARIA", text="before", blocks=CARD)["ts"]
    web.chat_update(channel="DU0MARIA", ts=ts, text="after", blocks=[section("Revoked")])
    (message,) = maria.messages("U0MARIA")
    assert (message["ts"], message["text"], len(message["blocks"])) == (ts, "after", 1)
    assert message["edited"]["ts"] > ts
    assert refusal(web.chat_update, channel="DU0MARIA", ts="1.000000", text="x")["error"] == "message_not_found"


def test_an_ephemeral_message_is_for_one_and_cannot_be_changed(web, maria):
    ts = web.chat_postEphemeral(channel="DU0MARIA", user="U0MARIA", text="already decided")["message_ts"]
    assert maria.messages("U0MARIA")[0]["ephemeral"]
    assert refusal(web.chat_update, channel="DU0MARIA", ts=ts, text="x")["error"] == "message_not_found"
    answer = refusal(web.chat_postEphemeral, channel="DU0MARIA", user="U0JON", text="x")
    assert answer["error"] == "user_not_in_channel"


def test_it_slows_down_one_channel_and_not_the_next(web, workspace, clock):
    for number in range(20):
        web.chat_postMessage(channel="U0MARIA", text=f"{number}")
    answer = refusal(web.chat_postMessage, channel="U0MARIA", text="one too many")
    assert (answer.status_code, answer["error"]) == (429, "ratelimited")
    assert answer.headers["Retry-After"] == "1"
    web.chat_postMessage(channel="U0JON", text="another channel")
    clock.ahead += 1.1
    web.chat_postMessage(channel="U0MARIA", text="after waiting")


def test_a_modal_opens_by_a_trigger_once_and_soon(web, workspace, clock, maria):
    trigger = workspace.triggers.give(user_id="U0MARIA")
    view = web.views_open(trigger_id=trigger, view=modal())["view"]
    assert maria.modal("U0MARIA")["id"] == view["id"]
    assert refusal(web.views_open, trigger_id=trigger, view=modal())["error"] == "exchanged_trigger_id"
    assert refusal(web.views_open, trigger_id="1.2", view=modal())["error"] == "invalid_trigger_id"
    late = workspace.triggers.give(user_id="U0MARIA")
    clock.ahead += 3.1
    assert refusal(web.views_open, trigger_id=late, view=modal())["error"] == "expired_trigger_id"


def test_a_view_with_an_input_needs_a_submit(web, workspace):
    view = {key: value for key, value in modal().items() if key != "submit"}
    answer = refusal(web.views_open, trigger_id=workspace.triggers.give(user_id="U0MARIA"), view=view)
    assert answer["error"] == "invalid_arguments"
    assert "submit" in answer["response_metadata"]["messages"][0]


def test_a_view_is_changed_by_its_hash(web, workspace, maria):
    view = web.views_open(trigger_id=workspace.triggers.give(user_id="U0MARIA"), view=modal())["view"]
    changed = modal(title=plain("Changed"))
    again = web.views_update(view_id=view["id"], hash=view["hash"], view=changed)["view"]
    assert maria.modal("U0MARIA")["title"]["text"] == "Changed"
    assert again["hash"] != view["hash"]
    answer = refusal(web.views_update, view_id=view["id"], hash=view["hash"], view=changed)
    assert answer["error"] == "hash_conflict"
    assert refusal(web.views_update, view_id="V0", view=changed)["error"] == "not_found"


def test_the_app_home_is_published_for_one_person(web, maria):
    web.views_publish(user_id="U0MARIA", view={"type": "home", "blocks": [actions(button("open"))]})
    assert maria.home("U0MARIA")["blocks"][0]["block_id"] == "verbs"
    assert maria.home("U0JON") is None
    assert refusal(web.views_publish, user_id="U0MARIA", view=modal())["error"] == "invalid_arguments"


def test_the_log_holds_calls_and_no_token(web, slack, maria):
    web.users_info(user="U0MARIA")
    httpx.get(f"{slack.url}/api/users.info", params={"token": TOKEN, "user": "U0NOBODY"})
    assert [(entry["name"], entry["remark"]) for entry in maria.log()[:2]] == [
        ("users.info", "user_not_found"),
        ("users.info", ""),
    ]
    assert TOKEN not in json.dumps(maria.log())
