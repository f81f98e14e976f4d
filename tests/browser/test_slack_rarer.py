"""What comes more rarely in Slack, in a real browser: less of it, several at once, whose it is, and behind a log-in."""

import pytest

from reviews import opening
from reviews.models import Act, Answer, Decision, Handover, Item
from tests.browser.desk import DENIZ, MARIA, desk, make_desk, make_scene, ring, slack, target
from tests.reviews.scene import HIGH, key, only_act, whom
from tests.reviews.target import OWN_USE

__all__ = ["desk", "make_desk", "make_scene", "ring", "slack", "target"]
TOOLS = ("send_letter", "send_certificate", "send_receipt")


# -- less of it


@pytest.fixture
def wide(desk) -> Item:
    """It could be less, says the system; Maria looks at the question."""
    grant = desk.scene.grant(entitlement__name="refund_payment", native={"grantable": True})
    desk.scene.target.wide.add(key(grant))
    item = desk.scene.asked(grant)
    desk.told()
    desk.see()
    return item


def test_a_part_of_it_stays(desk, wide):
    desk.press("Reduce refund_payment")
    form = desk.form()
    form.get_by_text(OWN_USE.text).first.wait_for()
    desk.fits("reduce")
    desk.press("Reduce", form)
    form.locator(".err").first.wait_for()
    assert not Answer.objects.exists(), "nothing is chosen beforehand"
    form.get_by_label("Form 1").check()
    desk.send("Reduce")
    assert only_act(Decision.objects.get(item=wide)).remains["key"] == OWN_USE.key
    desk.told()
    desk.reads("Maria decided to reduce it")
    desk.fits("reduced")


def test_a_part_that_no_system_offers_is_described(desk, wide):
    desk.press("Reduce refund_payment")
    form = desk.form()
    form.get_by_label("Something else").check()
    desk.press("Reduce", form)
    form.locator(".err").first.wait_for()
    desk.fits("reduce-wrong")
    form.get_by_label("In your own words").fill("Read only, no deletes.")
    desk.send("Reduce")
    act = only_act(Decision.objects.get(item=wide))
    assert (act.act, act.remains["text"]) == (Act.NARROW, "Read only, no deletes.")
    desk.told()
    desk.reads("Maria decided to reduce it")


# -- several


def test_one_question_about_several_is_answered_line_by_line(desk):
    scene = desk.scene
    grants = [scene.suspect(scene.grant(entitlement__name=name)).grant for name in TOOLS]
    opening.open_reviews()
    assert Item.objects.get(grant=grants[0]).review.items.count() == len(TOOLS)
    desk.told()
    desk.see()
    desk.fits("several")
    desk.press("Revoke send_letter")
    desk.confirm("Revoke")
    desk.told()
    desk.reads("Maria decided to revoke it")
    assert desk.talk.get_by_role("button", name="Revoke send_").count() == len(TOOLS) - 1
    desk.fits("several-one-decided")


def test_several_are_revoked_by_one_form(desk):
    for name in TOOLS:
        desk.asked(name)
    desk.see_home()
    desk.press("Revoke several")
    form = desk.form()
    desk.fits("revoke-several")
    desk.press("Revoke", form)
    form.get_by_text("Tick what should be revoked").wait_for()
    for name in TOOLS[:2]:
        form.get_by_label(name).check()
    desk.send("Revoke")
    assert set(Answer.objects.values_list("item__grant__entitlement__name", "verdict")) == {
        (name, "revoke") for name in TOOLS[:2]
    }
    desk.told()
    desk.reads("One question needs you, Maria.")
    desk.fits("revoked-several")


# -- whose it is


def test_an_offer_is_declined(desk):
    item = desk.asked("refund_payment", risk=HIGH)
    desk.see()
    desk.choose("Not mine, hand it on")
    desk.form().get_by_label("Who should decide?").select_option("Deniz Kaya")
    desk.send("Offer")
    desk.told()
    desk.see(DENIZ)
    desk.press("Leave the question about refund_payment where it is")
    assert (Handover.objects.get().ending, whom(item.review)) == ("declined", "Maria")
    desk.told()
    desk.reads("You left it with Maria.")
    assert not desk.talk.get_by_role("button", name="Take the question").count()
    desk.fits("declined")
    desk.see(MARIA)
    desk.reads("Deniz declined to take it over.")
    assert desk.talk.get_by_role("button", name="Revoke refund_payment").count()


def test_an_agent_of_nobody_is_claimed(desk):
    scene = desk.scene
    item = scene.asked_whose()
    item.review.assignments.update(person=scene.owner)
    desk.told()
    desk.see()
    desk.fits("whose")
    desk.press("Somebody else answers for airline-support")
    desk.form().get_by_label("Who answers for it?").select_option("Deniz Kaya")
    desk.fits("theirs")
    desk.send("Hand over")
    assert (Answer.objects.get().verdict, Answer.objects.get().named) == ("theirs", scene.deputy)
    desk.told()
    desk.fits("claimed")


# -- behind a log-in


def test_what_is_too_risky_for_a_click_is_decided_behind_a_log_in(make_desk):
    desk = make_desk(browser_from="high")
    desk.asked("refund_payment", risk=HIGH)
    desk.see()
    assert not desk.talk.get_by_role("button", name="Keep for").count()
    assert not desk.talk.get_by_role("button", name="Reduce").count()
    desk.fits("behind-login")
    page = desk.logs_in(lambda: desk.talk.get_by_label("Review and decide: refund_payment").click())
    page.get_by_role("link", name="Keep for").click()
    page.get_by_label("A task that is planned").check()
    page.get_by_label("Say it in a sentence").fill("The gate staff's own tool refunds by it.")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_text("Maria decided to keep it").first.wait_for()
    assert (Answer.objects.get().surface, Answer.objects.get().verdict) == ("web", "keep")
    desk.told()
    desk.reads("Maria decided to keep it")
