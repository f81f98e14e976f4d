"""The pages of reviews in a browser: decide, take back, by keyboard; wide and on a phone, light and dark."""

import pytest
from django.urls import reverse

from governance.models import Ownership
from reviews import opening
from reviews.models import Answer, Item, Undo, Verdict
from tests.browser.test_admin import HARD_TO_READ, PASSWORD, WIDER
from tests.factories import AgentFactory, ClaimFactory, PersonFactory
from tests.reviews.conftest import make_scene, target
from tests.reviews.factories import WorkspaceFactory
from tests.reviews.scene import HIGH, done, only_act

__all__ = ["make_scene", "target"]
READABLE = HARD_TO_READ.replace(".cs *, #nav-sidebar a *", "body *")
WHY = "The gate staff's own tool refunds by it."
LONG = "cancel_" + "reservation" * 18 + "\u202e<b>"
# what a checker of accessibility counts and a person notices
UNLABELLED = """() => {
  const named = e => e.labels?.length || e.getAttribute("aria-label") || e.closest("label") || e.textContent.trim()
  const fields = [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a")]
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id)
  const refers = [...document.querySelectorAll("[aria-labelledby], [aria-describedby], label[for]")]
    .flatMap(e => [e.getAttribute("aria-labelledby"), e.getAttribute("aria-describedby"), e.htmlFor])
    .filter(Boolean).flatMap(ids => ids.split(" "))
  const small = [...document.querySelectorAll("button, .btn, input:not([type=hidden], [type=radio]), select")]
    .filter(e => innerWidth < 640 && e.getBoundingClientRect().height < 36)
  return [
    ...fields.filter(e => !named(e)).map(e => `no name: ${e.outerHTML}`),
    ...ids.filter((id, i) => ids.indexOf(id) != i).map(id => `twice: ${id}`),
    ...refers.filter(id => !document.getElementById(id)).map(id => `nobody: ${id}`),
    ...small.map(e => `small: ${e.outerHTML}`),
    ...(document.querySelectorAll("h1").length == 1 ? [] : ["not one h1"]),
    ...(document.querySelector("main") && document.documentElement.lang ? [] : ["no main, or no language"]),
  ]
}"""


@pytest.fixture
def scene(make_scene, live_server):
    """Maria owns an agent, and can log in."""
    scene = make_scene()
    scene.owner.set_password(PASSWORD)
    scene.owner.time_zone = "Europe/Copenhagen"
    scene.owner.save()
    return scene


@pytest.fixture
def item(scene) -> Item:
    return told(scene.asked(entitlement__name="refund_payment", risk=HIGH))


def told(item: Item) -> Item:
    """With what a real question has: a replay, and a dry run."""
    item.facts_shown = {
        "replay": "Removing this would have stopped 0 of the last 214 runs.",
        "lines": {"Last used": "Never. The record of 30 days is complete.", "Scope": "Uses 14 of the 17 it holds"},
    }
    item.preview = {"would": "remove"}
    item.save()
    return item


@pytest.fixture
def maria(page, scene, enter):
    """Logged in."""
    enter(scene.owner)
    return page


def record(item: Item) -> str:
    return reverse("web:record", args=[item.review_id])


def test_a_keep_with_too_few_words_is_told_so_at_the_field(item, maria, shot):
    maria.goto("/reviews/")
    maria.get_by_role("link", name="Review CS-").click()
    maria.get_by_role("link", name="Keep for").click()
    maria.get_by_label("A task that is planned").check()
    maria.get_by_label("Say it in a sentence").fill("needed")
    maria.get_by_role("button", name="Keep", exact=True).click()
    field = maria.get_by_label("Say it in a sentence")
    fits(maria, shot, "keep-wrong")
    assert field.input_value() == "needed"
    assert field.get_attribute("aria-invalid") == "true"
    said = " ".join(maria.locator(f"#{each}").inner_text() for each in field.get_attribute("aria-describedby").split())
    assert "6 of at least 15 characters." in said
    assert maria.evaluate("() => document.activeElement.id") == field.get_attribute("id")
    assert not Answer.objects.exists()
    field.fill(WHY)
    maria.get_by_role("button", name="Keep", exact=True).click()
    maria.get_by_text("Maria decided to keep it").first.wait_for()
    answer = Answer.objects.get()
    assert (answer.task, answer.reason, answer.looked) == ("planned", WHY, True)


