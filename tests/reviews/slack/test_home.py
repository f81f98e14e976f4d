"""A person's own page: the queue, its filters, how they are asked, what they decided."""

from datetime import timedelta

import pytest
from django.utils import timezone

from demo.slack.blocks import view_faults
from governance.models import Band, Entry
from reviews.models import Answer, Ask, Item, Preference, Review, Snooze, Undo
from reviews.slack import page as pages
from reviews.slack.waiting import AGENT, DUE, RISK, named
from tests.factories import AgentFactory
from tests.reviews.factories import SlackIdentityFactory
from tests.reviews.slack.clicking import buttons, on_home, option, posted, settle
from tests.reviews.slack.lint import home_problems, texts
from tests.reviews.slack.queue import another, page, sweep, whose

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(question):
    """Maria's first question is in her messages already."""
    sweep()
    return question


def shown(home):
    """The page as it is now; it keeps every limit."""
    ask = Ask.objects.get(pk=home.ask.pk)
    view = ask.shown["view"]
    assert view_faults(view, kinds=("home",)) == []
    assert home_problems(view) == []
    return view


def words(home):
    return "\n".join(texts(shown(home)))


def pressed(home, action, **chosen):
    """Press or choose, and have the page rendered anew."""
    response = posted(on_home(home, action, Ask.objects.get(pk=home.ask.pk), **chosen))
    assert response.status_code == 200
    settle()
    sweep()


def windows(peer):
    """What opened before the page."""
    return [str(body["view"]) for body in peer.told("views.open")]


# -- the queue


def test_nothing_to_review_says_so_and_what_comes_next(scene):
    Review.objects.update(state="withdrawn", closed_at=timezone.now())
    Item.objects.update(state="withdrawn", closed_at=timezone.now())
    home = page(scene)
    assert shown(home)["blocks"][0]["text"]["text"] == "Nothing to review, Maria Okafor."
    assert pages.NEXT_CHECK in words(home)
    assert set(buttons(home.ask)) == {pages.DIGEST_AT, pages.QUIET, pages.PAUSE, pages.DELEGATE}


def test_the_whole_queue_is_on_the_page(scene):
    another(scene, agent=AgentFactory(name="ops-briefing"), due_at=timezone.now() + timedelta(days=20))
    home = page(scene)
    assert shown(home)["blocks"][0]["text"]["text"].startswith("Two questions need you, Maria Okafor. The first is due")
    assert {"*Due within a week*", "*Later*"} <= set(texts(shown(home)))
    assert any("\nops-briefing · " in text for text in texts(shown(home))), "no heading says whose it is"
    assert {"keep", "review", pages.SEVERAL, "open_queue"} <= set(buttons(home.ask))


def test_a_click_on_the_page_decides_and_both_copies_say_so(scene):
    item = another(scene)
    home = page(scene)
    pressed(home, "keep")
    answer = Answer.objects.get()
    assert (answer.item, answer.verdict, answer.dwell_ms) == (item, "keep", None)
    assert answer.shown_hash, "what was on the page"
    assert shown(home)["blocks"][0]["text"]["text"].startswith("One question needs you")
    assert "*Your last decisions*" in words(home)
    assert ": *Kept*, <!date^" in words(home)
    assert "\nNothing had to be changed." in words(home)


def test_what_no_message_shows_is_taken_back_on_the_page(scene):
    item = another(scene)
    home = page(scene)
    pressed(home, "keep")
    assert "Can be taken back until" in words(home)
    pressed(home, "undo")
    undo = Undo.objects.get()
    assert (undo.decision.item, undo.by) == (item, scene.person)
    assert "undo" not in buttons(Ask.objects.get(pk=home.ask.pk))
    assert ": *Taken back*" in words(home)


def test_a_form_that_slack_does_not_open_from_the_page_is_said_in_a_message(scene, peer):
    another(scene)
    home = page(scene)
    for action in ("review", pages.SEVERAL):
        peer.will("views.open", ok=False, error="expired_trigger_id")
        pressed(home, action)
    posts = [body for body in peer.told("chat.postMessage") if "did not open the form" in str(body)]
    assert [body["channel"] for body in posts] == [scene.user] * 2
    addresses = [each["url"] for body in posts for block in body["blocks"] for each in block.get("elements", ())]
    assert [url.partition("/reviews/")[2] for url in addresses] == [f"CS-{scene.review.pk}/", ""]


def test_a_question_is_put_off_on_the_page(scene):
    home = page(scene)
    menu = buttons(home.ask)["more"]["options"]
    assert [each["value"].partition(":")[0] for each in menu] == ["hand", "snooze", "unsure", "open"]
    pressed(home, "more", selected_option=menu[1])
    assert Snooze.objects.get().assignment.review == scene.review
    assert "Snoozed until" in str(Ask.objects.get(pk=scene.ask.pk).shown), "every copy says so"


def test_thirty_are_shown_and_the_rest_is_counted(scene):
    another(scene, items=20)
    another(scene, items=14)
    home = page(scene)
    assert shown(home)["blocks"][0]["text"]["text"].startswith("35 questions need you")
    assert "5 more are not shown here." in words(home)
    assert len(shown(home)["blocks"]) <= 100


