"""The menu behind the three dots, offers to colleagues, and messages that only one person sees."""

from datetime import timedelta

import pytest

from governance.models import Entry, Person
from reviews.models import Answer, Ask, Assignment, Handover, Look, Snooze
from reviews.slack import forms, offers
from tests.reviews.factories import SlackIdentityFactory
from tests.reviews.scene import entry, used, whom
from tests.reviews.slack.cards import card, copy, item
from tests.reviews.slack.clicking import (
    COMMANDS,
    buttons,
    choice,
    click,
    command,
    posted,
    pressable,
    pressing,
    settle,
    submission,
)
from tests.reviews.slack.conftest import Question
from tests.reviews.slack.lint import problems, texts
from tests.reviews.slack.queue import sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(question):
    question.item = used(question.item)
    sweep()
    return question


@pytest.fixture
def jon(scene):
    """A colleague who is linked here too."""
    return SlackIdentityFactory(issuer=scene.workspace.team_id, person__name="Jon Bell", value="U0JON")


def told(peer):
    settle()
    return [body["text"] for body in peer.told("respond")]


def view(peer):
    settle()
    return peer.told("views.open")[-1]["view"]


def shown(scene):
    return str(Ask.objects.get(pk=scene.ask.pk).shown["blocks"])


# -- snooze, unsure, open


def test_a_snooze_is_shown_on_the_message(scene):
    posted(choice(scene, "snooze"))
    assert Snooze.objects.get().assignment.person == scene.person
    sweep()
    assert "Snoozed until <!date^" in shown(scene)
    assert "revoke" in buttons(Ask.objects.get(pk=scene.ask.pk)), "it can still be answered"
    assert entry("review.snoozed").surface == "slack"


def test_the_third_snooze_is_refused_and_said(scene, peer):
    for _ in range(3):
        posted(choice(scene, "snooze", url=peer.response_url))
        running = Snooze.objects.latest("pk")
        Snooze.objects.filter(pk=running.pk).update(until=running.at + timedelta(microseconds=1))
    assert Snooze.objects.count() == 2
    [said] = told(peer)
    assert said.startswith("You have put this off 2 times.")


def test_the_full_record_that_was_opened_is_noted_with_the_answer(scene):
    posted(choice(scene, "open"))
    posted(choice(scene, "open"))
    assert Look.objects.get().surface == "slack"
    assert Entry.objects.filter(act="record.opened").count() == 1
    posted(click(scene, "revoke"))
    assert Answer.objects.get().looked is True
    assert entry("answer.recorded").body["looked"] is True


def test_who_does_not_know_is_followed_by_the_next(scene):
    posted(choice(scene, "unsure"))
    assert Answer.objects.get().verdict == "unsure"
    sweep()
    assert "You are not asked any more." in shown(scene)
    assert buttons(Ask.objects.get(pk=scene.ask.pk)) == {}


def test_a_colleague_chooses_nothing_from_it(scene, peer, jon):
    for verb in ("snooze", "unsure", "hand"):
        posted(choice(scene, verb, url=peer.response_url, id=jon.value))
    assert told(peer) == ["Only Maria Okafor can decide this now."] * 3
    assert not Snooze.objects.exists()
    assert not Answer.objects.exists()
    posted(choice(scene, "open", url=peer.response_url, id=jon.value))
    assert not Look.objects.exists(), "who was never asked is not recorded"


def test_a_choice_that_was_made_up_is_refused(scene, peer):
    payload = choice(scene, "snooze", url=peer.response_url)
    payload["actions"][0]["selected_option"]["value"] = payload["actions"][0]["selected_option"]["value"].replace(
        "snooze", "keep"
    )
    posted(payload)
    assert told(peer) == ["This choice is not one of ours. Nothing was changed."]


# -- handing on


def handed(scene, peer, user, reason=""):
    """Choose *hand it on*, name somebody, and send the form."""
    posted(choice(scene, "hand", url=peer.response_url))
    form = view(peer)
    assert form["callback_id"] == forms.HAND
    named = {"type": "users_select", "selected_user": user}
    return posted(
        submission(
            scene, form, number=len(peer.heard), named=named, reason={"type": "plain_text_input", "value": reason}
        )
    )


def offer_to(scene, identity):
    """The colleague's message, as a scene of theirs."""
    sweep()
    ask = Ask.objects.get(purpose="offer", person=identity.person)
    return Question(scene.workspace, identity.person, identity.value, scene.review, scene.item, ask)