def test_revoke_and_undo_by_keyboard(item, maria):
    maria.goto(record(item))
    maria.get_by_role("link", name="Revoke…").focus()
    maria.keyboard.press("Enter")
    maria.get_by_role("heading", name="Revoke refund_payment?").wait_for()
    maria.get_by_role("button", name="Revoke", exact=True).focus()
    maria.keyboard.press("Enter")
    maria.get_by_text("Maria decided to revoke it").first.wait_for()
    assert "Nothing has happened yet" in maria.locator(".pair").inner_text()
    maria.get_by_role("link", name="Undo").click()
    maria.get_by_role("button", name="Take it back").click()
    maria.get_by_text("Taken back by Maria.", exact=True).wait_for()
    assert Undo.objects.get().by.name == "Maria"


def test_a_double_click_is_one_answer(item, maria):
    maria.goto(record(item))
    maria.get_by_role("link", name="Revoke…").click()
    maria.get_by_role("button", name="Revoke", exact=True).dblclick(no_wait_after=True)
    maria.get_by_text("Maria decided to revoke it").first.wait_for()
    maria.go_back()
    maria.get_by_text("Already revoked by Maria").wait_for()  # the form is not there any more
    assert Answer.objects.count() == 1


def test_a_colleague_finds_nothing_there(scene, item, maria):
    item.review.assignments.update(person=PersonFactory(name="Somebody else"))
    answer = maria.request.get(record(item))
    assert answer.status == 404
    assert "not yours to see" in answer.text()
    assert item.review.question not in answer.text()


@pytest.fixture
def everything(scene, item):
    """A record of every kind: alone, of several, whose it is, revoked and proven, kept."""
    gone = scene.decided(Verdict.REVOKE, entitlement__name="delete_user_profile")
    done(only_act(gone))
    kept = scene.decided(Verdict.KEEP, entitlement__name=LONG)
    Ownership.objects.filter(agent=scene.agent, role="deputy").update(until=None)
    for name in ("send_certificate", "list_all_airports", "update_reservation_baggages"):
        scene.suspect(scene.grant(entitlement__name=name))
    opening.open_reviews()
    several = Item.objects.open().exclude(pk=item.pk).earliest("pk")
    briefing = AgentFactory(name="ops-briefing", unit=scene.unit)
    ClaimFactory(agent=briefing, account=scene.account)
    scene.suspect(briefing, "ownerless")
    opening.open_reviews()
    whose = Item.objects.open().get(subject_agent=briefing)
    whose.review.assignments.update(person=scene.owner)
    WorkspaceFactory(team_id="T0SKYWAY", name="Skyway Air")
    return {"alone": item, "several": several, "whose": whose, "gone": gone.item, "kept": kept.item}


def test_every_page_fits_and_can_be_read(everything, maria, shot):
    pages = {"queue": "/reviews/", **{f"record-{name}": record(item) for name, item in everything.items()}}
    for name, words in (
        ("alone", ("Keep for", "Reduce…", "Revoke…", "know…", "Hand it", "Not today…")),
        ("whose", ("mine…", "else's…")),
    ):
        maria.goto(record(everything[name]))
        for each in words:
            link = maria.get_by_role("link", name=each).first
            pages[f"verb-{name}-{words.index(each)}"] = link.get_attribute("href")
    pages["undo"] = reverse("web:undo", args=[everything["gone"].review_id, everything["gone"].pk])
    for name, address in pages.items():
        maria.goto(address)
        fits(maria, shot, name)


def test_what_is_seen_rarely_fits_too(scene, page, shot):
    page.goto("/login/?next=/reviews/")
    fits(page, shot, "login")
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("Give your password.").first.wait_for()
    fits(page, shot, "login-wrong")
    page.get_by_label("Email").fill(scene.owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Log out").wait_for()
    page.get_by_text("Nothing to review, Maria.").wait_for()
    fits(page, shot, "empty")


def fits(page, shot, name: str) -> None:
    """Whether it can be read and used, wide and on a phone, light and dark."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(WIDER) <= 0, (name, width)
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            shot(f"{name}-{scheme}-{width}")
    assert page.evaluate(UNLABELLED) == [], name
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(READABLE) == [], (name, scheme)
