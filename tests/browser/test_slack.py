"""A day in Slack, in a real browser: cards, forms, a digest, the home, commands, and the web page beside them."""

from datetime import timedelta

import pytest

from governance import clock
from governance.models import Organisation
from reviews import asking
from reviews.models import Answer, Ask, Assignment, Handover, Item, Look, Preference, Review, Snooze, Undo
from tests.browser.desk import DENIZ, MARIA, Desk, desk, make_desk, make_scene, ring, slack, target
from tests.factories import AccountFactory, AgentFactory, ClaimFactory
from tests.reviews.scene import HIGH, entry, whom

__all__ = ["desk", "make_desk", "make_scene", "ring", "slack", "target"]
WHY = "The gate staff's own tool refunds by it."


@pytest.fixture
def item(desk) -> Item:
    """One question stands in Maria's messages, and she looks at it."""
    asked = desk.asked("refund_payment", risk=HIGH)
    desk.see()
    return asked


def undecided(desk) -> bool:
    """Whether the question can still be answered from what is on the page."""
    return desk.talk.get_by_role("button", name="Revoke refund_payment").count() > 0


# -- a card


def test_a_keep_is_corrected_where_it_is_wrong(desk, item):
    desk.page.get_by_role("heading", name=item.review.question).wait_for()
    desk.fits("card")
    desk.press("Keep for")
    form = desk.form()
    field = form.get_by_label("Say it in a sentence")
    form.get_by_label("A task that is planned").check()
    field.fill("needed")
    desk.press("Keep", form)
    form.get_by_text("6 of at least 15 characters.").wait_for()
    entered = (field.get_attribute("aria-invalid"), field.input_value())
    assert (*entered, form.get_by_label("A task that is planned").is_checked()) == ("true", "needed", True)
    desk.fits("keep-wrong")
    field.fill(WHY)
    desk.send("Keep")
    answer = Answer.objects.get()
    assert (answer.verdict, answer.task, answer.reason) == ("keep", "planned", WHY)
    desk.told()
    desk.reads("Maria decided to keep it")
    assert not undecided(desk)
    desk.fits("kept")


def test_what_lies_over_the_page_is_left_by_escape(desk, item):
    for button, role in (("Keep for", "dialog"), ("Revoke refund_payment", "alertdialog")):
        desk.press(button)
        desk.page.get_by_role(role).wait_for()
        desk.page.wait_for_function("() => document.documentElement.matches('.scripted')")
        desk.page.keyboard.press("Escape")
        desk.page.get_by_role(role).wait_for(state="detached")
    assert not Answer.objects.exists()


def test_a_revoke_asks_once_more_and_is_taken_back(desk, item):
    desk.press("Revoke refund_payment")
    desk.page.get_by_role("alertdialog").get_by_text("You can take it back for").wait_for()
    desk.fits("confirm")
    desk.confirm("Revoke")
    desk.told()
    desk.reads("Maria decided to revoke it")
    desk.fits("revoked")
    desk.press("Undo the decision about refund_payment")
    assert Undo.objects.get().by == desk.scene.owner
    desk.told()
    desk.reads("Taken back by Maria.")
    assert not desk.talk.get_by_role("button", name="Undo").count()
    desk.page.get_by_role("link", name="in the thread").click()
    desk.page.get_by_label("Thread", exact=True).get_by_text("taken back").first.wait_for()
    desk.fits("thread")


def test_a_question_is_put_off(desk, item):
    desk.choose("Snooze until tomorrow")
    desk.told()
    desk.reads("Snoozed until")
    assert Snooze.objects.get().assignment.person == desk.scene.owner
    assert undecided(desk), "it can still be answered"


def test_a_question_is_handed_on(desk, item):
    desk.choose("Not mine, hand it on")
    desk.form().get_by_label("Who should decide?").select_option("Deniz Kaya")
    desk.form().get_by_label("Why them?").fill("You run the night job.")
    desk.fits("hand-on")
    desk.send("Offer")
    desk.told()
    desk.reads("Offered to Deniz, who has not answered yet.")
    desk.see(DENIZ)
    desk.reads("Maria says: You run the night job.")
    desk.fits("offer")
    desk.press("Take the question about refund_payment over")
    assert (Handover.objects.get().ending, whom(item.review)) == ("accepted", "Deniz")
    desk.told()
    desk.reads("You took it over.")
    assert undecided(desk)
    desk.see(MARIA)
    desk.reads("You are not asked any more. Deniz is.")
    assert not undecided(desk)
    desk.fits("handed-on")


def test_who_is_not_asked_is_told_why(desk, item):
    desk.page.get_by_role("button", name="Wrong person").click()
    desk.press("Revoke refund_payment")
    desk.confirm("Revoke")
    desk.whisper().get_by_text("Only Maria can decide this now.").wait_for()
    assert entry("answer.refused").body["because"] == "NotAllowed"
    desk.fits("refused")
    assert not Answer.objects.exists()


