"""The admin in a browser: log in, act by keyboard, wide and on a phone, light and dark."""

from datetime import timedelta

import pytest
from django.db import transaction

from governance import clock
from governance.models import Coverage, System
from reviews.models import Assignment, Hold, Remediation
from tests.admin.world import staff, world
from tests.factories import FindingFactory, OrgUnitFactory, PolicyFactory
from tests.reviews.factories import AskFactory

PASSWORD = "correct horse battery"  # noqa: S105  (a test's)
HARD_TO_READ = """() => {
  const rgb = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number)
  const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0)
  const behind = e => { while (e) { const c = getComputedStyle(e).backgroundColor
    if (!/, 0\\)$|transparent/.test(c)) return c; e = e.parentElement } return "rgb(255, 255, 255)" }
  const said = e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()) && e.getClientRects().length
  const ratio = e => {
    const [a, b] = [getComputedStyle(e).color, behind(e)].map(c => light(rgb(c))).sort((x, y) => y - x)
    return (a + .05) / (b + .05) }
  return [...document.querySelectorAll(".cs *, #nav-sidebar a *")].filter(said)
    .map(e => [ratio(e), e.textContent.trim().slice(0, 40)]).filter(([ratio]) => ratio < 4.5)
}"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def ours(committed):
    with transaction.atomic():
        PolicyFactory()
        return world("ours", OrgUnitFactory(name="top"))


def governor(ours):
    """Who governs, and may log in."""
    return staff("governor", ours.unit.parent, time_zone="Europe/Copenhagen")


@pytest.fixture
def inside(ours, page, enter):
    """Logged in as who governs."""
    enter(governor(ours))
    return page


def test_who_logs_in_by_keyboard_comes_to_the_queue(ours, page):
    lead = governor(ours)
    lead.set_password(PASSWORD)
    lead.save()
    page.goto("/admin/")
    page.get_by_label("Email").fill(lead.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/queue/")
    assert "Two things need a person now." in page.locator(".words").inner_text()


def test_what_is_held_is_released_by_keyboard(inside, ours):
    inside.goto("/admin/queue/")
    assert "Two things need a person now." in inside.locator(".words").inner_text()
    inside.locator("summary", has_text="Release…").focus()
    inside.keyboard.press("Enter")
    inside.keyboard.press("Tab")
    inside.keyboard.type("1")
    inside.keyboard.press("Tab")
    assert inside.evaluate("() => document.activeElement.textContent") == "Release"
    inside.keyboard.press("Enter")
    inside.get_by_text("1 released in ours system").wait_for()
    assert Hold.objects.get().closed_at is not None
    assert "One thing needs a person now." in inside.locator(".words").inner_text()


def test_a_number_that_is_too_large_is_refused_before_it_is_sent(inside, ours):
    inside.goto("/admin/queue/")
    inside.locator("summary", has_text="Release…").click()
    inside.get_by_label("How many, the oldest first").fill("7")
    inside.get_by_role("button", name="Release", exact=True).click()
    assert not inside.evaluate("() => document.querySelector('input[name=count]').validity.valid")
    assert Hold.objects.get().closed_at is None


@pytest.fixture
def everything(ours):
    """Something of every kind that can stand in the queue."""
    now = clock.now()
    with transaction.atomic():
        beside = world("beside", ours.unit)
        claimed = world("claimed", ours.unit)
        Remediation.objects.filter(pk=beside.act.pk).update(
            state="stuck", hold=None, trouble="Our role may not revoke what beside_admin granted.", attempts=9
        )
        beside.hold.closed_at = beside.hold.opened_at
        beside.hold.save()
        said = {"attested_by": "Ines Vang", "attested_at": "2026-01-01T00:00:00Z", "reason": "By hand, ticket 4711."}
        Remediation.objects.filter(pk=claimed.act.pk).update(state="attested", hold=None, outcome=said)
        claimed.sync.state = "complete"
        claimed.sync.save()
        System.objects.filter(pk=claimed.system.pk).update(trouble="AuthFailed: the password changed.", attempts=99)
        Coverage.objects.filter(system=beside.system).update(
            starts_at=now - timedelta(days=20), ends_at=now - timedelta(days=3)
        )
        Assignment.objects.filter(review=beside.review).update(until=beside.review.due_at)
        AskFactory(person=claimed.owner, review=claimed.review, state="failed", trouble="No surface reaches them.")
        facts = {"grants": 2, "checks": ["unused"]}
        FindingFactory(check_name="missed", grant=None, system=ours.system, unit=ours.unit, facts=facts)


def seen(page, address: str, scheme: str) -> None:
    """Open a page of the admin, light or dark; it is so when its script has run."""
    page.emulate_media(color_scheme=scheme)
    page.goto(address)
    page.locator("html:not([x-cloak])").wait_for()
    assert ("dark" in (page.locator("html").get_attribute("class") or "")) is (scheme == "dark")


def fits(page, shot, name: str) -> None:
    """Whether it can be read, and without pushing it sideways, wide and on a phone: they have the same colours."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(WIDER) <= 0, (name, width)
        shot(f"{name}-{width}")
    assert page.evaluate(HARD_TO_READ) == [], name


def test_the_full_queue_fits_and_can_be_read(everything, inside, shot):
    seen(inside, "/admin/queue/", "light")
    kinds = inside.locator(".now .chip").all_inner_texts()
    assert set(kinds) == {
        "Held by the brake",
        "Read held",
        "Stuck",
        "Still there",
        "Nobody to ask",
        "Not reached",
        "Not readable",
        "Source silent",
        "Our mistake",
    }
    for scheme in ("light", "dark"):
        seen(inside, "/admin/queue/", scheme)
        fits(inside, shot, f"queue-closed-{scheme}")
        inside.evaluate("() => document.querySelectorAll('.now details').forEach(each => each.open = true)")
        fits(inside, shot, f"queue-opened-{scheme}")


def test_somebody_is_chosen_by_keyboard_after_a_refusal(everything, inside):
    inside.goto("/admin/queue/")
    row = inside.locator(".now li", has_text="Nobody to ask")
    row.locator("summary").focus()
    inside.keyboard.press("Enter")
    inside.keyboard.press("Tab")
    inside.keyboard.type("nobody@skyway.example")
    inside.keyboard.press("Tab")
    inside.keyboard.type("She wrote the agent.")
    inside.keyboard.press("Tab")
    inside.keyboard.press("Enter")
    row.locator(".wrong").wait_for()
    assert row.get_by_label("Why them?").input_value() == "She wrote the agent."
    row.get_by_label("Who should be asked?").fill("ours@skyway.example")
    row.get_by_role("button", name="Ask them", exact=True).click()
    inside.get_by_text("and told that you chose them").first.wait_for()
    assert not row.count()


def test_every_page_fits_and_can_be_read(inside, ours, shot):
    for address in (
        "/admin/queue/",
        "/admin/reviews/review/",
        f"/admin/reviews/review/{ours.review.pk}/change/",
        f"/admin/reviews/item/{ours.item.pk}/change/",
        f"/admin/reviews/remediation/{ours.act.pk}/change/",
        "/admin/governance/grant/",
        f"/admin/governance/grant/{ours.grant.pk}/change/",
        f"/admin/governance/agent/{ours.agent.pk}/change/",
        "/admin/governance/finding/",
        f"/admin/governance/entry/{ours.rows['entry']}/change/",
    ):
        for scheme in ("light", "dark"):
            seen(inside, address, scheme)
            fits(inside, shot, f"{address.strip('/').replace('/', '-')}-{scheme}")
