"""The page about one agent in a browser: wide and on a phone, light and dark, and by keyboard."""

import pytest
from django.db import transaction

from governance.models import Finding
from tests.admin.busy import busy
from tests.browser.test_admin import fits, inside, ours, seen

__all__ = ["inside", "ours"]


@pytest.fixture
def agent(ours):
    with transaction.atomic():
        return busy(ours).agent


def test_it_fits_and_can_be_read(agent, inside, shot):
    address = f"/admin/governance/agent/{agent.pk}/change/"
    for scheme in ("light", "dark"):
        seen(inside, address, scheme)
        fits(inside, shot, f"agent-{scheme}")
        inside.evaluate("() => document.querySelectorAll('.agent details').forEach(each => each.open = true)")
        fits(inside, shot, f"agent-opened-{scheme}")


def test_it_is_certified_by_keyboard(agent, inside):
    seen(inside, f"/admin/governance/agent/{agent.pk}/change/", "light")
    inside.get_by_role("button", name="Certify now").focus()
    inside.keyboard.press("Enter")
    inside.get_by_text("become questions within a minute").first.wait_for()
    assert Finding.objects.filter(check_name="requested", grant__account__claims__agent=agent).exists()
    assert not inside.get_by_role("button", name="Certify now").count()


def test_it_is_suspended_after_a_refusal_and_given_back(agent, inside, shot):
    seen(inside, f"/admin/governance/agent/{agent.pk}/change/", "light")
    inside.locator("summary", has_text="Suspend…").click()
    inside.get_by_label("Why does it have to stop?").fill("now!")
    inside.get_by_role("button", name="Suspend", exact=True).click()
    inside.locator(".wrong").wait_for()
    fits(inside, shot, "agent-refused")
    assert inside.get_by_label("Why does it have to stop?").input_value() == "now!"
    inside.get_by_label("Why does it have to stop?").fill("It refunds what nobody asked it to refund.")
    inside.keyboard.press("Enter")
    inside.get_by_role("link", name="Take it back…").wait_for()
    fits(inside, shot, "agent-suspended")
    inside.get_by_role("link", name="Take it back…").click()
    inside.get_by_label("Why").fill("It was another agent.")
    shot("agent-undo")
    inside.get_by_role("button", name="Take it back").click()
    inside.get_by_text("taken back", exact=False).first.wait_for()
    agent.refresh_from_db()
    assert agent.lifecycle == "active"
