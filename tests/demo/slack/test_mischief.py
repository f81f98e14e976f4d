"""What goes wrong on purpose, by the control API and from the panel."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from demo.slack.client import Unwilling
from tests.demo.slack.calling import refusal
from tests.demo.slack.cards import CARD, section
from tests.demo.slack.conftest import TOKEN


@pytest.fixture
def ts(web):
    return web.chat_postMessage(channel="U0MARIA", text="Keep it?", blocks=CARD)["ts"]


def test_a_click_is_delivered_twice(app, maria, ts):
    maria.arm("twice")
    maria.click("U0MARIA", ts, "keep")
    assert app.raw[0] == app.raw[1]
    maria.click("U0MARIA", ts, "keep")
    assert len(app.heard) == 3, "it was armed for one click"


def test_clicks_arrive_out_of_order(app, maria, ts):
    maria.arm("hold")
    assert maria.click("U0MARIA", ts, "keep")["error"] == "held back"
    maria.click("U0MARIA", ts, "revoke", confirm=True)
    assert maria.status()["held"] == 1
    assert [delivery["status"] for delivery in maria.release()] == [200]
    assert [payload["actions"][0]["action_id"] for payload in app.heard] == ["revoke", "keep"]
    with pytest.raises(Unwilling, match="Nothing is held back"):
        maria.release()


def test_an_answer_that_comes_too_late_is_lost(app, maria, browser, ts):
    maria.arm("late")
    answer = maria.click("U0MARIA", ts, "keep")
    assert (answer["status"], answer["error"], len(app.heard)) == (0, "no answer within 3 s", 1)
    assert "did not answer in time" in browser.get("/as/U0MARIA/").text


@pytest.mark.parametrize("trick", ["old_time", "wrong_secret"])
def test_a_signature_is_not_good(app, maria, ts, trick):
    maria.arm(trick)
    assert maria.click("U0MARIA", ts, "keep")["status"] == 401
    assert (app.forged, app.heard) == (1, [])


def test_a_click_comes_from_elsewhere(app, maria, ts):
    for trick in ("other_team", "other_app", "other_person"):
        maria.arm(trick)
        maria.click("U0MARIA", ts, "keep")
    team, other_app, person = app.heard
    assert (team["team"]["id"], team["user"]["team_id"]) == ("T0ELSEWHERE", "T0ELSEWHERE")
    assert (other_app["api_app_id"], other_app["team"]["id"]) == ("A0ELSE", "T0MERID")
    assert (person["user"]["id"], person["user"]["name"]) == ("U0JON", "jon")
    maria.arm("other_person")
    maria.command("U0MARIA", "/access list")
    assert app.commands[0]["user_id"] == "U0JON"


def test_a_stale_screen_clicks_what_is_gone(app, maria, web, ts):
    with pytest.raises(Unwilling, match="Nothing was clicked yet"):
        maria.stale()
    maria.click("U0MARIA", ts, "keep")
    web.chat_update(channel="DU0MARIA", ts=ts, text="Decided", blocks=[section("Decided")])
    maria.stale()
    first, second = app.heard
    assert first["actions"][0]["value"] == second["actions"][0]["value"] == "cs1.opaque"
    assert first["trigger_id"] != second["trigger_id"]
    assert app.forged == 0


def test_the_next_calls_are_too_many(web, maria):
    maria.arm("ratelimited", times=2)
    for _ in range(2):
        answer = refusal(web.users_info, user="U0MARIA")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert web.users_info(user="U0MARIA")["ok"]


def test_a_reply_is_lost_after_the_message_was_stored(slack, maria):
    maria.arm("reply_lost")
    call = {"token": TOKEN, "channel": "U0MARIA", "text": "Keep it?"}
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{slack.url}/api/chat.postMessage", data=call)
    assert [message["text"] for message in maria.messages("U0MARIA")] == ["Keep it?"]
    assert maria.log()[0]["remark"] == "done, but the reply was lost"


def test_slack_is_down_and_comes_back(web, maria):
    maria.outage("503")
    with pytest.raises(SlackApiError) as caught:
        web.chat_postMessage(channel="U0MARIA", text="x")
    assert caught.value.response.status_code == 503
    maria.outage("none")
    web.chat_postMessage(channel="U0MARIA", text="x")
    assert len(maria.messages("U0MARIA")) == 1


def test_slack_is_silent(slack, web, maria):
    maria.outage("timeout")
    hasty = WebClient(TOKEN, base_url=f"{slack.url}/api/", retry_handlers=[], timeout=1)
    with pytest.raises(TimeoutError):
        hasty.chat_postMessage(channel="U0MARIA", text="x")
    with ThreadPoolExecutor(1) as pool:
        patient = pool.submit(httpx.post, f"{slack.url}/api/auth.test", data={"token": TOKEN}, timeout=10)
        maria.outage("none")
        assert isinstance(patient.exception() or patient.result(), httpx.RemoteProtocolError | httpx.Response)
    assert maria.messages("U0MARIA") == [], "what was sent into the silence did nothing"


def test_the_clock_goes_ahead_and_signatures_stay_real(app, maria, web, ts):
    maria.advance(3 * 86400)
    later = web.chat_postMessage(channel="U0MARIA", text="three days on")["ts"]
    assert float(later) - float(ts) > 3 * 86400
    maria.click("U0MARIA", ts, "keep")
    assert app.forged == 0
    with pytest.raises(Unwilling, match="seconds is a number, 0 or more"):
        maria.advance(-1)


def test_an_unknown_trick_is_refused_with_those_there_are(maria):
    with pytest.raises(Unwilling, match="trick is one of twice, hold"):
        maria.arm("explode")


def test_people_are_what_they_are_made(maria, web):
    maria.set_person("U0JON", is_ultra_restricted=True, is_stranger=True, is_bot=True, tz="Asia/Tokyo")
    user = web.users_info(user="U0JON")["user"]
    assert (user["is_ultra_restricted"], user["is_stranger"], user["is_bot"], user["tz"]) == (
        True,
        True,
        True,
        "Asia/Tokyo",
    )


def test_the_panel_arms_and_takes_back(app, browser, maria, ts):
    def press(do):
        return browser.post("/as/U0MARIA/inject", data={"do": do}).text

    assert 'value="arm twice" aria-pressed="true"' in press("arm twice")
    assert maria.status()["armed"] == {"twice": 1}
    press("arm twice")
    assert maria.status()["armed"] == {}
    assert "Slack is down for Countersign, on purpose" in press("outage 503")
    press("outage 503")
    press("flag is_restricted")
    assert maria.set_person("U0MARIA")["is_restricted"]
    press("clock 86400")
    assert maria.status()["ahead"] == 86400
    assert "not installed" in press("install uninstalled")
    press("install uninstalled")
    assert maria.status()["installation"] == "installed"
    assert "Nothing was clicked yet." in press("stale")
    assert "not on the panel" in press("flag salary")


def test_the_last_click_is_delivered_again_from_the_panel(browser, app, maria, ts):
    assert "Nothing was delivered yet." in browser.post("/as/U0MARIA/inject", data={"do": "again"}).text
    maria.click("U0MARIA", ts, "keep")
    browser.post("/as/U0MARIA/inject", data={"do": "again"})
    first, second = app.heard
    assert first == second
