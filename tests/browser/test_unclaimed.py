"""Whose an account is, in a browser: on governance's page, in Slack, and on the page of one question."""

import pytest
from django.db import transaction

from governance import checking
from governance.models import Claim, Disclaimer
from reviews import opening
from reviews.models import Answer, Item, Remediation
from tests.browser.desk import DENIZ, desk, make_desk, make_scene, ring, slack, target
from tests.browser.test_admin import PASSWORD, fits, inside, ours, seen
from tests.factories import AccountFactory, AgentFactory, GrantFactory
from tests.reviews.scene import whom

__all__ = ["desk", "inside", "make_desk", "make_scene", "ours", "ring", "slack", "target"]
REASON = "Maria's own log-in, for maintenance at night."
LONG = "GRANT_WITH_A_VERY_LONG_NAME_THAT_NOBODY_BREAKS_ANYWHERE on function tools.transfer_everything(text, numeric)"


@pytest.fixture
def nobodys(ours):
    """Three log-ins that are nobody's: one suggests an agent, one names a person, one says nothing."""
    with transaction.atomic():
        remark = ["Night batch. Owner: ours owner, ours@skyway.example"]
        first = AccountFactory(system=ours.system, name="svc_ours_agent", owner_hints=remark)
        GrantFactory(account=first, risk=90, unit=ours.unit, entitlement__name="superuser")
        GrantFactory(account=first, risk=65, unit=ours.unit, entitlement__name=LONG)
        second = AccountFactory(system=ours.system, name="dba_two")
        GrantFactory(account=second, risk=65, unit=ours.unit, entitlement__name="member of airline_owner")
        AccountFactory(system=ours.system, name="metrics_reader")
    checking.check_accounts()
    opening.open_reviews()
    return first


def test_the_page_fits_and_can_be_read(nobodys, inside, shot):
    for scheme in ("light", "dark"):
        seen(inside, "/admin/unclaimed/", scheme)
        fits(inside, shot, f"unclaimed-{scheme}")
        inside.evaluate("() => document.querySelectorAll('.now details').forEach(each => each.open = true)")
        fits(inside, shot, f"unclaimed-opened-{scheme}")


def test_without_any_it_says_what_comes_next(inside, ours, shot):
    seen(inside, "/admin/unclaimed/", "light")
    assert "Every account that may sign in and that you may see is somebody's." in inside.locator(".words").inner_text()
    fits(inside, shot, "unclaimed-empty")


def test_by_keyboard_it_is_said_taken_back_and_claimed(nobodys, inside, shot):
    seen(inside, "/admin/unclaimed/", "light")
    row = inside.locator(".now li", has_text="svc_ours_agent").first
    row.locator("summary", has_text="Not an agent…").focus()
    inside.keyboard.press("Enter")
    inside.keyboard.press("Tab")
    inside.keyboard.type("no")
    inside.keyboard.press("Enter")
    row.locator(".wrong").wait_for()
    fits(inside, shot, "unclaimed-refused")
    row.get_by_label("Who or what uses it?").fill(REASON)
    inside.keyboard.press("Enter")
    inside.get_by_text("is no agent's. You can take that back below.").wait_for()
    assert Disclaimer.objects.get().reason == REASON
    fits(inside, shot, "unclaimed-said")
    inside.get_by_role("button", name="Take back what was said of svc_ours_agent").press("Enter")
    inside.get_by_text("svc_ours_agent is unclaimed again.").wait_for()
    inside.get_by_role("button", name="Claim it for ours-agent").press("Enter")
    inside.get_by_text("Another agent too…").press("Enter")
    assert Claim.objects.get(account=nobodys).agent.name == "ours-agent"
    fits(inside, shot, "unclaimed-claimed")


@pytest.fixture
def asked(desk):
    """Maria owns the system, and is asked in Slack whose a log-in is."""
    scene = desk.scene
    scene.system.owner = scene.owner
    scene.system.save()
    AgentFactory(name="dba-two", unit=scene.unit)
    account = AccountFactory(system=scene.system, name="dba_two", owner_hints=["second administrator, ask the DBAs"])
    GrantFactory(account=account, risk=65, unit=scene.unit, entitlement__name="member of airline_owner")
    checking.check_accounts()
    opening.open_reviews()
    desk.told()
    desk.see()
    return Item.objects.get(account=account)