def test_who_is_late_is_told_why(desk, item):
    desk.scene.decide(item, "keep")  # elsewhere; this message is not rendered anew yet
    desk.press("Revoke refund_payment")
    desk.confirm("Revoke")
    desk.whisper().get_by_text("Already kept by Maria").wait_for()
    desk.told()
    desk.reads("Maria decided to keep it")
    assert not undecided(desk)
    assert Answer.objects.get().verdict == "keep"


# -- a digest


@pytest.fixture
def digest(make_desk) -> Desk:
    """Three routine questions, and the hour at which Maria wants to hear of them has come."""
    desk = make_desk(alone_from="critical")
    Organisation.objects.update(working_days=[1, 2, 3, 4, 5, 6, 7])
    Preference.objects.create(person=desk.scene.owner, digest_at=6 * 60)
    for name in ("send_letter", "send_certificate", "send_receipt"):
        desk.scene.asked(entitlement__name=name)
    assert asking.ask_people() == 3, "each is tried in its system, and waits"
    assert not Ask.objects.exists()
    Assignment.objects.update(since=clock.now() - timedelta(days=2))
    Review.objects.update(next_at=None)
    desk.told()
    desk.see()
    return desk


def test_a_digest_is_reviewed_line_by_line(digest):
    digest.page.get_by_role("heading", name="Three routine questions for today").wait_for()
    assert Ask.objects.get().purpose == "digest"
    digest.fits("digest")
    digest.press("Review send_letter")
    form = digest.form()
    form.get_by_text("send_letter").first.wait_for()
    digest.fits("decide")
    digest.press("Decide", form)
    form.locator(".err").first.wait_for()
    assert not Answer.objects.exists(), "nothing is chosen beforehand"
    form.get_by_label("Revoke", exact=False).check()
    digest.send("Decide")
    assert Answer.objects.get().item.grant.entitlement.name == "send_letter"
    digest.told()
    digest.reads("Maria decided to revoke it")
    assert digest.talk.get_by_role("button", name="Review send_").count() == 2
    digest.fits("digest-decided")


# -- the home


@pytest.fixture
def home(desk) -> Desk:
    """Maria looks at her home: two questions wait, about two agents."""
    scene = desk.scene
    briefing, account = AgentFactory(name="ops-briefing", unit=scene.unit), AccountFactory(system=scene.system)
    scene.owns(scene.owner, agent=briefing)
    ClaimFactory(agent=briefing, account=account)
    desk.asked("refund_payment", risk=HIGH)
    desk.asked("list_all_airports", account=account)
    desk.see_home()
    return desk


def test_home_is_filtered(home):
    home.page.get_by_role("heading", name="Two questions need you, Maria.").wait_for()
    home.fits("home")
    home.pick("Agent", "ops-briefing")
    home.reads("1 is left out by the filters.")
    home.reads("list_all_airports")
    assert not home.talk.get_by_text("refund_payment").count()
    home.fits("home-filtered")


def test_home_keeps_what_is_set_there(home):
    home.pick("Digest at", "Digest at 11:30")
    home.pick("Asked while you are away", "Deniz Kaya")
    home.see()
    home.see(at="home/")
    home.told()
    home.reads("While you are away, Deniz is asked.")
    labels = ("Digest at", "Asked while you are away")
    assert [home.talk.get_by_label(label).input_value() for label in labels] == ["11:30", DENIZ]
    wishes = Preference.objects.get(person=home.scene.owner)
    assert (wishes.digest_at, wishes.delegate) == (11 * 60 + 30, home.scene.deputy)
    home.fits("home-set")


# -- what is typed


def test_what_can_be_pointed_at_can_be_typed(desk, item):
    desk.type("/access list").get_by_role("button", name="Review refund_payment").wait_for()
    desk.fits("list")
    said = desk.type("/access next")
    said.get_by_role("heading", name=item.review.question).wait_for()
    desk.fits("next")
    desk.press("Revoke", said)
    desk.confirm("Revoke")
    desk.reads("Done. What became of it stands in your messages")
    assert Answer.objects.get().verdict == "revoke"
    desk.told()
    desk.reads("Maria decided to revoke it")
    assert "Nothing to review, Maria." in desk.type("/access list").inner_text()
    assert "/access delegate @colleague" in desk.type("/access dance").inner_text()


# -- the web page


@pytest.fixture
def web(desk, item):
    """Maria opened the full record, and logged in."""
    page = desk.logs_in(lambda: desk.choose("Open the full record"))
    page.get_by_role("heading", name=item.review.question).wait_for()
    return page


def test_the_full_record_has_the_same_facts(desk, web):
    facts = [text.strip() for text in desk.talk.locator(".facts .said").all_inner_texts()]
    shown = web.locator("main").inner_text()
    assert facts
    assert [text for text in facts if text not in shown] == []
    assert (Look.objects.get().person, entry("record.opened").surface) == (desk.scene.owner, "slack")


def test_what_is_decided_on_the_web_page_shows_in_slack(desk, web):
    web.get_by_role("link", name="Revoke…").click()
    web.get_by_role("button", name="Revoke", exact=True).click()
    web.get_by_text("Maria decided to revoke it").first.wait_for()
    assert (Answer.objects.get().surface, Answer.objects.get().looked) == ("web", True)
    desk.told()
    desk.reads("Maria decided to revoke it")
    assert not undecided(desk)