def test_a_colleague_is_asked_whether_they_take_it_over(scene, peer, jon):
    assert handed(scene, peer, jon.value, "You run the night job.").content == b""
    theirs = offer_to(scene, jon)
    assert "Maria Okafor asks you to decide this instead" in shown(theirs)
    assert "Maria Okafor says: You run the night job." in shown(theirs)
    assert set(buttons(theirs.ask)) == {"accept", "decline"}
    assert "Offered to Jon Bell, who has not answered yet." in shown(scene)
    assert whom(scene.review) == "Maria Okafor"


def test_a_question_about_several_is_offered_with_what_is_known_of_each():
    several = card(item(1, title="refund_payment"), item(2, title="book_seat", why_now=("It came back.",)))
    handover = Handover(assignment=Assignment(person=Person(name="Maria Okafor")), ending=Handover.Ending.OPEN)
    told = offers.message(several, handover, copy())
    said = "\n".join(texts(told.blocks))
    for text in ("*refund_payment*", "*book_seat*", "Why now: Never used in 214 runs.", "Why now: It came back."):
        assert text in said
    assert set(pressable(told.blocks)) == {"accept", "decline"}
    assert problems(told.text, told.blocks) == []


def test_who_takes_it_over_is_asked_and_both_messages_say_so(scene, peer, jon):
    handed(scene, peer, jon.value)
    theirs = offer_to(scene, jon)
    posted(click(theirs, "accept"))
    sweep()
    assert whom(scene.review) == "Jon Bell"
    assert "You are not asked any more. Jon Bell is." in shown(scene)
    assert "You took it over. The question itself follows." in shown(theirs)
    assert buttons(Ask.objects.get(pk=theirs.ask.pk)) == {}
    assert Ask.objects.get(pk=theirs.ask.pk).state == "closed"


def test_who_declines_leaves_it(scene, peer, jon):
    handed(scene, peer, jon.value)
    theirs = offer_to(scene, jon)
    posted(click(theirs, "decline"))
    sweep()
    assert whom(scene.review) == "Maria Okafor"
    assert "You left it with Maria Okafor." in shown(theirs)
    assert "Offered to" not in shown(scene)


def test_an_offer_that_was_overtaken_says_so(scene, peer, jon):
    handed(scene, peer, jon.value)
    theirs = offer_to(scene, jon)
    late = click(theirs, "accept", url=peer.response_url)
    posted(click(scene, "revoke"))
    sweep()
    assert Handover.objects.get().ending == "overtaken"
    assert "It is settled: nothing is left to take over." in shown(theirs)
    posted(late)
    assert "nothing left to hand over" in told(peer)[-1]


def test_nobody_else_takes_it_over(scene, peer, jon):
    handed(scene, peer, jon.value)
    theirs = offer_to(scene, jon)
    posted(click(theirs, "accept", url=peer.response_url, id=scene.user))
    assert told(peer) == ["This was not offered to you. Nothing was changed."]
    assert whom(scene.review) == "Maria Okafor"


@pytest.mark.parametrize(
    ("user", "says"), [("U0MARIA", "You are asked already."), ("U0GUEST", "not linked to a person in Countersign")]
)
def test_whom_it_cannot_be_handed_to_stands_at_the_field(scene, peer, user, says):
    said = handed(scene, peer, user).json()
    assert says in said["errors"][forms.NAMED]
    assert not Handover.objects.exists()


# -- what only one person sees


def ephemeral(scene, action, peer, shown_blocks):
    """A press in an answer to a command, which cannot be rendered again."""
    container = {"type": "message", "is_ephemeral": True}
    return pressing(scene, pressable(shown_blocks)[action], container=container, url=peer.response_url)


def answered(scene):
    """What /access next shows."""
    return posted(command(scene, "next"), path=COMMANDS).json()["blocks"]


def test_an_answer_in_it_takes_its_place(scene, peer):
    posted(ephemeral(scene, "keep", peer, answered(scene)))
    [body] = peer.told("respond") if told(peer) else [None]
    assert body["replace_original"] is True
    assert body["text"].startswith("Done.")
    answer = Answer.objects.get()
    assert answer.verdict == "keep"
    assert answer.shown_hash == Ask.objects.get(purpose="command").shown_hash


def test_a_question_that_was_answered_meanwhile_gives_way(scene, peer):
    blocks = answered(scene)
    posted(click(scene, "revoke"))
    posted(ephemeral(scene, "keep", peer, blocks))
    assert told(peer)[0].startswith("Already revoked by Maria Okafor")
    assert peer.told("respond")[0]["replace_original"] is True


def test_a_form_from_it_says_what_was_shown(scene, peer):
    posted(ephemeral(scene, "reduce", peer, answered(scene)))
    chosen = {"type": "plain_text_input", "value": "It only reads bookings."}
    posted(submission(scene, view(peer), text=chosen))
    assert Answer.objects.get().shown_hash == Ask.objects.get(purpose="command").shown_hash != ""