def test_in_slack_it_is_claimed_for_what_suggests_itself(desk, asked):
    desk.reads("Whose is dba_two in Airline?")
    desk.fits("whose")
    desk.press("Name the agent that uses dba_two")
    form = desk.form()
    form.get_by_text("90 %: its name is the agent's").first.wait_for()
    desk.fits("whose-claim")
    desk.press("Claim it", form)
    form.locator(".err").first.wait_for()
    assert not Answer.objects.exists(), "nothing is chosen beforehand"
    form.get_by_label("dba-two").check()
    desk.send("Claim it")
    assert Claim.objects.get(account=asked.account).agent.name == "dba-two"
    desk.told()
    desk.reads("Maria decided that dba-two uses it")
    desk.fits("whose-claimed")


def test_in_slack_another_agent_is_named(desk, asked):
    desk.press("Name the agent that uses dba_two")
    form = desk.form()
    form.get_by_label("Another agent").first.check()
    form.get_by_label("Another agent").last.fill("nobody")
    desk.press("Claim it", form)
    form.get_by_text("There is no agent “nobody” that you may see").first.wait_for()
    form.get_by_label("Another agent").last.fill("airline-support")
    desk.send("Claim it")
    assert Claim.objects.get(account=asked.account).agent == desk.scene.agent


def test_in_slack_it_is_no_agents(desk, asked):
    desk.press("No agent uses dba_two")
    form = desk.form()
    form.get_by_label("Who or what uses it?").fill("no")
    desk.press("Say so", form)
    form.get_by_text("2 of at least 15 characters").first.wait_for()
    desk.fits("whose-disclaim-wrong")
    form.get_by_label("Who or what uses it?").fill(REASON)
    desk.send("Say so")
    assert Disclaimer.objects.get().by == desk.scene.owner


def test_in_slack_somebody_else_is_asked(desk, asked):
    desk.press("Somebody else knows whose dba_two is")
    form = desk.form()
    form.get_by_label("Who knows?").select_option(label="Deniz Kaya")
    desk.send("Ask them")
    assert whom(asked.review) == "Deniz"
    desk.told()
    desk.reads("You are not asked any more")
    desk.see(DENIZ)
    desk.reads("Maria says that you know whose dba_two in Airline is")


def test_in_slack_it_is_disabled(desk, asked):
    desk.press("Disable dba_two")
    desk.page.get_by_role("alertdialog").get_by_text("Nothing can sign in with it any more").wait_for()
    desk.confirm("Disable")
    assert Remediation.objects.get().account == asked.account


@pytest.fixture
def record(desk, asked):
    """Maria looks at the question in the browser."""
    desk.scene.owner.set_password(PASSWORD)
    desk.scene.owner.save()
    page = desk.page
    page.goto(f"/reviews/{asked.review}/")
    page.get_by_label("Email").fill(desk.scene.owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="It belongs to…").wait_for()
    return page


def test_in_the_browser_all_answers_have_a_page(desk, record):
    desk.fits("web-whose")
    for name, heading in (
        ("Disable it…", "Disable dba_two?"),
        ("Somebody else's…", "Who knows whose dba_two is?"),
        ("Not an agent…", "No agent uses dba_two?"),
        ("It belongs to…", "Which agent uses dba_two?"),
    ):
        record.get_by_role("link", name=name).click()
        record.get_by_role("heading", name=heading).wait_for()
        desk.fits(f"web-whose-{heading.split()[0].lower()}")
        record.get_by_role("link", name="Cancel").click()


def test_in_the_browser_it_is_claimed(record, asked):
    record.get_by_role("link", name="It belongs to…").click()
    record.get_by_role("button", name="Claim it").click()
    record.locator(".err").first.wait_for()
    record.get_by_label("dba-two (90 %)").check()
    record.get_by_role("button", name="Claim it").click()
    record.get_by_text("Maria decided that dba-two uses it").first.wait_for()
    assert Claim.objects.get(account=asked.account).agent.name == "dba-two"
