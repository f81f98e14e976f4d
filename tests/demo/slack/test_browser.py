"""The pages in a real browser: by keyboard, under the strict policy, and without a script."""

import os
from pathlib import Path

import pytest

from tests.chromium import visiting
from tests.demo.slack.cards import CARD, OPTIONS, actions, button, modal, mrkdwn, plain

FIND = {
    "type": "input",
    "block_id": "search",
    "dispatch_action": True,
    "label": plain("Find an agent"),
    "element": {"type": "plain_text_input", "action_id": "find"},
}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(request, slack, chromium):
    """A page that fails the test for whatever the browser complains about."""
    troubles: list[str] = []
    with visiting(chromium, base_url=slack.url, java_script_enabled=request.param) as context:
        page = context.new_page()
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        yield page
    assert not troubles


def shot(page, name):
    """Take a picture, for whoever wants to look (SHOTS names the folder)."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_click_that_asks_is_answered_by_keyboard(page, web, app):
    web.chat_postMessage(channel="U0MARIA", text="Keep it?", blocks=CARD)
    page.goto("/")
    page.get_by_role("link", name="Maria Okafor").click()
    page.get_by_role("button", name="Revoke", exact=True).press("Enter")
    page.get_by_role("alertdialog").wait_for()
    assert page.locator(":focus").inner_text() == "Cancel", "the safe answer has the focus"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("alertdialog").wait_for(state="detached")
    assert app.last["actions"][0]["action_id"] == "revoke"


def test_a_modal_is_corrected_and_sent_by_keyboard(page, workspace, app):
    workspace.stage.push(user_id="U0MARIA", content=modal(blocks=[*modal()["blocks"], FIND]))
    page.goto("/as/U0MARIA/")
    page.get_by_label("Why").fill("four")
    page.get_by_label("Find an agent").fill("airline")
    page.keyboard.press("Enter")
    page.get_by_text("4 of at least 5 characters.").wait_for()
    assert page.locator(":focus").input_value() == "four", "the first field that is wrong has the focus"
    assert page.get_by_label("Find an agent").input_value() == "airline"
    page.get_by_label("Why").fill("for a task")
    page.get_by_label("Later").check()
    page.get_by_role("button", name="Keep").last.click()
    page.get_by_role("dialog").wait_for(state="detached")
    assert app.last["view"]["state"]["values"]["search"]["find"]["value"] == "airline"


def test_enter_in_an_input_presses_nothing_else(page, web, app):
    web.chat_postMessage(channel="U0MARIA", text="x", blocks=[actions(button("revoke", "Revoke")), FIND])
    page.goto("/as/U0MARIA/")
    page.get_by_label("Find an agent").fill("airline")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Send").first.click()
    page.wait_for_url("**/as/U0MARIA/**")
    assert [payload["actions"][0]["action_id"] for payload in app.heard] == ["find"]
    assert app.last["actions"][0]["value"] == "airline"


def test_an_option_with_an_address_opens_it_beside(page, web, app, slack):
    there = {"text": plain("Open the full record"), "value": "record", "url": f"{slack.url}/static/icon.svg"}
    menu = {"type": "overflow", "action_id": "more", "options": [*OPTIONS, there]}
    web.chat_postMessage(channel="U0MARIA", text="x", blocks=[actions(menu)])
    page.goto("/as/U0MARIA/")
    page.get_by_label("More choices").click()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Open the full record").click()
    opened.value.wait_for_url("**/icon.svg")
    assert app.last["actions"][0]["selected_option"]["value"] == "record"


def test_a_command_its_answer_and_a_thread_on_a_phone(page, web, app):
    page.set_viewport_size(PHONE)
    named = {"type": "context", "elements": [mrkdwn(f"It can still be used through policy {'Agent' * 12}.")]}
    ts = web.chat_postMessage(channel="U0MARIA", text="Keep it?", blocks=[*CARD, named])["ts"]
    web.chat_postMessage(channel="U0MARIA", text="Asked Maria Okafor", thread_ts=ts)
    app.act = lambda payload: (200, "Two wait for you." if "command" in payload else "")
    page.goto("/as/U0MARIA/")
    page.get_by_label("Command").fill("/access list")
    page.keyboard.press("Enter")
    page.get_by_text("Two wait for you.", exact=True).wait_for()
    shot(page, "phone-command")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], "a long name is broken"
    page.get_by_role("link", name="1 entry in the thread").click()
    page.get_by_label("Thread", exact=True).get_by_text("Asked Maria Okafor").wait_for()
    assert not page.locator(".feed").is_visible()
    shot(page, "phone-thread")
    page.get_by_role("link", name="Requests").last.click()
    page.get_by_role("button", name="Deliver twice").click()
    assert page.get_by_role("button", name="Deliver twice").get_attribute("aria-pressed") == "true"
    shot(page, "phone-requests")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], "nothing is wider than the phone"


def test_on_a_phone_one_stays_where_one_has_pressed(page, web, app, request):
    rows = [(CARD[1], actions(button("keep", f"Keep {number}"), block_id=f"row{number}")) for number in range(8)]
    web.chat_postMessage(channel="U0MARIA", text="Keep it?", blocks=[block for row in rows for block in row])
    page.set_viewport_size(PHONE)
    page.goto("/as/U0MARIA/")
    row = page.get_by_role("button", name="Keep 5")
    row.scroll_into_view_if_needed()
    before = page.evaluate("document.scrollingElement.scrollTop")
    row.click()
    page.wait_for_load_state()
    assert app.last["actions"][0]["block_id"] == "row5"
    if request.node.callspec.params["page"]:  # without a script the message is shown from its beginning
        assert page.evaluate("document.scrollingElement.scrollTop") == before > 0


def test_a_wide_page_ends_where_its_parts_end(page, web):
    for _ in range(6):
        web.chat_postMessage(channel="U0MARIA", text="Keep it?", blocks=CARD)
    page.goto("/as/U0MARIA/")
    assert page.evaluate("document.documentElement.scrollHeight - document.documentElement.clientHeight") == 0
