"""The pages, by plain forms and without a script."""

import html
import re

import httpx
import pytest

from demo.slack.screens import Screens
from tests.demo.slack.cards import CARD, actions, button, modal, mrkdwn, plain, section

KEEP, REVOKE = '["verbs","keep"]', '["verbs","revoke"]'


@pytest.fixture
def ts(web):
    return web.chat_postMessage(channel="U0MARIA", text="Keep it?", blocks=CARD)["ts"]


def test_a_person_is_chosen_by_what_waits_for_them(browser, ts):
    page = browser.get("/").text
    assert f'href="/as/U0MARIA/#m-{ts}"' in page
    assert page.count("unread") == 1
    assert "deactivated" in page
    assert "other company" in page


def test_opening_the_messages_reads_them(browser, ts, workspace):
    assert "Does airline-support still need refunds?" in browser.get("/as/U0MARIA/").text
    assert workspace.unread("U0MARIA") == []
    assert "unread" not in browser.get("/").text


def test_what_is_said_while_a_page_is_made_is_newer_than_its_version(slack, web, workspace):
    """Else the page would never look again, and not show it until something else happens."""
    screens = Screens.of(slack.director)
    web.chat_postMessage(channel="U0MARIA", text="And this?")
    page = screens.at("", workspace.person("U0MARIA")).body.decode()
    assert int(re.search(r'data-version="(\d+)"', page)[1]) < workspace.version


def test_a_click_is_a_plain_form(browser, app, ts):
    browser.get("/as/U0MARIA/")
    answer = browser.post("/as/U0MARIA/click", data={"ts": ts, "press": KEEP})
    assert (answer.status_code, answer.url.path) == (200, "/as/U0MARIA/")
    assert app.last["actions"][0]["action_id"] == "keep"


def test_a_menu_sends_the_option(browser, app, ts):
    snooze = '["verbs","more","snooze"]'
    assert f'name="press" value="{html.escape(snooze)}"' in browser.get("/as/U0MARIA/").text
    browser.post("/as/U0MARIA/click", data={"ts": ts, "press": snooze})
    assert app.last["actions"][0]["selected_option"]["value"] == "snooze"


def test_a_question_is_asked_first(browser, app, ts):
    question = browser.post("/as/U0MARIA/click", data={"ts": ts, "press": REVOKE}).text
    assert "It is gone within seconds." in question
    assert "Revoke it now" in question
    assert "<main inert>" in question
    assert app.heard == []
    assert f'href="/as/U0MARIA/#m-{ts}"' in question, "it leads back to the message"
    asked = question.split('class="modal"')[1]
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked))
    assert hidden == {"ts": ts, "confirmed": "yes"}
    assert f'name="press" value="{html.escape(REVOKE)}"' in asked
    browser.post("/as/U0MARIA/click", data={**hidden, "press": REVOKE})
    assert app.last["actions"][0]["style"] == "danger"


def test_nobody_clicks_on_anothers_page(browser, app, ts):
    page = browser.post("/as/U0JON/click", data={"ts": ts, "press": KEEP}).text
    assert "not there any more" in page
    assert app.heard == []


def test_a_modal_is_a_page(browser, app, web, ts):
    app.act = lambda payload: (web.views_open(trigger_id=payload["trigger_id"], view=modal()).status_code, "")
    page = browser.post("/as/U0MARIA/click", data={"ts": ts, "press": KEEP}).text
    assert 'role="dialog"' in page
    submit = re.search(r'action="(/as/U0MARIA/views/\w+/submit)\?at="', page)[1]
    why, task, who = '["why","text"]', '["task","pick"]', '["who","person"]'
    app.act = lambda _payload: (200, "")
    refused = browser.post(submit, data={why: "abc"}).text
    assert "3 of at least 5 characters." in refused
    assert "Please complete this required field." in refused
    done = browser.post(submit, data={why: "needed\r\nagain", task: "snooze", who: ""}).text
    assert 'role="dialog"' not in done
    values = app.last["view"]["state"]["values"]
    assert values["why"]["text"]["value"] == "needed\nagain"
    assert values["who"]["person"]["selected_user"] is None