def test_whose_an_agent_is_can_be_said_on_the_page(scene):
    item = whose(scene)
    Item.objects.exclude(pk=item.pk).update(state="withdrawn", closed_at=timezone.now())
    home = page(scene)
    assert {"mine", "theirs", "retire", "more"} <= set(buttons(home.ask))
    assert pages.SEVERAL not in buttons(home.ask), "an agent is not revoked"
    pressed(home, "mine")
    assert Answer.objects.get().verdict == "mine"


def test_a_colleague_sees_their_own_page(scene):
    lena = SlackIdentityFactory(issuer=scene.workspace.team_id).person
    scene.person = lena
    assert shown(page(scene))["blocks"][0]["text"]["text"] == f"Nothing to review, {lena.name}."


# -- filters


def test_filters_leave_out_and_say_so(scene):
    agent = AgentFactory(name="ops-briefing")
    item = another(scene, agent=agent, due_at=timezone.now() + timedelta(days=20))
    Item.objects.filter(pk=item.pk).update(facts={**item.facts, "band": Band.HIGH})
    home = page(scene)
    pressed(home, AGENT, **option(named("ops-briefing")))
    assert "1 is left out by the filters." in words(home)
    assert buttons(Ask.objects.get(pk=home.ask.pk))[AGENT]["initial_option"]["text"]["text"] == "ops-briefing"
    pressed(home, DUE, **option("week"))
    assert "2 are left out by the filters." in words(home)
    pressed(home, DUE, **option("any"))
    pressed(home, AGENT, **option("any"))
    pressed(home, RISK, **option("high"))
    assert "1 is left out by the filters." in words(home)
    assert Preference.objects.get().filters == {AGENT: "any", DUE: "any", RISK: "high"}
    assert not Entry.objects.filter(act="preference.set").exists(), "what a page shows is not evidence"


def test_a_filter_for_what_no_longer_waits_hides_nothing(scene):
    Preference.objects.create(person=scene.person, filters={AGENT: named("long gone")})
    home = page(scene)
    assert "left out" not in words(home)
    assert buttons(home.ask)[AGENT]["initial_option"]["value"] == "any"


# -- how they are asked


@pytest.mark.parametrize(
    ("action", "value", "kept"),
    [
        (pages.DIGEST_AT, "14:30", {"digest_at": 870}),
        (pages.QUIET, "22:00-07:00", {"quiet_from": 1320, "quiet_until": 420}),
    ],
)
def test_a_setting_is_kept_and_shown(scene, action, value, kept):
    home = page(scene)
    pressed(home, action, **option(value))
    assert {name: getattr(Preference.objects.get(), name) for name in kept} == kept
    assert buttons(Ask.objects.get(pk=home.ask.pk))[action]["initial_option"]["value"] == value
    [entry] = Entry.objects.filter(act="preference.set")
    assert (entry.surface, entry.assurance) == ("slack", "slack_linked")


def test_quiet_hours_can_be_ended(scene):
    Preference.objects.create(person=scene.person, quiet_from=1200, quiet_until=450)
    home = page(scene)
    assert buttons(home.ask)[pages.QUIET]["initial_option"]["value"] == "20:00-07:30", "no menu of ours has it"
    pressed(home, pages.QUIET, **option("none"))
    assert Preference.objects.get().quiet_from is None


def test_a_pause_ends_in_the_morning(scene):
    home = page(scene)
    pressed(home, pages.PAUSE, **option("3"))
    until = Preference.objects.get().paused_until
    assert until is not None
    assert "Paused until <!date^" in words(home)
    assert timedelta(days=2) < until - timezone.now() < timedelta(days=4)
    pressed(home, pages.PAUSE, **option("none"))
    assert Preference.objects.get().paused_until is None


def test_a_delegate_is_named_and_shown(scene):
    jon = SlackIdentityFactory(issuer=scene.workspace.team_id)
    home = page(scene)
    pressed(home, pages.DELEGATE, selected_user=jon.value)
    assert Preference.objects.get().delegate == jon.person
    assert f"While you are away, {jon.person.name} is asked." in words(home)
    assert buttons(Ask.objects.get(pk=home.ask.pk))[pages.DELEGATE]["initial_user"] == jon.value


@pytest.mark.parametrize(
    ("user", "says"), [("U0MARIA", "stand in for yourself"), ("U0NOBODY", "is not linked to a person")]
)
def test_what_is_not_taken_is_said_in_a_window(scene, peer, user, says):
    home = page(scene)
    pressed(home, pages.DELEGATE, selected_user=user)
    [window] = windows(peer)
    assert says in window
    assert not Preference.objects.filter(delegate__isnull=False).exists()
    assert Entry.objects.filter(act="answer.refused").count() == 1


def test_a_stale_click_on_the_page_is_said_in_a_window(scene, peer):
    another(scene)
    home = page(scene)
    late = on_home(home, "keep", home.ask)
    pressed(home, "keep")
    late["trigger_id"] = "77.another"
    posted(late)
    settle()
    [window] = windows(peer)
    assert "Already kept by Maria Okafor" in window
    assert Answer.objects.count() == 1
