"""Forms: what they ask, and what becomes of what was entered."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from demo.cards import examples
from demo.slack.blocks import view_faults
from governance.models import Entry
from reviews.models import Answer, Ask, Decision, Item
from reviews.slack import modals
from tests.reviews.scene import entry, used
from tests.reviews.slack.clicking import click, posted, settle, submission
from tests.reviews.slack.lint import modal_problems
from tests.reviews.slack.queue import digest, sweep

pytestmark = pytest.mark.django_db

WORDS = "Refunds are given every night at two."


def typed(text):
    return {"type": "plain_text_input", "value": text}


def chosen(value):
    return {"type": "static_select", "selected_option": {"text": {"type": "plain_text", "text": "."}, "value": value}}


@pytest.fixture
def scene(question):
    """About what was used; the system offers two narrower forms."""
    question.item = used(question.item)
    narrower = [{"key": "read", "text": "Reading stays."}, {"key": "own", "text": "Its own rows stay."}]
    Item.objects.filter(pk=question.item.pk).update(preview={"outcome": "planned", "narrowings": narrower})
    sweep()
    return question


def opened(scene, peer, action):
    """Press a button; the form that it opens."""
    posted(click(scene, action, url=peer.response_url))
    settle()
    view = peer.told("views.open")[-1]["view"]
    assert view_faults(view, kinds=("modal",)) == []
    assert modal_problems(view) == []
    return view


def sent(scene, view, **entered):
    return posted(submission(scene, view, **entered))


def fields(view):
    return {each["block_id"]: each for each in view["blocks"] if each["type"] == "input"}


# -- reduce


def test_a_reduce_offers_what_the_system_offers(scene, peer):
    view = opened(scene, peer, "reduce")
    assert set(fields(view)) == {modals.REMAINS, modals.TEXT, modals.DAYS}
    options = fields(view)[modals.REMAINS]["element"]["options"]
    assert [each["value"] for each in options] == ["0", "1", "text"]
    assert "Its own rows stay." in str(view)


def test_a_narrower_form_is_chosen(scene, peer):
    view = opened(scene, peer, "reduce")
    assert sent(scene, view, remains=chosen("1"), days=chosen("30")).content == b""
    answer = Answer.objects.get()
    assert (answer.verdict, answer.days) == ("reduce", 30)
    assert answer.remains == {"key": "own", "text": "Its own rows stay."}
    decision = Decision.objects.get()
    assert (decision.keep_until - decision.at).days == 30


def test_what_is_said_beside_a_narrower_form_is_why(scene, peer):
    view = opened(scene, peer, "reduce")
    sent(scene, view, remains=chosen("0"), text=typed("It only reports."), days=chosen("30"))
    answer = Answer.objects.get()
    assert (answer.remains["key"], answer.reason) == ("read", "It only reports.")


def test_days_that_policy_does_not_allow_stand_at_their_field(scene, peer):
    view = opened(scene, peer, "reduce")
    errors = sent(scene, view, remains=chosen("0"), days=chosen("36500")).json()["errors"]
    assert list(errors) == [modals.DAYS]
    assert modals.DAYS in fields(view)


def test_something_else_is_described(scene, peer):
    view = opened(scene, peer, "reduce")
    refused = sent(scene, view, remains=chosen("text"), text=typed("  "), days=chosen("90"))
    assert list(refused.json()["errors"]) == [modals.TEXT]
    assert "Say what should remain" in refused.json()["errors"][modals.TEXT]
    refused = sent(scene, view, remains=chosen("text"), text=typed("x"), days=chosen("90"))
    assert "1 of at least 15 characters" in refused.json()["errors"][modals.TEXT]
    assert (
        sent(
            scene, view, number=2, remains=chosen("text"), text=typed("It only reads bookings."), days=chosen("90")
        ).content
        == b""
    )
    assert Answer.objects.get().remains == {"text": "It only reads bookings."}


def test_without_narrower_forms_it_must_be_described(scene, peer):
    Item.objects.update(preview={})
    view = opened(scene, peer, "reduce")
    assert set(fields(view)) == {modals.TEXT, modals.DAYS}
    assert fields(view)[modals.TEXT]["optional"] is False
    assert "offers no narrower form" in str(view)
    sent(scene, view, text=typed("Only the refunds of today."), days=chosen("60"))
    assert Answer.objects.get().remains == {"text": "Only the refunds of today."}


# -- keep, with words


def needing_words(scene):
    Item.objects.update(facts={**Item.objects.get().facts, "band": "high"})
    Ask.objects.update(state="outdated")
    sweep()


def test_a_keep_says_why_words_are_wanted_and_never_offers_for_ever(scene, peer):
    needing_words(scene)
    view = opened(scene, peer, "keep_because")
    assert "You are asked for words because its risk is high." in str(view)
    assert set(fields(view)) == {modals.TASK, modals.REASON, modals.DAYS}
    days = fields(view)[modals.DAYS]["element"]
    assert [each["value"] for each in days["options"]] == ["90", "60", "30"]
    assert [each["value"] for each in fields(view)[modals.TASK]["element"]["options"]] == [
        "current",
        "planned",
        "emergency",
    ]


def test_task_words_and_time_are_kept_and_entered(scene, peer):
    needing_words(scene)
    view = opened(scene, peer, "keep_because")
    sent(scene, view, task=chosen("planned"), reason=typed(WORDS), days=chosen("30"))
    answer = Answer.objects.get()
    assert (answer.verdict, answer.reason, answer.task, answer.days) == ("keep", WORDS, "planned", 30)
    body = entry("answer.recorded").body
    assert (body["streak"], body["looked"], body["action"]) == (0, False, modals.KEEP_BECAUSE)
    assert body["dwell_ms"] is not None


@pytest.mark.parametrize(("words", "says"), [("needed", "6 of at least 15 characters"), ("x" * 14, "14 of at least")])
def test_too_few_words_stand_at_their_field_and_the_form_stays(scene, peer, words, says):
    needing_words(scene)
    view = opened(scene, peer, "keep_because")
    said = sent(scene, view, task=chosen("current"), reason=typed(words), days=chosen("90")).json()
    assert said["response_action"] == "errors"
    assert says in said["errors"][modals.REASON]
    assert Entry.objects.filter(act="answer.refused").count() == 1


def test_characters_that_no_column_holds_are_left_out(scene, peer):
    needing_words(scene)
    view = opened(scene, peer, "keep_because")
    sent(scene, view, task=chosen("current"), reason=typed(f"{WORDS}\x00\ud800"), days=chosen("90"))
    assert Answer.objects.get().reason == WORDS


def test_the_third_keep_without_a_new_reason_opens_the_form(scene, peer):
    keeps = {"surface": "slack", "assurance": "slack_linked", "verdict": "keep", "person": scene.person}
    for _ in range(2):
        assignment = scene.review.assignments.get()
        Answer.objects.create(item=scene.item, assignment=assignment, at=scene.review.opened_at, **keeps)
    view = opened(scene, peer, "keep")
    assert "you have kept 2 in a row without a new reason" in str(view)
    sent(scene, view, task=chosen("current"), reason=typed(WORDS), days=chosen("90"))
    assert Answer.objects.latest("pk").streak == 2
    assert entry("answer.recorded").body["streak"] == 2


# -- the whole question


@pytest.fixture
def row(scene):
    """It stands in a digest, beside a button that opens it."""
    Ask.objects.all().delete()
    return digest(scene, scene.item)


def test_the_whole_question_has_all_that_the_card_has(row, peer):
    view = opened(row, peer, "review")
    for text in (row.review.question, "You are asked because you own", "If nothing is decided in time", "Suggestion:"):
        assert text in str(view), text
    assert "You can take it back for" in str(view)
    assert set(fields(view)) == {modals.VERDICT, modals.TASK, modals.REASON, modals.DAYS}


def test_of_several_the_form_asks_about_the_one(scene):
    card = examples.card(examples.item(1, title="refund_payment"), examples.item(2, title="book_seat"))
    view = modals.decide(card, card.items[1], at=examples.NOW, zone=ZoneInfo("UTC"))
    assert view["blocks"][0]["text"]["text"] == "Does airline-support still need book_seat?"


@pytest.mark.parametrize(("because", "wanted"), [(("its risk is high",), "To keep it, at least 15"), ((), "Name the")])
def test_how_many_words_a_keep_needs_is_said_where_it_needs_any(because, wanted):
    item = examples.item()
    item = replace(item, keeping=replace(item.keeping, because=because))
    view = modals.decide(examples.card(item), item, at=examples.NOW, zone=ZoneInfo("UTC"))
    assert fields(view)[modals.REASON]["hint"]["text"].startswith(wanted)


def test_it_is_kept_or_revoked_there(row, peer):
    view = opened(row, peer, "review")
    assert sent(row, view, verdict=chosen("revoke"), reason=typed("It was for the launch.")).content == b""
    assert (Answer.objects.get().verdict, Answer.objects.get().reason) == ("revoke", "It was for the launch.")
    assert Answer.objects.get().shown_hash == row.ask.shown_hash


def test_a_risky_keep_wants_its_task_there_too(row, peer):
    Item.objects.update(facts={**Item.objects.get().facts, "band": "high"})
    view = opened(row, peer, "review")
    entered = {"verdict": chosen("keep"), "reason": typed(WORDS), "days": chosen("30")}
    errors = sent(row, view, **entered).json()["errors"]
    assert list(errors) == [modals.TASK]
    assert not Answer.objects.exists()
    assert sent(row, view, number=2, task=chosen("planned"), **entered).content == b""
    assert (Answer.objects.get().task, Answer.objects.get().reason) == ("planned", WORDS)


def test_a_reduce_asks_next_what_should_remain(row, peer):
    view = opened(row, peer, "review")
    said = sent(row, view, verdict=chosen("reduce")).json()
    assert (said["response_action"], said["view"]["callback_id"]) == ("update", modals.REDUCE)
    assert view_faults(said["view"], kinds=("modal",)) == []
    sent(row, said["view"], number=2, remains=chosen("0"), days=chosen("90"))
    assert Answer.objects.get().remains["key"] == "read"


def test_no_choice_is_no_answer(row, peer):
    view = opened(row, peer, "review")
    assert sent(row, view).json()["errors"] == {modals.VERDICT: "Choose what should happen."}
    assert sent(row, view, number=2, verdict=chosen("unsure")).json()["response_action"] == "errors"
    assert not Answer.objects.exists()