def test_a_closed_modal_is_told_only_if_wanted(browser, app, workspace):
    silent = workspace.stage.push(user_id="U0MARIA", content=modal())
    browser.post(f"/as/U0MARIA/views/{silent.id}/close")
    assert app.heard == []
    heard = workspace.stage.push(user_id="U0MARIA", content=modal(notify_on_close=True))
    browser.post(f"/as/U0MARIA/views/{heard.id}/close")
    assert app.last["type"] == "view_closed"
    assert browser.post(f"/as/U0MARIA/views/{heard.id}/close").status_code == 404


def test_the_app_home_is_shown_and_clicked(browser, app, web):
    assert "No App Home yet." in browser.get("/as/U0MARIA/home/").text
    view = {"type": "home", "blocks": [section("Four reviews need you"), actions(button("open", "Review"))]}
    view_id = web.views_publish(user_id="U0MARIA", view=view)["view"]["id"]
    assert "Four reviews need you" in browser.get("/as/U0MARIA/home/").text
    assert 'href="/as/U0MARIA/home/"' in browser.get("/as/U0MARIA/").text
    assert "No App Home yet." in browser.get("/as/U0JON/home/").text
    answer = browser.post("/as/U0MARIA/click?at=home", data={"view_id": view_id, "press": KEEP.replace("keep", "open")})
    assert answer.url.path == "/as/U0MARIA/home/"
    assert app.last["view"]["id"] == view_id


def test_what_the_app_sends_is_escaped(browser, web):
    evil = "<script>alert(1)</script>\"'>"
    blocks = [
        {"type": "header", "text": plain(evil)},
        {"type": "section", "fields": [plain(evil), mrkdwn(f"*{evil}*\n{evil}")]},
        actions(button("a", evil, value=evil, accessibility_label=evil), block_id=evil),
    ]
    web.chat_postMessage(channel="U0MARIA", text=evil, blocks=blocks)
    web.chat_postMessage(channel="U0MARIA", text=evil)
    page = browser.get("/as/U0MARIA/").text
    assert page.count("<script") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_policy_forbids_inline_code(browser, ts):
    answer = browser.get("/as/U0MARIA/")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "style=" not in answer.text
    assert not re.search(r"<script(?! src=)|\son\w+=|<style", answer.text)


def test_an_edit_an_ephemeral_and_a_thread_are_marked(browser, web, ts):
    web.chat_update(channel="DU0MARIA", ts=ts, text="Decided", blocks=[section("Decided")])
    web.chat_postMessage(channel="DU0MARIA", text="Asked Maria", thread_ts=ts)
    web.chat_postEphemeral(channel="DU0MARIA", user="U0MARIA", text="Nothing was changed")
    page = browser.get("/as/U0MARIA/").text
    assert "edited" in page
    assert "1 entry in the thread" in page
    assert "Only visible to you" in page


def test_another_sites_page_and_name_are_refused(browser, slack, ts):
    form = {"ts": ts, "press": KEEP}
    assert browser.post("/as/U0MARIA/click", data=form, headers={"Origin": "https://evil.example"}).status_code == 403
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 403
    assert browser.get("/", headers={"Origin": slack.url}).status_code == 200


@pytest.mark.parametrize("path", ["/as/U0NOBODY/", "/as/U0MARIA/views/V0/submit", "/static/secret.css", "/else"])
def test_what_is_not_there_is_not_found(browser, path):
    assert (browser.post(path) if path.endswith("submit") else browser.get(path)).status_code == 404


def test_the_wrong_verb_and_too_much_are_refused(browser):
    assert browser.delete("/").status_code == 405
    assert browser.post("/as/U0MARIA/click", content=b"x" * 1_000_001).status_code == 400
    assert browser.post("/control/click", content=b"{").status_code == 400


def test_styles_and_script_are_served(slack):
    for name, kind in (("tokens.css", "text/css"), ("slack.css", "text/css"), ("follow.js", "text/javascript")):
        answer = httpx.get(f"{slack.url}/static/{name}")
        assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, kind)
