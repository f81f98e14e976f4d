"""The Events API: what happens is told, and told again until it was heard."""

from dataclasses import replace

import pytest

from demo.slack.client import Unwilling
from demo.slack.serving import Ways
from tests.demo.slack.cards import section

HOME = {"type": "home", "blocks": [section("Nothing to review")]}


def heard(app, kind):
    return [envelope for envelope in app.events if envelope["event"]["type"] == kind]


def test_opening_the_home_is_told_in_an_envelope(app, maria, web):
    maria.open("U0MARIA")
    (envelope,) = app.events
    assert (envelope["type"], envelope["team_id"], envelope["api_app_id"]) == ("event_callback", "T0MERID", "A0CS")
    assert envelope["authorizations"] == [
        {"enterprise_id": None, "team_id": "T0MERID", "user_id": "U0CS", "is_bot": True, "is_enterprise_install": False}
    ]
    event = envelope["event"]
    assert (event["type"], event["user"], event["channel"], event["tab"]) == (
        "app_home_opened",
        "U0MARIA",
        "DU0MARIA",
        "home",
    )
    assert "view" not in event
    web.views_publish(user_id="U0MARIA", view=HOME)
    maria.open("U0MARIA")
    assert app.events[1]["event"]["view"]["type"] == "home"
    assert app.events[0]["event_id"] != app.events[1]["event_id"]


def test_a_page_tells_only_when_its_tab_changes(app, browser):
    for path in ("/as/U0MARIA/", "/as/U0MARIA/", "/as/U0MARIA/requests/", "/as/U0MARIA/home/", "/as/U0MARIA/"):
        browser.get(path)
    app.wait_for(lambda: len(app.events) == 3)
    assert sorted(envelope["event"]["tab"] for envelope in app.events) == ["home", "messages", "messages"]


def test_a_person_who_changes_is_told(app, maria):
    maria.set_person("U0JON", deleted=True)
    (envelope,) = heard(app, "user_change")
    assert (envelope["event"]["user"]["id"], envelope["event"]["user"]["deleted"]) == ("U0JON", True)


def test_an_app_that_is_taken_out_is_told_last(app, maria):
    maria.install("uninstalled")
    assert [envelope["event"]["type"] for envelope in app.events] == ["tokens_revoked", "app_uninstalled"]
    assert app.events[0]["event"]["tokens"] == {"oauth": [], "bot": ["U0CS"]}
    maria.set_person("U0JON", deleted=True)
    with pytest.raises(Unwilling, match="not a valid command"):
        maria.command("U0MARIA", "/access list")
    assert len(app.events) == 2


def test_only_what_was_subscribed_to_is_told(app, maria, workspace):
    workspace.app = replace(workspace.app, events=("user_change",))
    maria.open("U0MARIA")
    assert app.events == []


def test_what_was_not_heard_is_told_three_times_more(app, maria):
    app.act = lambda _payload: (500, "")
    maria.open("U0MARIA")
    app.wait_for(lambda: len(app.events) == 2)
    maria.advance(60)
    app.wait_for(lambda: len(app.events) == 3)
    maria.advance(300)
    app.wait_for(lambda: len(app.events) == 4)
    again = [envelope["again"] for envelope in app.events]
    assert again[0] == {}
    assert again[1:] == [{"X-Slack-Retry-Num": f"{n}", "X-Slack-Retry-Reason": "http_error"} for n in (1, 2, 3)]
    assert len({envelope["event_id"] for envelope in app.events}) == 1


class TestAtOnce:
    @pytest.fixture
    def ways(self):
        return Ways(again=(0, 0, 0), patience=30)

    @pytest.mark.parametrize(
        ("status", "headers", "attempts"),
        [(204, {}, 1), (500, {"X-Slack-No-Retry": "1"}, 1), (302, {"Location": "/else"}, 4)],
    )
    def test_it_is_told_until_it_is_heard_or_unwanted(self, app, maria, slack, status, headers, attempts):
        app.act, app.headers = lambda _payload: (status, ""), headers
        maria.open("U0MARIA")
        for thread in slack.director.events.under_way():
            thread.join(timeout=10)
        assert len(app.events) == attempts


class TestOtherAddresses:
    @pytest.fixture
    def ways(self, app):
        return Ways(events_url=f"{app.url}/events", commands_url=f"{app.url}/commands", patience=30)

    def test_each_kind_goes_to_its_own(self, app, maria):
        maria.open("U0MARIA")
        maria.command("U0MARIA", "/access list")
        requests = [entry["request"].partition("\n")[0] for entry in maria.log()]
        assert requests == ["POST /slack/interactivity/commands", "POST /slack/interactivity/events"]
